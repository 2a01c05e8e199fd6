package httpsource

import (
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
)

// keeper gives each request what is kept for the host that it goes to. It is done here and not on the request that is given to http.Client,
// which would carry it along to where a redirect leads.
type keeper struct{ client *Client }

// RoundTrip implements http.RoundTripper.
func (k keeper) RoundTrip(r *http.Request) (*http.Response, error) {
	key := k.client.keyOf(r.URL)
	transport, err := k.client.transport(key)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Del("Referer") // it has the query of the address before
	if mayHaveCredentials(r) {
		k.client.settings.Hosts[key].authorize(r)
	}
	return transport.RoundTrip(r)
}

func (h Host) authorize(r *http.Request) {
	switch {
	case h.Token != "":
		r.Header.Set("Authorization", "Bearer "+h.Token)
	case h.Username != "" || h.Password != "": // some servers take a token as the password of nobody
		r.SetBasicAuth(h.Username, h.Password)
	}
	for name, value := range h.Headers {
		if name = textproto.CanonicalMIMEHeaderKey(name); !ours[name] {
			r.Header.Set(name, value)
		}
	}
}

// ours are the headers that decide which bytes come.
var ours = map[string]bool{"Range": true, "If-Range": true, "Accept-Encoding": true}

func (h Host) hasCredentials() bool {
	return h.Token != "" || h.Username != "" || h.Password != "" || len(h.Headers) > 0
}

// mayHaveCredentials: over TLS always. Without it only the origin that the user wrote, as long as no redirect has left it for another one
// without TLS: that is what was asked for. Once the way has led through plain http, whoever sits there chooses what comes next.
func mayHaveCredentials(r *http.Request) bool {
	way := []*url.URL{r.URL} // the last hop first
	for r.Response != nil && r.Response.Request != nil {
		r = r.Response.Request
		way = append(way, r.URL)
	}
	return !slices.ContainsFunc(way, func(hop *url.URL) bool { return hop.Scheme == "http" && !sameOrigin(hop, r.URL) })
}

func sameOrigin(a, b *url.URL) bool { return a.Scheme == b.Scheme && a.Host == b.Host }
