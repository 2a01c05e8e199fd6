package wire

import (
	"net/http"
	"net/url"
)

// RedirectError is a redirect that is not followed: what was sent was for whom it was sent to.
type RedirectError struct{ To string } // scheme and host

func (e *RedirectError) Error() string {
	return "the server redirects to " + e.To + ", and no credential follows there"
}

// DenyRedirects makes a transport follow no redirect, for the clients of libraries, which do: they repeat bodies and headers of their own that hold
// tokens, and tell the address that they come from, which may be signed. Nothing is sent, and nobody is connected to.
func DenyRedirects(transport *http.Transport) {
	proxy := transport.Proxy
	// The only place of a transport that sees each request, before its connection is made.
	transport.Proxy = func(r *http.Request) (*url.URL, error) {
		if r.Response != nil { // which is set where a client follows a redirect, and nowhere else
			return nil, &RedirectError{Origin(r.URL.String())}
		}
		if proxy == nil {
			return nil, nil
		}
		return proxy(r)
	}
}
