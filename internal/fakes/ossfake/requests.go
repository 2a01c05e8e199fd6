package ossfake

import (
	"net/http"
	"net/url"
	"slices"
)

// Endpoint says at which of the server's endpoints a request came in.
type Endpoint string

// The endpoints.
const (
	Regional    Endpoint = "regional"
	Accelerated Endpoint = "accelerated"
)

// Request is what the server was asked. Its body is not kept, only counted.
type Request struct {
	Operation        string // in OSS's words: "PutObject"; "" where OSS has no such operation
	Bucket, Key      string
	Method           string
	Path             string // as it was sent, escaped
	Query            url.Values
	Header           http.Header
	Host             string
	Status           int    // of the answer
	Code             string // of the error, "" without one
	Bytes            int64  // of the body that was sent
	Endpoint         Endpoint
	SignatureVersion string // "V1", "V4"; "" of an anonymous request
	SignatureInQuery bool   // a signed URL
}

// OnRequest calls a function before a request is executed: to change the world at the right moment. Its Status is still
// 0. nil ends that.
func (s *Server) OnRequest(do func(Request)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onRequest = do
}

// Requests are all requests so far, in the order in which they ended.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// ClearRequests forgets the requests so far.
func (s *Server) ClearRequests() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = nil
}

type throttle struct {
	match   func(Request) bool
	times   int
	refusal Refusal
}

// Throttle refuses the next requests that match, as many as times says; nil matches all. The zero Refusal is OSS's
// answer to too many requests: 503 QpsLimitExceeded.
func (s *Server) Throttle(match func(Request) bool, times int, refusal Refusal) {
	if refusal.Status == 0 {
		refusal.Status = http.StatusServiceUnavailable
	}
	if refusal.Code == "" {
		refusal.Code, refusal.Message = "QpsLimitExceeded", "Qps limit exceeded"
	}
	if refusal.Message == "" {
		refusal.Message = "Please reduce your request rate."
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.throttles = append(s.throttles, &throttle{match, times, refusal})
}

// throttled is the refusal that a test asked for, or nil.
func (s *Server) throttled(r Request) *Refusal {
	s.mu.Lock()
	throttles := slices.Clone(s.throttles)
	s.mu.Unlock()
	for _, t := range throttles {
		// The test's function runs without the lock: it may ask the server.
		if t.match != nil && !t.match(r) {
			continue
		}
		s.mu.Lock()
		left := t.times > 0
		t.times--
		s.mu.Unlock()
		if left {
			refusal := t.refusal
			return &refusal
		}
	}
	return nil
}
