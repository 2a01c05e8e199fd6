package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"
)

// ReadTimeout is how long a server may send nothing in the middle of an answer's body.
const ReadTimeout = time.Minute

// ErrStalled is an answer that stopped in the middle.
var ErrStalled = errors.New("the server stopped sending in the middle of its answer")

// WithReadTimeout ends answers that stall: whose server sends nothing for so long in the middle of a body.
func WithReadTimeout(transport http.RoundTripper, timeout time.Duration) http.RoundTripper {
	return readTimeout{transport, timeout}
}

// readTimeout ends an answer whose body stalls. net/http limits the wait for the header alone, and a deadline of the connection would end the
// long wait for the answer to a copy.
type readTimeout struct {
	http.RoundTripper
	timeout time.Duration
}

// RoundTrip implements http.RoundTripper.
func (i readTimeout) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancelCause(r.Context())
	response, err := i.RoundTripper.RoundTrip(r.WithContext(ctx))
	if err != nil {
		cancel(nil)
		return nil, err
	}
	response.Body = &stallingBody{ReadCloser: response.Body, ctx: ctx, cancel: cancel, timeout: i.timeout}
	return response, nil
}

// CloseIdleConnections is what http.Client asks for.
func (i readTimeout) CloseIdleConnections() {
	if transport, ok := i.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		transport.CloseIdleConnections()
	}
}

type stallingBody struct {
	io.ReadCloser
	ctx     context.Context
	cancel  context.CancelCauseFunc
	timeout time.Duration
}

func (b *stallingBody) Read(p []byte) (int, error) {
	timer := time.AfterFunc(b.timeout, func() { b.cancel(ErrStalled) })
	n, err := b.ReadCloser.Read(p)
	timer.Stop()
	if err != nil && !errors.Is(err, io.EOF) && errors.Is(context.Cause(b.ctx), ErrStalled) {
		err = ErrStalled
	}
	return n, err
}

func (b *stallingBody) Close() error {
	defer b.cancel(nil)
	return b.ReadCloser.Close()
}
