package httpsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes connects a client and a server of one bubble, without a network and its clock.
type pipes chan net.Conn

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	client, server := net.Pipe()
	p <- server
	return client, nil
}

// Accept implements net.Listener.
func (p pipes) Accept() (net.Conn, error) {
	if connection, open := <-p; open {
		return connection, nil
	}
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (p pipes) Close() error { close(p); return nil }

// Addr implements net.Listener.
func (p pipes) Addr() net.Addr { return &net.UnixAddr{} }

// inBubble is a source on a server of the same bubble, whose requests are counted.
func inBubble(t *testing.T, retries int, answer http.HandlerFunc) (from *Source, requests *atomic.Int32) {
	t.Helper()
	requests = &atomic.Int32{}
	network := make(pipes)
	server := &http.Server{ReadHeaderTimeout: time.Hour, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		answer(w, r)
	})}
	go server.Serve(network)
	t.Cleanup(func() {
		server.Close()
		time.Sleep(time.Second) // of the bubble, in which the handlers end
	})
	client := newClient(t, Settings{MaxRetries: &retries})
	client.dial = network.dial
	from, err := client.At("http://repo.example.com"+path, true)
	if err != nil {
		t.Fatal(err)
	}
	return from, requests
}

func stalls(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func stallsLater(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", fmt.Sprint(large))
	w.Write(make([]byte, third))
	http.NewResponseController(w).Flush()
	stalls(w, r)
}

func isUnavailable(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Retry-After", "100")
	w.WriteHeader(http.StatusServiceUnavailable)
}

// Everything that waits ends with the context, and with Close.
func TestCancelled(t *testing.T) {
	const later = 50 * time.Millisecond
	for name, c := range map[string]struct {
		answer  http.HandlerFunc
		retries int
	}{
		"header": {stalls, 4}, "body": {stallsLater, 4}, "pause": {isUnavailable, 4}, "last header": {stalls, 0}, "last body": {stallsLater, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				from, requests := inBubble(t, c.retries, c.answer)
				gaveUp := errors.New("the user gave up")
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(later, func() { cancel(gaveUp) })
				begin := time.Now()
				content, err := from.Open(ctx)
				if err == nil {
					_, err = io.ReadAll(content)
					content.Close()
				}
				if took := time.Since(begin); !errors.Is(err, gaveUp) || took != later {
					t.Errorf("%v after %s", err, took)
				}
				if n := requests.Load(); n != 1 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
	t.Run("deadline", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			from, _ := inBubble(t, 4, stalls)
			ctx, cancel := context.WithTimeout(t.Context(), later)
			defer cancel()
			if _, err := from.Describe(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Describe: %v", err)
			}
			if _, err := from.Ranges(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Ranges: %v", err)
			}
		})
	})
	t.Run("close", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			from, _ := inBubble(t, 4, stallsLater)
			content, err := from.Open(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(content, make([]byte, third)); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(later, func() { content.Close() })
			if _, err := content.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
				t.Errorf("%v", err)
			}
		})
	})
}
