package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Hints are what a store's users should look at beyond what is so for all stores. Each is a sentence, or "".
type Hints struct {
	Unresolved  string // the host has no address
	Unreachable string // and nothing else is known
}

// Explain describes a request that got no answer. The cause is given without the URL, whose query may hold a
// signature.
func Explain(failure *blob.Error, err error, hints Hints) {
	failure.Err = blob.ErrUnreachable
	failure.Message = RootCause(err)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		failure.Message = "the connection ended before the answer did (" + failure.Message + ")"
	}
	var address *url.Error
	if errors.As(err, &address) {
		if where := Origin(address.URL); where != "" {
			failure.Endpoint = where
		}
	}
	var dns *net.DNSError
	message, advice, ok := PermanentConnectionError(err)
	switch {
	case ok:
		failure.Message, failure.Advice = message, advice
	case errors.As(err, &dns):
		failure.Message = fmt.Sprintf("the host %q cannot be resolved", dns.Name)
		failure.Advice = sentences("Check the bucket's name, endpoint and region, and the name service of this machine.", hints.Unresolved)
	case strings.Contains(failure.Message, "connection refused"):
		failure.Advice = "Nothing listens there: check host and port of endpoint, and that the store is running."
	case strings.HasPrefix(failure.Endpoint, "http://") && (strings.Contains(failure.Message, "connection reset") || strings.HasSuffix(failure.Message, "EOF)")):
		failure.Advice = "If the port speaks TLS, use https:// in endpoint. Otherwise the store, or a proxy on the way, broke the connection off: try again."
	default:
		failure.Advice = sentences("Check endpoint, proxy settings (HTTPS_PROXY, NO_PROXY) and firewalls.", hints.Unreachable)
	}
}

func sentences(first, second string) string { return strings.TrimSpace(first + " " + second) }

// PermanentConnectionError recognizes failures of the connection that no repetition mends.
func PermanentConnectionError(err error) (message, advice string, ok bool) {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		record    tls.RecordHeaderError
	)
	switch {
	case errors.As(err, &authority):
		return "the server's certificate is signed by an unknown authority",
			"If the store has a private CA, set custom_ca_bundle to the path of its certificate in PEM.", true
	case errors.As(err, &hostname):
		return hostname.Error(), "Use a host name in endpoint that is in the server's certificate.", true
	case errors.As(err, &invalid):
		return invalid.Error(), "Have the server's certificate renewed, and check the clock of this machine.", true
	case errors.Is(err, http.ErrSchemeMismatch), errors.As(err, &record):
		return "the server does not speak TLS on this port", "Use http:// in endpoint, or the port for TLS.", true
	case err != nil && strings.Contains(err.Error(), `malformed HTTP response "\x15\x03`): // a TLS alert
		return "the server speaks TLS on this port", "Use https:// in endpoint.", true
	}
	return "", "", false
}

// RootCause is the text of the innermost error. The ones around it repeat it, with the URL of the request.
func RootCause(err error) string {
	for {
		var (
			address *url.Error
			op      *net.OpError
			coded   interface { // smithy.APIError
				error
				ErrorCode() string
				ErrorMessage() string
			}
		)
		switch {
		case errors.As(err, &address):
			err = address.Err
			continue
		case errors.As(err, &coded):
			return coded.ErrorCode() + ": " + coded.ErrorMessage()
		case errors.As(err, &op):
			return op.Error() // "dial tcp 127.0.0.1:1: connect: connection refused": host and port matter
		}
		inner := errors.Unwrap(err)
		if inner == nil {
			return unquoted(err.Error())
		}
		err = inner
	}
}

// unquoted takes away what net/http repeats of an answer that is no HTTP: a piece of it may be a piece of a signed address.
func unquoted(text string) string {
	for _, complaint := range []string{"malformed ", "bad ", "unsupported ", "http: message cannot "} {
		if before, _, found := strings.Cut(text, `"`); found && strings.HasPrefix(text, complaint) {
			return strings.TrimRight(before, ": ")
		}
	}
	return text
}
