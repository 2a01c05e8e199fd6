package ossblob

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// explainNetwork describes a request that got no answer. The cause is given without the URL, whose query may hold a
// signature.
func explainNetwork(failure *blob.Error, err error) {
	failure.Err = blob.ErrUnreachable
	failure.Message = rootCause(err)
	var dns *net.DNSError
	message, advice, ok := misaddressed(err)
	switch {
	case ok:
		failure.Message, failure.Advice = message, advice
	case errors.As(err, &dns):
		failure.Message = fmt.Sprintf("the host %q cannot be resolved", dns.Name)
		failure.Advice = "Check the bucket's name, region and endpoint, and the name service of this machine. Internal endpoints exist inside Alibaba Cloud only."
	case strings.Contains(failure.Message, "connection refused"):
		failure.Advice = "Nothing listens there: check host and port of endpoint."
	case strings.HasPrefix(failure.Endpoint, "http://") && (strings.Contains(failure.Message, "connection reset") || strings.HasSuffix(failure.Message, "EOF")):
		failure.Advice = "If the port speaks TLS, use https:// in endpoint. Otherwise OSS, or a proxy on the way, broke the connection off: try again."
	default:
		failure.Advice = "Check endpoint, proxy settings (HTTPS_PROXY, NO_PROXY) and firewalls. Internal endpoints can be reached inside Alibaba Cloud only."
	}
}

// misaddressed recognizes failures of the connection that no repetition mends.
func misaddressed(err error) (message, advice string, ok bool) {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return "the server's certificate is signed by an unknown authority",
			"If a proxy or a test server has a private CA, set custom_ca_bundle to the path of its certificate in PEM.", true
	case errors.As(err, &hostname):
		return hostname.Error(), "Use a host name in endpoint that is in the server's certificate. A domain of your own needs a certificate of its own in OSS.", true
	case errors.As(err, &invalid):
		return invalid.Error(), "Have the server's certificate renewed, and check the clock of this machine.", true
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server does not speak TLS on this port", "Use http:// in endpoint, or the port for TLS.", true
	case err != nil && strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`): // a TLS alert
		return "the server speaks TLS on this port", "Use https:// in endpoint.", true
	}
	return "", "", false
}

// rootCause is the text of the innermost error. The ones around it repeat it, with the URL of the request.
func rootCause(err error) string {
	for {
		var (
			address *url.Error
			op      *net.OpError
		)
		switch {
		case errors.As(err, &address):
			err = address.Err
			continue
		case errors.As(err, &op):
			return op.Error() // "dial tcp 127.0.0.1:1: connect: connection refused": host and port matter
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}
