// Package proxy has what stands between a client and the server while it is measured: a proxy that counts, and one that delays.
package proxy

import (
	"context"
	"errors"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Traffic is what passed.
type Traffic struct {
	Requests map[string]int // by method
	Sent     int64          // bytes of requests' bodies
	Received int64          // bytes of answers' bodies
}

// Total is how many requests passed.
func (t Traffic) Total() int {
	total := 0
	for _, n := range t.Requests {
		total += n
	}
	return total
}

// Counter counts what passes it. Nothing is changed, as signatures cover the host too.
type Counter struct {
	Host string // "127.0.0.1:12345"

	server  *http.Server
	mu      sync.Mutex
	traffic Traffic
}

// Count starts a proxy in front of the server at target, a host and a port.
func Count(ctx context.Context, target string) (*Counter, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &Counter{Host: listener.Addr().String()}
	c.Reset()
	reverse := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(&url.URL{Scheme: "http", Host: target})
			r.Out.Host = r.In.Host
			r.Out.URL.RawQuery = r.In.URL.RawQuery // as it was signed
			if r.Out.Body != nil && r.Out.Body != http.NoBody {
				r.Out.Body = &counting{r.Out.Body, func(n int) { c.add(func(t *Traffic) { t.Sent += int64(n) }) }}
			}
		},
		Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64},
		ModifyResponse: func(r *http.Response) error {
			r.Body = &counting{r.Body, func(n int) { c.add(func(t *Traffic) { t.Received += int64(n) }) }}
			return nil
		},
		FlushInterval: -1,
	}
	c.server = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c.add(func(t *Traffic) { t.Requests[r.Method]++ })
			reverse.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: time.Minute,
	}
	go func() { _ = c.server.Serve(listener) }()
	return c, nil
}

func (c *Counter) add(what func(*Traffic)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what(&c.traffic)
}

// Reset begins anew.
func (c *Counter) Reset() {
	c.add(func(t *Traffic) { *t = Traffic{Requests: map[string]int{}} })
}

// Traffic is what passed since the last Reset.
func (c *Counter) Traffic() Traffic {
	c.mu.Lock()
	defer c.mu.Unlock()
	traffic := c.traffic
	traffic.Requests = maps.Clone(traffic.Requests)
	return traffic
}

// Close ends the proxy and all that passes it.
func (c *Counter) Close() error {
	if err := c.server.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type counting struct {
	io.ReadCloser
	add func(int)
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.add(n)
	return n, err
}
