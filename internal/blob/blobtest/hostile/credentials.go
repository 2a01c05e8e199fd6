package hostile

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Credentials is the suite of what is made of answers to those who look for credentials, whose keys, tokens and secrets are in the header, the
// query or the body of what they send.
type Credentials struct {
	Secret string

	// Use looks for credentials at the address of a server, in each way that there is. The store itself would be at elsewhere.
	Use map[string]func(t *testing.T, address, elsewhere string) error

	// Endless is the one of them that is answered without an end, by Piece again and again.
	Endless, Piece string
}

func serve(t *testing.T, handler http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server.URL
}

// Run runs the suite: no redirect is followed, and no answer is read for ever.
func (c Credentials) Run(t *testing.T) {
	nowhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		t.Errorf("elsewhere arrived %s %s %v %q", r.Method, r.URL, r.Header, body)
	}))
	defer nowhere.Close()
	expect := func(t *testing.T, err error) {
		t.Helper()
		if !errors.Is(err, blob.ErrCredentials) || strings.Contains(err.Error(), c.Secret) || len(err.Error()) > 3000 {
			t.Errorf("%.3000v", err)
		}
	}
	for name, use := range c.Use {
		for _, status := range []int{301, 302, 303, 307, 308} {
			t.Run(name+" "+http.StatusText(status), func(t *testing.T) {
				requests := make(chan struct{}, 1000)
				expect(t, use(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
					requests <- struct{}{}
					io.Copy(io.Discard, r.Body)
					w.Header().Set("Location", nowhere.URL+r.URL.RequestURI())
					w.WriteHeader(status)
				}), nowhere.URL))
				if len(requests) == 0 {
					t.Error("nothing was sent")
				}
			})
		}
	}
	for _, status := range []int{200, 403} {
		t.Run("without an end "+http.StatusText(status), func(t *testing.T) {
			sent := make(chan int, 1)
			address := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				n := 0
				for piece := bytes.Repeat([]byte(c.Piece), 10_000); n < 100<<20; {
					m, err := w.Write(piece)
					if n += m; err != nil {
						break
					}
				}
				sent <- n
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			expect(t, c.Use[c.Endless](t, address, nowhere.URL))
			runtime.ReadMemStats(&after)
			select {
			case n := <-sent:
				if took := after.TotalAlloc - before.TotalAlloc; n >= 100<<20 || took > 80<<20 {
					t.Errorf("%d bytes were read, and %d bytes of memory taken", n, took)
				}
			case <-time.After(time.Minute):
				t.Error("it is still read")
			}
		})
	}
}
