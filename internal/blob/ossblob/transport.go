package ossblob

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// newTransport is the pool of connections of one store. Proxies are those of the environment.
func newTransport(roots *x509.CertPool, dial wire.Dial, limits wire.Limits) *http.Transport {
	transport := &http.Transport{
		Proxy:           http.ProxyFromEnvironment,
		TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		// Objects are stored as they are, and read as they are stored.
		DisableCompression: true,
	}
	wire.Bound(transport, dial, limits)
	return transport
}

// httpClient follows no redirect: OSS names the right endpoint in an error.
func httpClient(transport *http.Transport, limits wire.Limits) *http.Client {
	return wire.Client(bounded{transport}, limits)
}

// bounded cuts answers that are no success: the SDK reads them as a whole (conn.go, readResponseBody), and they may be anybody's.
type bounded struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.RoundTripper.RoundTrip(r)
	if err == nil && response.StatusCode/100 != 2 {
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(response.Body, wire.MaxRefusal), response.Body}
	}
	return response, err
}
