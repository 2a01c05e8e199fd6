package httpsource

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// reason is why a request got no answer, or an answer broke off.
type reason struct {
	is              error // a sentinel
	message, advice string
	mayPass         bool
}

const networkAdvice = "Check source_url, proxy settings (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) and firewalls."

// reasonOf names what is known. Of what is not it keeps no text: Go's has whole URLs and headers in places.
func reasonOf(err error, asked *url.URL) reason {
	// The one that failed is another one than the one that was asked, after a redirect.
	server := asked
	var address *url.Error
	if errors.As(err, &address) {
		if at, parseErr := url.Parse(address.URL); parseErr == nil && at.Host != "" {
			server = at
		}
	}
	found := func() reason {
		if known, ok := finalReason(err, server.Host); ok {
			return known
		}
		return passingReason(err)
	}()
	if originOf(server) != originOf(asked) && !errors.Is(found.is, source.ErrRedirect) {
		found.message = fmt.Sprintf("after a redirect to %s: %s", originOf(server), found.message)
	}
	return found
}

// finalReason knows what no repetition mends.
func finalReason(err error, host string) (reason, bool) {
	var (
		redirect *redirectError
		setting  *settingsError
		proxy    *proxyError
		dns      *net.DNSError
	)
	switch {
	case errors.As(err, &redirect):
		return reason{is: source.ErrRedirect, message: redirect.message, advice: redirect.advice}, true
	case errors.As(err, &setting):
		return reason{is: blob.ErrSettings, message: setting.message}, true
	case errors.Is(err, errProxyAddress):
		return reason{is: blob.ErrUnreachable, message: errProxyAddress.Error(), advice: "It should look like http://proxy.example.com:3128."}, true
	case errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired:
		return reason{is: fs.ErrPermission, message: proxy.Error(), advice: proxyAdvice}, true
	case errors.As(err, &proxy) && !retryable(proxy.status):
		return reason{is: blob.ErrUnreachable, message: proxy.Error(), advice: "The proxy of the environment (HTTPS_PROXY) does not let this host through: see its rules, or add the host to NO_PROXY."}, true
	case errors.As(err, &dns) && dns.IsNotFound && isProxys(err):
		return reason{is: blob.ErrUnreachable, message: "of the proxy, " + unresolved(dns), advice: noProxyAdvice}, true
	case errors.As(err, &dns) && dns.IsNotFound:
		return reason{is: blob.ErrUnreachable, message: unresolved(dns), advice: "Check source_url and the name service of this machine."}, true
	case strings.Contains(err.Error(), "failed to parse Location header"):
		return reason{is: source.ErrRedirect, message: "a redirect leads to what is no URL", advice: "Set source_url to where the file itself is."}, true
	case strings.Contains(err.Error(), "net/http: invalid header field"):
		return reason{is: blob.ErrSettings, message: fmt.Sprintf("http.credentials[%q] has a header with a name or a value that no header can have", host)}, true
	}
	return tlsReason(err, host)
}

func tlsReason(err error, host string) (reason, bool) {
	unreachable := func(message, advice string) (reason, bool) {
		return reason{is: blob.ErrUnreachable, message: message, advice: advice}, true
	}
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		alert     *net.OpError
	)
	if errors.As(err, &alert) && alert.Op == "remote error" { // a TLS alert: crypto/tls, conn.go
		return unreachable("the server refuses the TLS connection: "+alert.Err.Error(),
			fmt.Sprintf("If it wants a client certificate, set client_cert_pem and client_key_pem in http.credentials[%q].", host))
	}
	message, _, known := wire.PermanentConnectionError(err)
	if cause := wire.RootCause(err); !known && (strings.HasPrefix(cause, "tls: ") || strings.HasPrefix(cause, "x509: ")) {
		return unreachable(cause, networkAdvice)
	}
	switch {
	case !known:
		return reason{}, false
	case errors.As(err, &authority):
		return unreachable(message, fmt.Sprintf("If the server has a private CA, put its certificate in PEM into http.credentials[%q].ca_cert_pem, or set custom_ca_bundle or http.ca_bundle to the path of a file with it.", host))
	case errors.As(err, &name):
		return unreachable(message, "Use a host name in source_url that is in the server's certificate.")
	case errors.As(err, new(x509.CertificateInvalidError)):
		return unreachable(message, "Have the server's certificate renewed, and check the clock of this machine.")
	case strings.Contains(message, "does not speak TLS"):
		return unreachable(message, "Use the port for TLS in source_url; or http://, with the bytes pinned by content_sha256.")
	}
	return unreachable(message, "Use https:// in source_url.")
}

// passingReason is for everything else: another attempt may succeed.
func passingReason(err error) reason {
	var (
		proxy   *proxyError
		dns     *net.DNSError
		op      *net.OpError
		timeout net.Error
	)
	of := func(message, advice string) reason {
		return reason{is: blob.ErrUnreachable, message: message, advice: advice, mayPass: true}
	}
	switch {
	case errors.As(err, &proxy):
		return of(proxy.Error(), "Try again later.")
	case errors.As(err, &dns):
		return of(unresolved(dns), "Check source_url and the name service of this machine.")
	case errors.Is(err, wire.ErrStalled):
		return of(wire.ErrStalled.Error(), networkAdvice)
	case errors.As(err, &op) && isProxys(err):
		return of(op.Error(), noProxyAdvice)
	case errors.As(err, &op) && strings.Contains(op.Error(), "connection refused"):
		return of(op.Error(), "Nothing listens there: check host and port of source_url, and that the server is running.")
	case errors.As(err, &op):
		return of(op.Error(), networkAdvice)
	case errors.As(err, &timeout) && timeout.Timeout():
		return of("the server did not answer in time", networkAdvice)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), strings.Contains(err.Error(), "server closed idle connection"):
		return of("the server, or a proxy on the way, closed the connection", networkAdvice)
	}
	return of("the answer cannot be understood as HTTP", networkAdvice)
}

const noProxyAdvice = "Check the proxy of the environment: HTTPS_PROXY, HTTP_PROXY, and NO_PROXY with the hosts that need none."

// isProxys says that a failure is of the connection to the proxy (net/http, transport.go).
func isProxys(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect"
}

func unresolved(dns *net.DNSError) string {
	return fmt.Sprintf("the host %q cannot be resolved", dns.Name)
}
