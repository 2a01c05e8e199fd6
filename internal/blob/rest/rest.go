// Package rest sends the requests of a store that has no client library which sends them as they are needed: it repeats them where that
// does no harm, and proves that the answer is the store's.
package rest

import (
	"bytes"
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Request is one call of a store's API.
type Request struct {
	Operation   string // in the store's words
	Method, Key string
	Query       map[string]string // "": the name alone
	Header      map[string]string
	Body        Body   // nil: none
	Root        string // root element of the answer's XML; "": it has none

	Accelerated bool // to the acceleration endpoint
	Patient     bool // its answer may take long
	Stream      bool // the body of a success is handed on, and not read
	Repeat      Repeat

	// Before is called before each attempt, as what a condition was compared with may have changed since the last one.
	// Its error ends the call.
	Before func(context.Context) error
}

// Body is what a request sends, from its start.
type Body interface {
	io.ReadSeeker
	Size() int64 // bytes
}

// Size is the count of the body's bytes.
func (r Request) Size() int64 {
	if r.Body == nil {
		return 0
	}
	return r.Body.Size()
}

// Repeat is when a request is sent again.
type Repeat int

// The kinds of repetition.
const (
	// Freely: a repetition does no harm.
	Freely Repeat = iota
	// IfUndone: a repetition would do it twice, so it is repeated only where it was certainly not done.
	IfUndone
	// Never: a failure does not matter, or what is sent has to be made anew.
	Never
)

// Answer is a success.
type Answer struct {
	Header http.Header
	Body   []byte        // nil with Request.Stream
	Stream io.ReadCloser // nil without
}

// Service sends requests.
type Service struct {
	// Send signs a request and sends it once.
	// The body is that of the request, from its start; nil for one without bytes.
	Send func(ctx context.Context, r Request, body io.Reader) (*http.Response, error)

	// Proves reports whether an answer is the store's own by its header alone.
	// Where it is not, a Stream is read and shown to Check.
	Proves func(header http.Header) bool

	// Check returns an error for an answer that is not the store's, or a *wire.RefusalError for one by which it refuses.
	Check func(r Request, response *http.Response, body []byte) error

	// Unmarshal reads a document; nil: xml.Unmarshal.
	Unmarshal func(document []byte, into any) error

	// Where is the endpoint that a request goes to, for messages.
	Where func(r Request) string

	Retries                  int           // after the first attempt
	FirstPause, LongestPause time.Duration // about what the first repetition waits for, which doubles with each; zero: the defaults
}

// Do sends a request, again where that helps.
// Its error is a *wire.CallError around what went wrong, or that of Request.Before.
func (s *Service) Do(ctx context.Context, r Request) (Answer, error) {
	for attempt := 0; ; attempt++ {
		if r.Before != nil {
			if err := r.Before(ctx); err != nil {
				return Answer{}, err
			}
		}
		answer, err := s.attempt(ctx, r)
		if err == nil {
			return answer, nil
		}
		wait, again := s.repeat(r, attempt, answer.Header, err)
		deadline, ends := ctx.Deadline()
		if !again || ctx.Err() != nil || ends && time.Until(deadline) < wait { // the failure says more than that the time is over
			return Answer{}, s.Fail(r, err)
		}
		if err := wire.Sleep(ctx, wait); err != nil {
			return Answer{}, s.Fail(r, err)
		}
	}
}

// Fail says which request an error is about.
func (s *Service) Fail(r Request, err error) error {
	return &wire.CallError{Op: r.Operation, Endpoint: s.Where(r), Err: err}
}

// Decode is Do for an answer with a document.
func (s *Service) Decode(ctx context.Context, r Request, into any) (Answer, error) {
	answer, err := s.Do(ctx, r)
	if err != nil {
		return Answer{}, err
	}
	unmarshal := s.Unmarshal
	if unmarshal == nil {
		unmarshal = xml.Unmarshal
	}
	if err := unmarshal(answer.Body, into); err != nil {
		return Answer{}, s.Fail(r, wire.Strange("the answer cannot be read: %s", err))
	}
	return answer, nil
}

// attempt sends a request once.
// With an error the Answer has the header alone, if there was an answer.
func (s *Service) attempt(ctx context.Context, r Request) (Answer, error) {
	if err := ctx.Err(); err != nil {
		return Answer{}, err
	}
	var body io.Reader
	if r.Size() > 0 {
		if _, err := r.Body.Seek(0, io.SeekStart); err != nil {
			return Answer{}, err
		}
		body = &io.LimitedReader{R: r.Body, N: r.Size()}
	}
	response, err := s.Send(ctx, r, body) //nolint:bodyclose // read closes it, or the caller of Do
	if err != nil {
		return Answer{}, err
	}
	return s.read(r, response)
}

// read makes of a response what it is.
func (s *Service) read(r Request, response *http.Response) (Answer, error) {
	answer, success := Answer{Header: response.Header}, response.StatusCode/100 == 2
	if success && r.Stream && s.Proves(response.Header) {
		answer.Stream = response.Body
		return answer, nil
	}
	body, err := wire.ReadAnswer(response)
	if err == nil {
		err = s.Check(r, response, body)
	}
	if err != nil {
		return answer, err
	}
	answer.Body = body
	return answer, nil
}

// Document puts a text into a request's body.
func (r Request) Document(text []byte) Request {
	r.Body = bytes.NewReader(text)
	return r
}
