package proxy_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/proxy"
)

// What passes is counted, and arrives as it was sent: signatures cover host, path and query.
func TestCounter(t *testing.T) {
	type seen struct{ host, uri, body string }
	var mu sync.Mutex
	var all []seen
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		all = append(all, seen{r.Host, r.RequestURI, string(body)})
		mu.Unlock()
		io.WriteString(w, "answer")
	}))
	defer server.Close()
	counter, err := proxy.Count(t.Context(), strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer counter.Close()
	send := func(method, uri, body string) {
		request, err := http.NewRequestWithContext(t.Context(), method, "http://"+counter.Host+uri, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if text, err := io.ReadAll(response.Body); err != nil || (method != http.MethodHead && string(text) != "answer") {
			t.Fatalf("%s: %q, %v", method, text, err)
		}
	}
	send(http.MethodPut, "/b/k%2Fx?partNumber=1&uploadId=a%2Bb;c", "12345")
	send(http.MethodPut, "/b/k", "123")
	send(http.MethodGet, "/b?list-type=2&prefix=", "")
	send(http.MethodHead, "/b/k", "")

	traffic := counter.Traffic()
	if got := traffic.Requests; got["PUT"] != 2 || got["GET"] != 1 || got["HEAD"] != 1 || traffic.Total() != 4 {
		t.Errorf("counted %v", got)
	}
	if traffic.Sent != 8 || traffic.Received != 18 {
		t.Errorf("%d bytes sent and %d received, not 8 and 18", traffic.Sent, traffic.Received)
	}
	if want := (seen{counter.Host, "/b/k%2Fx?partNumber=1&uploadId=a%2Bb;c", "12345"}); all[0] != want {
		t.Errorf("%+v arrived, not %+v", all[0], want)
	}
	counter.Reset()
	if traffic := counter.Traffic(); traffic.Total() != 0 || traffic.Sent != 0 || traffic.Received != 0 {
		t.Errorf("after a reset: %+v", traffic)
	}
}

// Everything arrives, in its order, through both directions at once, and the end of one direction ends only that one.
func TestDelayerKeepsTheOrder(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() { // an echo
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(conn, conn)
				conn.Close()
			}()
		}
	}()
	const delay = 20 * time.Millisecond
	delayer, err := proxy.Delay(t.Context(), listener.Addr().String(), delay)
	if err != nil {
		t.Fatal(err)
	}
	var sent []byte
	for i := range 200_000 {
		sent = binary.BigEndian.AppendUint32(sent, uint32(i))
	}
	start := time.Now()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", delayer.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go func() {
		for rest := sent; len(rest) > 0; {
			n := min(len(rest), 7777)
			conn.Write(rest[:n])
			rest = rest[n:]
		}
		conn.(*net.TCPConn).CloseWrite()
	}()
	first := make([]byte, 1)
	if _, err := io.ReadFull(conn, first); err != nil {
		t.Fatal(err)
	}
	// A handshake, there, and back: never sooner, however busy the machine is.
	if took := time.Since(start); took < 4*delay {
		t.Errorf("the first byte came back after %s, sooner than %s", took, 4*delay)
	}
	rest, err := io.ReadAll(conn)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, sent[:1]) || !bytes.Equal(rest, sent[1:]) {
		t.Errorf("%d bytes came back for %d, or in another order", 1+len(rest), len(sent))
	}
	if err := delayer.Close(); err != nil {
		t.Error(err)
	}
}

// A server that hangs up is seen by the client, and the other way round.
func TestDelayerEndsWithEitherSide(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		conn, err := listener.Accept()
		if err == nil {
			conn.Close()
		}
	}()
	delayer, err := proxy.Delay(t.Context(), listener.Addr().String(), time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", delayer.Host)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(conn); err != nil {
		t.Errorf("after the server hung up: %v", err)
	}
	conn.Close()
	if err := delayer.Close(); err != nil { // which waits for all that it carries
		t.Error(err)
	}
}
