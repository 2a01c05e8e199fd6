// Package faultproxy stands between a client and a real HTTP server in a test: it writes down every request and, on
// demand, plays a fault. It is a proxy that breaks things, and no server.
package faultproxy

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Request is what passed the proxy. Its body is not kept, only counted.
type Request struct {
	Method string
	Path   string // as it was sent, escaped
	Query  url.Values
	Header http.Header
	Status int   // of the answer; 0: there was none, or there is none yet
	Bytes  int64 // of the body, as the proxy read them
	Answer int64 // bytes of the body that the server announced; -1: it did not say how many
	Fault  Fault // what was played on it
}

// Match chooses requests. Zero fields match everything.
type Match struct {
	Method string
	Path   string // a part of the path, unescaped
	Query  string // a name that the query must have: "uploadId"
	Header string // a header that must be there
	Is     func(*http.Request) bool
}

func (m Match) matches(r *http.Request) bool {
	return (m.Method == "" || r.Method == m.Method) &&
		(m.Path == "" || strings.Contains(r.URL.Path, m.Path)) &&
		(m.Query == "" || r.URL.Query().Has(m.Query)) &&
		(m.Header == "" || r.Header.Get(m.Header) != "") &&
		(m.Is == nil || m.Is(r))
}

// passing is a request that may still be on its way. Status and Bytes are in status and body.
type passing struct {
	Request
	status atomic.Int64
	answer atomic.Int64
	body   *countingBody
}

type rule struct {
	match Match
	fault Fault
	from  int // the n-th matching request, from 1
	times int
	seen  int
	like  func(*http.Request) bool // once set, it decides in place of the count
	again bool                     // from the n-th on, all that are like it
	down  bool                     // from the n-th on, all that come
}

// Proxy is a running proxy. It ends with the test.
type Proxy struct {
	URL string // http; its host goes on to the server unchanged, as signatures cover it

	Pause time.Duration // before each piece of what is slow; not to be changed once there are requests

	// Finishes: what the proxy has got whole it has the server do, although the client no longer waits for it; Quiet tells when that is done. Without it the
	// server is left alone then, and does it some time later, or not at all. Not to be changed once there are requests.
	Finishes bool

	target    *url.URL
	transport *http.Transport
	closing   chan struct{}
	onTheWay  atomic.Int64 // requests

	mu       sync.Mutex
	rules    []*rule
	requests []*passing
	change   func(*http.Request)
}

// Start puts a proxy in front of a server. caFile is the private CA of an https server, "" where there is none.
func Start(t testing.TB, target, caFile string) *Proxy {
	t.Helper()
	address, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &Proxy{Pause: 5 * time.Millisecond, target: address, closing: make(chan struct{})}
	// The client's own Accept-Encoding goes on as it is, and answers come back as they are.
	proxy.transport = &http.Transport{DisableCompression: true}
	if caFile != "" {
		pem, err := os.ReadFile(caFile)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		proxy.transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	server := httptest.NewServer(proxy)
	proxy.URL = server.URL
	t.Cleanup(func() {
		close(proxy.closing)
		server.Close()
		proxy.transport.CloseIdleConnections()
	})
	return proxy
}

// Inject plays a fault on the n-th request that matches from now on, and on those after it until times are reached.
func (p *Proxy) Inject(match Match, fault Fault, n, times int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, &rule{match: match, fault: fault, from: n, times: times})
}

// InjectAgain plays a fault on the n-th request that matches from now on, and whenever the same one is sent again: no repetition helps.
func (p *Proxy) InjectAgain(match Match, fault Fault, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, &rule{match: match, fault: fault, from: n, again: true})
}

// InjectDown plays a fault on the n-th request that matches from now on, and on all that come after it, whether they match or not.
func (p *Proxy) InjectDown(match Match, fault Fault, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules = append(p.rules, &rule{match: match, fault: fault, from: n, down: true})
}

// OnRequest calls a function before a request goes on: to change the world at the right moment. nil ends that.
func (p *Proxy) OnRequest(do func(*http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.change = do
}

// Clear takes all faults away and forgets the requests.
func (p *Proxy) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rules, p.requests, p.change = nil, nil, nil
}

// Requests are all requests so far, in the order in which they came. One that was answered is always among them: it is written down before its
// answer begins, since a client that has the last byte asks at once.
func (p *Proxy) Requests() []Request {
	p.mu.Lock()
	defer p.mu.Unlock()
	requests := make([]Request, 0, len(p.requests))
	for _, passing := range p.requests {
		request := passing.Request
		request.Status, request.Bytes = int(passing.status.Load()), passing.body.n.Load()
		request.Answer = passing.answer.Load()
		requests = append(requests, request)
	}
	return requests
}

// Methods are the methods of all requests so far.
func (p *Proxy) Methods() []string {
	var methods []string
	for _, request := range p.Requests() {
		methods = append(methods, request.Method)
	}
	return methods
}

// Quiet returns when no request is on its way. With Finishes the server has then done all that came here.
func (p *Proxy) Quiet() {
	for p.onTheWay.Load() > 0 {
		time.Sleep(time.Millisecond)
	}
}

// ServeHTTP passes a request on, or plays its fault.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.onTheWay.Add(1)
	defer p.onTheWay.Add(-1)
	fault, change := p.decide(r)
	if change != nil {
		change(r)
	}
	body := &countingBody{ReadCloser: r.Body}
	record := &passing{
		Request: Request{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.Query(), Header: r.Header.Clone(), Fault: fault},
		body:    body,
	}
	p.mu.Lock()
	p.requests = append(p.requests, record)
	p.mu.Unlock()

	if refused, ok := refusals[fault]; ok {
		record.refuse(w, refused.status, refused.code)
		return
	}
	switch fault {
	case Reset:
		reset(w)
		return
	case Stall:
		// The server notices a client that goes away only once the body has been read.
		io.Copy(io.Discard, body)
		p.wait(r)
		reset(w)
		return
	case ResetDuring:
		body.ReadCloser = cutOff(r.Body, r.ContentLength/2)
	case Slow:
		body.ReadCloser = p.slowed(r.Body, r.ContentLength)
	}

	response, err := p.forward(r, body)
	if err != nil {
		reset(w)
		return
	}
	defer response.Body.Close()
	record.status.Store(int64(response.StatusCode))
	if r.Method != http.MethodHead {
		record.answer.Store(response.ContentLength)
	}
	switch fault {
	case LoseAnswer, ResetDuring:
		io.Copy(io.Discard, response.Body)
		reset(w)
		return
	case StallAnswer:
		io.Copy(io.Discard, response.Body)
		p.wait(r)
		reset(w)
		return
	}
	for name, values := range response.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(response.StatusCode)
	p.pass(w, r, response, fault)
}

func (p *Proxy) decide(r *http.Request) (Fault, func(*http.Request)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, rule := range p.rules {
		if !rule.match.matches(r) {
			continue
		}
		rule.seen++
		switch {
		case rule.like != nil && rule.like(r), rule.seen >= rule.from && rule.seen < rule.from+rule.times:
			return rule.fault, p.change
		case rule.again && rule.seen == rule.from:
			rule.like = sameAs(r)
			return rule.fault, p.change
		case rule.down && rule.seen == rule.from:
			rule.match, rule.like = Match{}, func(*http.Request) bool { return true }
			return rule.fault, p.change
		}
	}
	return None, p.change
}

// sameAs recognizes the repetition of a request.
func sameAs(r *http.Request) func(*http.Request) bool {
	method, uri := r.Method, r.URL.RequestURI()
	return func(r *http.Request) bool { return r.Method == method && r.URL.RequestURI() == uri }
}

// forward sends the request on with the Host that the client signed.
func (p *Proxy) forward(r *http.Request, body *countingBody) (*http.Response, error) {
	ctx := r.Context()
	if p.Finishes {
		ctx = context.WithoutCancel(ctx)
	}
	out := r.Clone(ctx)
	out.RequestURI = ""
	out.URL.Scheme, out.URL.Host = p.target.Scheme, p.target.Host
	out.Host = r.Host
	// The proxy answered the client's expectation when it began to read.
	out.Header.Del("Expect")
	out.Body = nil
	if r.ContentLength != 0 {
		out.Body = body
	}
	return p.transport.RoundTrip(out)
}

// reset ends the connection as a crash would: without an answer, by RST.
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	connection.Close()
}

type countingBody struct {
	io.ReadCloser
	n atomic.Int64
}

func (b *countingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	return n, err
}
