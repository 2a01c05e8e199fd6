// Package acceleratefake is a fake of S3's transfer acceleration in front of a real S3 server, since no server that could be had
// implements it. Everything but the acceleration is the real server's doing.
//
// It has two listeners. The regional one passes everything on, and answers GET and PUT ?accelerate itself; such a request goes to the real
// server first, which checks its signature and that there is the bucket, and answers 501 if all is well. The other one plays the
// accelerated endpoint: it refuses what S3 refuses there, and passes the rest on.
//
// What it does not do: check permissions (Refuse plays a refusal), serve buckets in the host name (it is reached by an address, so they are
// in the path, which S3 does not allow at its accelerated endpoint), and take its time (a switch works at once, unless EffectAfter says
// otherwise). S3 refuses copies between regions at the accelerated endpoint; the fake refuses all copies.
package acceleratefake

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// The states that a bucket's acceleration can be in.
const (
	NeverSet  = ""
	Enabled   = "Enabled"
	Suspended = "Suspended"
)

// Refusal is how ?accelerate is refused, in the codes of S3.
type Refusal string

// The refusals.
const (
	None                Refusal = ""
	MethodNotAllowed    Refusal = "MethodNotAllowed"    // 405: newer regions without acceleration
	UnsupportedArgument Refusal = "UnsupportedArgument" // 400: GovCloud and China
	NotImplemented      Refusal = "NotImplemented"      // 501: other stores; the real server's own answer
	AccessDenied        Refusal = "AccessDenied"        // 403
	AccessDeniedToPut   Refusal = "AccessDeniedToPut"   // 403 for PUT alone
)

// Request is what arrived at one of the listeners.
type Request struct {
	Accelerated bool // at the accelerated endpoint
	Method      string
	Path        string // as it was sent, escaped
	Query       url.Values
	Status      int // of the answer; 0: there was none
}

// String is a request in short: "PUT", "PUT ?accelerate", and with "fast " before it at the accelerated endpoint.
func (r Request) String() string {
	text := r.Method
	if r.Accelerated {
		text = "fast " + text
	}
	for _, name := range []string{"accelerate", "uploads", "uploadId", "partNumber", "list-type"} {
		if r.Query.Has(name) {
			text += " ?" + name
		}
	}
	return text
}

// Fake is a running fake. It ends with the test.
type Fake struct {
	URL           string // of the regional listener; hosts go on unchanged, as signatures cover them
	AccelerateURL string

	target    *url.URL
	transport *http.Transport

	mu       sync.Mutex
	status   map[string]string // of each bucket; NeverSet where it is not in there
	refusal  Refusal
	later    int // so many requests at the accelerated endpoint come too early
	requests []Request
}

// Start puts a fake in front of a server that is reached by plain http.
func Start(t testing.TB, target string) *Fake {
	t.Helper()
	address, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	fake := &Fake{target: address, status: map[string]string{}, transport: &http.Transport{DisableCompression: true}}
	regional := httptest.NewServer(fake.listener(false))
	accelerated := httptest.NewServer(fake.listener(true))
	fake.URL, fake.AccelerateURL = regional.URL, accelerated.URL
	t.Cleanup(func() {
		regional.Close()
		accelerated.Close()
		fake.transport.CloseIdleConnections()
	})
	return fake
}

// Status is the state of a bucket's acceleration.
func (f *Fake) Status(bucket string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.status[bucket]
}

// Set switches a bucket's acceleration by hand.
func (f *Fake) Set(bucket, status string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status[bucket] = status
}

// Refuse says how ?accelerate is refused from now on.
func (f *Fake) Refuse(refusal Refusal) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refusal = refusal
}

// EffectAfter lets the next requests at the accelerated endpoint come too early, as they do for minutes after the switch.
func (f *Fake) EffectAfter(requests int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.later = requests
}

// Requests are all requests so far, in the order in which they ended.
func (f *Fake) Requests() []Request {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.requests)
}

// Take returns the requests so far in short, and forgets them.
func (f *Fake) Take() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var texts []string
	for _, request := range f.requests {
		texts = append(texts, request.String())
	}
	f.requests = nil
	return texts
}

func (f *Fake) listener(accelerated bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer := f.answer(r, accelerated)
		if answer == nil {
			answer = &http.Response{Body: http.NoBody}
		}
		defer answer.Body.Close()
		// Before the answer is sent: who has it may look at once what was asked.
		f.mu.Lock()
		f.requests = append(f.requests, Request{
			Accelerated: accelerated, Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Status: answer.StatusCode,
		})
		f.mu.Unlock()
		if answer.StatusCode == 0 {
			panic(http.ErrAbortHandler)
		}
		for name, values := range answer.Header {
			w.Header()[name] = values
		}
		w.WriteHeader(answer.StatusCode)
		io.Copy(w, answer.Body)
	}
}

// answer is the real server's or S3's in the fake's words; nil: the real server gives none.
func (f *Fake) answer(r *http.Request, accelerated bool) *http.Response {
	bucket, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if accelerated {
		if refused := f.refuses(bucket, key, r); refused != nil {
			io.Copy(io.Discard, r.Body) // a client that is still sending would see a reset
			return refused.answer()
		}
	}
	if r.URL.Query().Has("accelerate") {
		return f.configuration(r, bucket)
	}
	return f.forward(r, r.Body)
}

// forward sends the request on with the Host that the client signed; nil: there is no answer.
func (f *Fake) forward(r *http.Request, body io.ReadCloser) *http.Response {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = f.target.Scheme, f.target.Host
	out.Host = r.Host
	out.Header.Del("Expect") // answered when the body is first read
	out.Body = nil
	if r.ContentLength != 0 {
		out.Body = body
	}
	response, err := f.transport.RoundTrip(out)
	if err != nil {
		return nil
	}
	return response
}
