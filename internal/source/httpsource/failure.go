package httpsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// maxPage is how much is read of an answer that is not the file, in bytes: a page's title comes early.
const maxPage = 64 << 10

// attemptError is a request that did not get what it asked for.
type attemptError struct {
	told    *source.Error // what the user is told if no further attempt is made
	mayPass bool          // the same request may meet something else
	after   time.Duration // what the server asks to wait
}

func (f *attemptError) Error() string { return f.told.Error() }

// fail is a failure that no further attempt mends.
func (s *Source) fail(cause error, message, advice string) *source.Error {
	return &source.Error{Source: s.String(), Message: message, Advice: advice, Err: cause}
}

// retryable are the statuses that pass by themselves: a gateway that lacks its server, too many requests, a server that starts.
func retryable(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// refusal describes an answer that is not what was asked for.
func (s *Source) refusal(response *http.Response) *attemptError {
	status := response.StatusCode
	message := fmt.Sprintf("the answer is %d %s", status, http.StatusText(status))
	if title := s.titleOf(response); title != "" {
		message += fmt.Sprintf(", a page titled %q", title)
	}
	if answered := response.Request.URL; originOf(answered) != originOf(s.address) {
		message += ", from " + originOf(answered) + " after a redirect"
	}
	failed := &attemptError{mayPass: retryable(status)}
	if failed.mayPass {
		failed.after = wire.RetryAfter(response.Header, longestAsked)
	}
	failed.told = s.fail(source.ErrServer, message, "")
	switch status {
	case http.StatusNotFound, http.StatusGone:
		failed.told.Err = fs.ErrNotExist
		failed.told.Advice = fmt.Sprintf("Check source_url. Some servers answer so where credentials are missing: then set http.credentials[%q].", response.Request.URL.Host)
	case http.StatusUnauthorized, http.StatusForbidden:
		failed.told.Err = fs.ErrPermission
		failed.told.Advice = s.accessAdvice(response.Request)
	case http.StatusProxyAuthRequired:
		failed.told.Err, failed.told.Advice = fs.ErrPermission, proxyAdvice
	}
	return failed
}

const proxyAdvice = "A proxy on the way wants credentials: they belong in the environment, in HTTPS_PROXY and HTTP_PROXY (http://user:password@proxy:port)."

func (s *Source) accessAdvice(request *http.Request) string {
	key := s.client.keyOf(request.URL)
	switch {
	case !s.client.settings.Hosts[key].hasCredentials():
		return fmt.Sprintf("If the server wants credentials, set http.credentials[%q]: username and password, token or headers.", request.URL.Host)
	case !mayHaveCredentials(request):
		return fmt.Sprintf("After a redirect to plain http no credentials are sent, those of http.credentials[%q] neither: use an address that stays with https.", key)
	}
	return fmt.Sprintf("The server refused the credentials of http.credentials[%q]: check them, and what they give access to.", key)
}

// shortestSecret is how long a value in a query is that a page must not repeat, in bytes. Many titles have shorter ones, as in "404".
const shortestSecret = 4

// titleOf is that of a page of HTML; "" where it may repeat what was asked, or by whom.
func (s *Source) titleOf(response *http.Response) string {
	if !wire.IsHTML(source.MediaType(sane(response.Header.Get("Content-Type")))) {
		return ""
	}
	page := make([]byte, maxPage)
	n, _ := readShort(response, page, s.client.stall) // half a page may have a title too
	page = page[:n]
	title := wire.Title(page)
	asked := response.Request.URL
	redirected := originOf(asked) != originOf(s.address)
	if strings.ContainsAny(title, "?=") || redirected && strings.Contains(title, "/") || s.client.tells(title, asked, s.address) {
		return ""
	}
	return title
}

// readShort fills data, within a time as a whole: what is short and comes byte by byte would be waited for long, though it never stalls.
func readShort(response *http.Response, data []byte, within time.Duration) (int, error) {
	timer := time.AfterFunc(within, func() { response.Body.Close() })
	n, err := io.ReadFull(response.Body, data)
	if !timer.Stop() && err != nil {
		err = wire.ErrStalled
	}
	return n, err
}

// tells reports whether a text has something of a credential or of a query in it. Of a long one the beginning counts, as the text may be cut off.
func (c *Client) tells(text string, asked ...*url.URL) bool {
	var secrets []string
	for _, host := range c.settings.Hosts {
		secrets = append(secrets, host.Token, host.Password)
		secrets = slices.AppendSeq(secrets, maps.Values(host.Headers))
	}
	for _, address := range asked {
		for _, values := range address.Query() {
			secrets = append(secrets, slices.DeleteFunc(values, func(value string) bool { return len(value) < shortestSecret })...)
		}
	}
	return slices.ContainsFunc(secrets, func(secret string) bool {
		return secret != "" && strings.Contains(text, secret[:min(len(secret), 8)])
	})
}

// explain describes a request that got no answer.
func (s *Source) explain(ctx context.Context, q question, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	reason := reasonOf(err, s.address)
	var undialled *wire.DialError
	if q.method == http.MethodHead && reason.mayPass && !errors.As(err, &undialled) {
		return errNoHead
	}
	return &attemptError{told: s.fail(reason.is, reason.message, reason.advice), mayPass: reason.mayPass}
}

// errNoHead is a connection that was made, and ended as a HEAD was sent. It is never told: there is another question.
var errNoHead = errors.New("no answer to HEAD")

// checkConnect looks at a proxy's answer to CONNECT, of which Go keeps the words of the status only.
func checkConnect(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{answer.StatusCode}
	}
	return nil
}

// proxyError is a proxy that makes no connection to the server.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answers %d %s", e.status, http.StatusText(e.status))
}
