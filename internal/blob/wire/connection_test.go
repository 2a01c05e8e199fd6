package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestAServerThatTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe() // nobody reads from far
		defer far.Close()
		defer near.Close()
		conn := stallingConn{near, writeTimeout}
		start := time.Now()
		for range 2 {
			if _, err := conn.Write([]byte("data")); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v", err)
			}
		}
		if took := time.Since(start); took != 2*writeTimeout {
			t.Errorf("it took %s", took)
		}
		go far.Read(make([]byte, 4))
		if _, err := conn.Write([]byte("data")); err != nil {
			t.Errorf("a server that reads again: %v", err)
		}
	})
}

// counting is a connection that notes how it is written to.
type counting struct {
	net.Conn
	writes   []int
	deadline time.Time
}

func (c *counting) SetWriteDeadline(deadline time.Time) error { c.deadline = deadline; return nil }

func (c *counting) Write(p []byte) (int, error) {
	c.writes = append(c.writes, len(p))
	return len(p), nil
}

// Bodies go out in large pieces, through memory that is used again, and each piece has its deadline.
func TestABodyIsWrittenInLargePieces(t *testing.T) {
	conn := &counting{}
	transport := &http.Transport{}
	Bound(transport, func(context.Context, string, string) (net.Conn, error) { return conn, nil }, DefaultLimits())
	dialed, err := transport.DialContext(t.Context(), "tcp", "host:80")
	if err != nil {
		t.Fatal(err)
	}
	body := io.LimitReader(neverEnding{}, 150<<10) // as net/http hands it over
	n, err := dialed.(io.ReaderFrom).ReadFrom(body)
	if want := []int{64 << 10, 64 << 10, 22 << 10}; err != nil || n != 150<<10 || !slices.Equal(conn.writes, want) {
		t.Errorf("%d bytes went out as %v, want %v: %v", n, conn.writes, want, err)
	}
	if conn.deadline.IsZero() {
		t.Error("a server may take nothing for ever")
	}
}

// neverEnding has as many bytes as anybody reads.
type neverEnding struct{}

func (neverEnding) Read(p []byte) (int, error) { return len(p), nil }

func TestBoundTransports(t *testing.T) {
	quick := &http.Transport{ForceAttemptHTTP2: true}
	Bound(quick, nil, DefaultLimits())
	slow := Patient(quick, DefaultLimits())
	if quick.ResponseHeaderTimeout != headerTimeout || slow.ResponseHeaderTimeout != slowHeaderTimeout {
		t.Errorf("answers are awaited for %s and %s", quick.ResponseHeaderTimeout, slow.ResponseHeaderTimeout)
	}
	if quick.ForceAttemptHTTP2 || quick.TLSNextProto == nil || quick.MaxIdleConnsPerHost < 32 {
		t.Errorf("%+v", quick)
	}
}

// A connection that cannot be made is told from one that broke: nothing was sent.
func TestDialError(t *testing.T) {
	transport := &http.Transport{}
	Bound(transport, nil, DefaultLimits())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Client(transport, DefaultLimits()).Do(request)
	var refused *DialError
	if !errors.As(err, &refused) {
		t.Errorf("%v is no DialError", err)
	}
}
