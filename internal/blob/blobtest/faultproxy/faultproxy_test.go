package faultproxy_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

func TestFaults(t *testing.T) {
	var reached atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, r.Host+strings.Repeat(" ", 1000))
	}))
	defer server.Close()
	proxy := faultproxy.Start(t, server.URL, "")
	transport := &http.Transport{DisableKeepAlives: true}
	send := func() (status int, body string, err error) {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, proxy.URL+"/a%2Bb?x=1", strings.NewReader("data"))
		response, err := transport.RoundTrip(request)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), err
	}
	if status, body, err := send(); status != 200 || err != nil || !strings.HasPrefix("http://"+body, proxy.URL) {
		t.Errorf("%d, %v, Host %q: want that of the proxy, %s", status, err, body, proxy.URL)
	}
	if got := proxy.Requests(); len(got) != 1 || got[0].Method != http.MethodPut || got[0].Path != "/a%2Bb" || got[0].Query.Get("x") != "1" || got[0].Bytes != 4 || got[0].Status != 200 {
		t.Errorf("%+v", got)
	}
	for fault, c := range map[faultproxy.Fault]struct {
		status  int // 0: an error
		reaches int64
	}{
		faultproxy.LoseAnswer: {0, 1}, faultproxy.Reset: {0, 0}, faultproxy.Refuse500: {500, 0}, faultproxy.Refuse503: {503, 0},
		faultproxy.Refuse501: {501, 0}, faultproxy.Deny403: {403, 0}, faultproxy.Conflict409: {409, 0}, faultproxy.ErrorIn200: {200, 0}, faultproxy.TruncateBody: {200, 1},
		faultproxy.Refuse429: {429, 0}, faultproxy.GarbleBody: {200, 1}, faultproxy.Slow: {200, 1},
	} {
		proxy.Clear()
		proxy.Inject(faultproxy.Match{Method: http.MethodPut, Path: "a+b", Query: "x"}, fault, 2, 1)
		for i := 1; i <= 3; i++ {
			reached.Store(0)
			status, body, err := send()
			switch {
			case i != 2:
				if status != 200 || err != nil || reached.Load() != 1 {
					t.Errorf("fault %d: request %d: %d, %v", fault, i, status, err)
				}
			case status != c.status || reached.Load() != c.reaches || (err != nil) != (c.status == 0 || fault == faultproxy.TruncateBody):
				t.Errorf("fault %d: %d, %v, %d requests reached the server, %q", fault, status, err, reached.Load(), body)
			}
		}
	}
}

// A request that is cut off in its middle reaches the server in part; what stalls lasts until the client goes away.
func TestHalves(t *testing.T) {
	const size, half = 1 << 20, 500
	// send goes away as soon as what is to be seen has happened, told by what the proxy has written down and how much of the answer came: no time is
	// enough for a megabyte on any machine.
	send := func(proxy *faultproxy.Proxy, happened func(r faultproxy.Request, got int64) bool) (string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		var got atomic.Int64
		if happened != nil {
			go func() {
				for ctx.Err() == nil {
					if requests := proxy.Requests(); len(requests) == 1 && happened(requests[0], got.Load()) {
						cancel()
					}
					time.Sleep(5 * time.Millisecond)
				}
			}()
		}
		request, _ := http.NewRequestWithContext(ctx, http.MethodPut, proxy.URL, strings.NewReader(strings.Repeat("b", size)))
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		var text strings.Builder
		_, err = io.Copy(io.MultiWriter(&text, counting(got.Add)), response.Body)
		return text.String(), err
	}
	for fault, c := range map[faultproxy.Fault]struct {
		reaches  int64
		whole    bool
		gets     string                                     // of the answer
		all      bool                                       // of the answer
		happened func(r faultproxy.Request, got int64) bool // when the client goes away; nil: it stays
	}{
		faultproxy.ResetDuring: {1, false, "", false, nil},
		faultproxy.Stall:       {0, false, "", false, func(r faultproxy.Request, _ int64) bool { return r.Bytes == size }},
		faultproxy.StallAnswer: {1, true, "", false, func(r faultproxy.Request, _ int64) bool { return r.Status != 0 }},
		faultproxy.StallBody:   {1, true, strings.Repeat("a", half), false, func(_ faultproxy.Request, got int64) bool { return got == half }},
		faultproxy.GarbleBody:  {1, true, strings.Repeat("a", half) + strings.Repeat("#", half), true, nil},
	} {
		t.Run(fault.String(), func(t *testing.T) {
			t.Parallel()
			var reached, read atomic.Int64
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				reached.Add(1)
				n, _ := io.Copy(io.Discard, r.Body)
				read.Add(n)
				io.WriteString(w, strings.Repeat("a", 2*half))
			}))
			proxy := faultproxy.Start(t, server.URL, "")
			proxy.Inject(faultproxy.Match{}, fault, 1, 1)
			got, err := send(proxy, c.happened)
			server.Close() // waits for what it still reads
			if (err == nil) != c.all || got != c.gets || reached.Load() != c.reaches || (read.Load() == size) != c.whole {
				t.Errorf("%d bytes, %v; %d requests reached the server, with %d bytes", len(got), err, reached.Load(), read.Load())
			}
		})
	}
}

// counting is a writer of which nothing but the number of bytes is wanted.
type counting func(int64) int64

func (c counting) Write(p []byte) (int, error) {
	c(int64(len(p)))
	return len(p), nil
}

// A proxy that finishes has the server do what nobody waits for any more, and tells when that is done.
func TestFinishes(t *testing.T) {
	reached, goOn := make(chan struct{}), make(chan struct{})
	var done atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(reached)
		<-goOn
		done.Store(true)
	}))
	defer server.Close()
	proxy := faultproxy.Start(t, server.URL, "")
	proxy.Finishes = true
	ctx, goAway := context.WithCancel(t.Context())
	defer goAway()
	go func() {
		<-reached
		goAway()
	}()
	request, _ := http.NewRequestWithContext(ctx, http.MethodPut, proxy.URL, strings.NewReader("data"))
	if response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request); err == nil {
		response.Body.Close()
		t.Error("there is an answer")
	}
	close(goOn)
	if proxy.Quiet(); !done.Load() {
		t.Error("it is called done, and is not")
	}
	if requests := proxy.Requests(); len(requests) != 1 || requests[0].Status != http.StatusOK {
		t.Errorf("%+v", requests)
	}
}

// A fault that comes again stays with its request, and others pass; of a server that is down nothing passes any more.
func TestFaultsThatStay(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	isB := faultproxy.Match{Is: func(r *http.Request) bool { return r.URL.Path == "/b" }}
	for name, c := range map[string]struct {
		inject func(p *faultproxy.Proxy)
		want   []int
	}{
		"again": {func(p *faultproxy.Proxy) { p.InjectAgain(isB, faultproxy.Refuse500, 2) }, []int{200, 200, 200, 500, 200, 500}},
		"down":  {func(p *faultproxy.Proxy) { p.InjectDown(isB, faultproxy.Refuse500, 2) }, []int{200, 200, 200, 500, 500, 500}},
	} {
		proxy := faultproxy.Start(t, server.URL, "")
		c.inject(proxy)
		for i, path := range []string{"/a", "/b?x", "/c", "/b", "/c", "/b"} {
			request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, proxy.URL+path, http.NoBody)
			response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != c.want[i] {
				t.Errorf("%s: request %d, %s: %d, want %d", name, i+1, path, response.StatusCode, c.want[i])
			}
		}
		if requests := proxy.Requests(); requests[3].Fault != faultproxy.Refuse500 || requests[2].Fault != faultproxy.None {
			t.Errorf("%s: %+v", name, requests)
		}
	}
}
