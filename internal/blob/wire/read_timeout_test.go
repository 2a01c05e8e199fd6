package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestAnswersThatStall(t *testing.T) {
	open := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, "half")
		http.NewResponseController(w).Flush()
		if r.URL.Path == "/slow" {
			time.Sleep(20 * time.Millisecond)
			io.WriteString(w, " and half")
			return
		}
		<-open
	}))
	defer server.Close()
	defer close(open)
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	get := func(ctx context.Context, path string, timeout time.Duration) (string, error) {
		t.Helper()
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		response, err := readTimeout{transport, timeout}.RoundTrip(request)
		if err != nil {
			return "", err
		}
		defer response.Body.Close()
		data, err := io.ReadAll(response.Body)
		return string(data), err
	}
	if data, err := get(t.Context(), "/stalled", 50*time.Millisecond); data != "half" || !errors.Is(err, ErrStalled) {
		t.Errorf("a stall: %q, %v", data, err)
	}
	if data, err := get(t.Context(), "/slow", 10*time.Second); data != "half and half" || err != nil {
		t.Errorf("a slow answer: %q, %v", data, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := get(ctx, "/stalled", time.Minute); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's own deadline: %v", err)
	}
}

// A pause of the reader is none of the server's.
func TestAReaderThatPauses(t *testing.T) {
	more := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "first")
		http.NewResponseController(w).Flush()
		<-more
		io.WriteString(w, ", second")
	}))
	defer server.Close()
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	const timeout = time.Second
	response, err := readTimeout{transport, timeout}.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if _, err := io.ReadFull(response.Body, make([]byte, len("first"))); err != nil {
		t.Fatal(err)
	}
	// The rest comes while nobody reads: that a busy server takes its time is another matter.
	close(more)
	time.Sleep(2 * timeout)
	if rest, err := io.ReadAll(response.Body); string(rest) != ", second" || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
}
