package wire

import (
	"context"
	"errors"
	"io"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// slow answers one byte after each pause.
type slow struct {
	ctx    context.Context
	pauses []time.Duration
}

// RoundTrip implements http.RoundTripper.
func (s slow) RoundTrip(r *http.Request) (*http.Response, error) {
	s.ctx = r.Context()
	return &http.Response{Body: io.NopCloser(&s)}, nil
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.pauses) == 0 {
		return 0, io.EOF
	}
	select {
	case <-time.After(s.pauses[0]):
		s.pauses = s.pauses[1:]
		return copy(p[:1], "x"), nil
	case <-s.ctx.Done():
		return 0, s.ctx.Err()
	}
}

// An answer may take long, but for its pauses; one of the reader is none of the server's.
func TestAnswersThatStall(t *testing.T) {
	for _, c := range []struct {
		pauses           []time.Duration // of the server
		reader, deadline time.Duration
		want             string
		failure          error
	}{
		{[]time.Duration{0, ReadTimeout + 1}, 0, time.Hour, "x", ErrStalled},
		{[]time.Duration{ReadTimeout - 1, ReadTimeout - 1, ReadTimeout - 1}, 0, time.Hour, "xxx", nil},
		{[]time.Duration{0, 0}, 2 * ReadTimeout, time.Hour, "xx", nil},
		{[]time.Duration{0, time.Hour}, 0, ReadTimeout / 2, "x", context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
			defer cancel()
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://host/", http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			response, err := WithReadTimeout(slow{pauses: c.pauses}, ReadTimeout).RoundTrip(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			first := make([]byte, 1)
			if _, err := io.ReadFull(response.Body, first); err != nil {
				t.Fatal(err)
			}
			time.Sleep(c.reader)
			rest, err := io.ReadAll(response.Body)
			if got := string(first) + string(rest); got != c.want || !errors.Is(err, c.failure) {
				t.Errorf("%+v: %q, %v", c, got, err)
			}
		})
	}
}
