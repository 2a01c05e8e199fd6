package httpsource

import (
	"fmt"
	"net/http"
)

// maxRedirects is as many as Go follows by itself.
const maxRedirects = 10

// redirectError is a redirect that is not followed. It names origins only, as the rest of an address is often signed.
type redirectError struct{ message, advice string }

func (e *redirectError) Error() string { return e.message }

// checkRedirect is what http.Client asks before it follows. A pinned source may be sent on to plain http: its bytes prove themselves.
func checkRedirect(pinned bool) func(next *http.Request, way []*http.Request) error {
	return func(next *http.Request, way []*http.Request) error {
		from, to := way[len(way)-1].URL, next.URL
		sent := fmt.Sprintf("%s redirects to ", originOf(from))
		const whereItLies = "Set source_url to where the file itself is."
		switch {
		case to.Scheme != "https" && to.Scheme != "http":
			return &redirectError{sent + "an address that is neither https nor http", whereItLies}
		case to.Hostname() == "":
			return &redirectError{sent + "an address without a host", whereItLies}
		case to.User != nil:
			return &redirectError{sent + "an address that holds a user or a password", "Set source_url to where the file itself is, and put its credentials into http.credentials by host."}
		case from.Scheme == "https" && to.Scheme == "http" && !pinned:
			return &redirectError{
				sent + originOf(to) + ", which is plain http: anybody on the way could change the bytes",
				"Set content_sha256, which pins the bytes, or set source_url to an address that stays with https.",
			}
		case len(way) > maxRedirects:
			return &redirectError{fmt.Sprintf("there are more than %d redirects; the last one is from %s to %s", maxRedirects, originOf(from), originOf(to)), whereItLies}
		}
		for _, before := range way {
			a, b := *before.URL, *to
			a.Fragment, b.Fragment, a.RawFragment, b.RawFragment = "", "", "", ""
			if a.String() == b.String() {
				return &redirectError{
					sent + "where it was asked before: the redirects go round in a circle",
					"Open the URL in a browser: a server that sends round in a circle often wants a log-in, and then credentials belong in http.credentials by host.",
				}
			}
		}
		return nil
	}
}
