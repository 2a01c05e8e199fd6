package ossblob

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// request is one call of OSS's API.
type request struct {
	operation   string // in OSS's words
	method, key string
	query       map[string]string // "": the name alone
	header      map[string]string
	body        io.ReadSeeker // nil: none
	size        int64         // bytes of the body

	cond       blob.Cond // what the request depends on: what a refusal means
	accelerate bool      // to the acceleration endpoint
	patient    bool      // its answer may take long
	// once: a repetition would do it twice. So it is repeated only where it was certainly not done.
	once bool
	// single: never repeated, as a failure does not matter, or as what is sent has to be made anew.
	single bool

	// before is called before each attempt, as what a condition was compared with may have changed since the last one.
	before func(context.Context) error
}

// answer is a success.
type answer struct {
	header http.Header
	body   []byte        // of everything but objects
	stream io.ReadCloser // of an object
}

// do sends a request, again where that helps, and describes what went wrong. It is the only place that speaks to OSS.
func (s *Store) do(ctx context.Context, r request) (*answer, error) {
	conn, err := s.connect()
	if err != nil {
		return nil, s.fail(r, err)
	}
	for attempt := 0; ; attempt++ {
		if r.before != nil {
			if err := r.before(ctx); err != nil {
				return nil, err
			}
		}
		got, err := s.attempt(ctx, conn, r)
		if err == nil {
			return got, nil
		}
		wait, again := s.repeat(r, attempt, err)
		if !again || ctx.Err() != nil {
			return nil, s.fail(r, err)
		}
		if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) < wait {
			return nil, s.fail(r, err) // which says more than that the time is over
		}
		if err := wire.Sleep(ctx, wait); err != nil {
			return nil, s.fail(r, err)
		}
	}
}

func (s *Store) attempt(ctx context.Context, conn *connection, r request) (*answer, error) {
	// Before the SDK asks for them: it would wait without a context.
	if err := conn.keys.refresh(ctx); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var body io.Reader
	if r.body != nil {
		if _, err := r.body.Seek(0, io.SeekStart); err != nil {
			return nil, err
		}
		// The type tells the SDK the length (utils.go, GetReaderLen), and hides Seek and Close from it.
		body = &io.LimitedReader{R: r.body, N: r.size}
	}
	query := make(map[string]any, len(r.query))
	for name, value := range r.query {
		query[name] = value
	}
	client := conn.regional
	switch {
	case r.accelerate:
		client = conn.accelerated
		if client == nil {
			return nil, errNoAcceleration
		}
	case r.patient:
		client = conn.slow
	}
	response, err := client.DoWithContext(ctx, r.method, s.bucket, r.key, query, r.header, body, 0, nil)
	if response == nil {
		return nil, err
	}
	return s.read(r, response)
}

// read makes of a response what it is.
func (s *Store) read(r request, response *oss.Response) (*answer, error) {
	success := response.StatusCode/100 == 2
	if success && r.operation == "GetObject" && isGenuine(response) {
		return &answer{header: response.Headers, stream: response.Body}, nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, wire.MaxXML+1))
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err // as everything that the network did
	}
	if len(body) > wire.MaxXML { // one that is no success is cut before
		return nil, &wire.PageError{Status: response.StatusCode, Longer: wire.MaxXML}
	}
	if err := checkAnswer(r, response, body); err != nil {
		return nil, err
	}
	// A copy or a completion may fail after its 200 was sent.
	if !success || wire.RootElement(body) == "Error" {
		return nil, refusalOf(response, body)
	}
	return &answer{header: response.Headers, body: body}, nil
}

// document is a request's body in XML.
func document(text []byte) (io.ReadSeeker, int64) { return bytes.NewReader(text), int64(len(text)) }
