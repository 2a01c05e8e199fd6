// Package rawserver answers every request with the same bytes, whatever they are, over connections in memory: HTTP or what is none, as
// nobody's library would send it.
package rawserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a server that never thinks. The zero value answers nothing, and closes the connection.
type Server struct {
	// Pause comes before each answer. Without one a client may have its answer before it knows that its request was sent: then net/http closes
	// the connection sometimes, as it finds the request's body closed.
	Pause time.Duration

	mu       sync.Mutex
	answer   []byte
	endless  []byte // follows the answer again and again
	requests int
	sent     int64
	serving  sync.WaitGroup
}

// Answer sets what is answered from now on, and forgets the requests. Header is what stands between the status line and the empty line, as it
// is; the connection ends after the body.
func (s *Server) Answer(status int, header string, body []byte) {
	s.Endless(status, header, body, nil)
}

// Endless is Answer with a body that never ends: after its beginning the same piece comes again and again, until nobody reads any more.
func (s *Server) Endless(status int, header string, beginning, piece []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = fmt.Appendf(nil, "HTTP/1.1 %03d Answer\r\n%s\r\n\r\n%s", status, header, beginning)
	s.endless, s.requests, s.sent = piece, 0, 0
}

// Raw is Answer with all bytes of the answer.
func (s *Server) Raw(answer, piece []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.endless, s.requests, s.sent = answer, piece, 0, 0
}

// Requests counts the requests since the last Answer.
func (s *Server) Requests() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests
}

// Sent counts the bytes that were taken of the answers since then.
func (s *Server) Sent() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// Wait returns when no connection is open any more.
func (s *Server) Wait() { s.serving.Wait() }

// Dial is a connection to the server, whatever the address.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	s.serving.Go(func() {
		defer far.Close()
		s.serve(far)
	})
	return near, nil
}

func (s *Server) serve(conn net.Conn) {
	request, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	if _, err := io.Copy(io.Discard, request.Body); err != nil {
		return
	}
	time.Sleep(s.Pause)
	s.mu.Lock()
	s.requests++
	answer, endless := s.answer, s.endless
	s.mu.Unlock()
	for err == nil && len(answer) > 0 {
		var n int
		n, err = conn.Write(answer)
		s.mu.Lock()
		s.sent += int64(n)
		s.mu.Unlock()
		answer = endless
	}
}
