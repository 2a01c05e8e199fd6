package wire

import (
	"errors"
	"net"
	"net/http"
	"os"
	"testing"
	"time"
)

func TestAServerThatTakesNothing(t *testing.T) {
	near, far := net.Pipe() // nobody reads from far
	defer far.Close()
	defer near.Close()
	conn := stallingConn{near, 20 * time.Millisecond}
	for range 2 {
		if _, err := conn.Write([]byte("data")); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v", err)
		}
	}
	go far.Read(make([]byte, 4))
	if _, err := conn.Write([]byte("data")); err != nil {
		t.Errorf("a server that reads again: %v", err)
	}
}

func TestBoundTransports(t *testing.T) {
	quick := &http.Transport{ForceAttemptHTTP2: true}
	Bound(quick, nil)
	slow := Patient(quick)
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
	Bound(transport, nil)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1:1/", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Client(transport).Do(request)
	var refused *DialError
	if !errors.As(err, &refused) {
		t.Errorf("%v is no DialError", err)
	}
}
