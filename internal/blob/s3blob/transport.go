package s3blob

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// transports are the HTTP clients of one store.
type transports struct {
	quick, slow *http.Client
}

func newTransports(configured *awshttp.BuildableClient, dial wire.Dial, limits wire.Limits) *transports {
	quick := configured.GetTransport()
	wire.Bound(quick, dial, limits)
	return &transports{quick: wire.Client(quick, limits), slow: wire.Client(wire.Patient(quick, limits), limits)}
}

func trust(roots *x509.CertPool) func(*http.Transport) {
	return func(transport *http.Transport) {
		if transport.TLSClientConfig == nil {
			transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		transport.TLSClientConfig.RootCAs = roots
	}
}
