package rest

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// The pauses before a repetition.
const (
	FirstPause   = 200 * time.Millisecond
	LongestPause = 10 * time.Second
	// longestAsked is what a server may ask for.
	longestAsked = 30 * time.Second
)

// repeat reports whether a request that failed is sent again, and after which pause.
// The header is that of the answer; nil: there was none.
func (s *Service) repeat(r Request, attempt int, header http.Header, err error) (time.Duration, bool) {
	if r.Repeat == Never || attempt >= s.Retries || isPermanent(err) {
		return 0, false
	}
	var (
		refused *wire.RefusalError
		page    *wire.PageError
		lost    *wire.DialError
		again   bool
	)
	switch {
	case errors.As(err, &refused):
		again = refused.Undone() || r.Repeat == Freely && refused.MayPass()
	case errors.As(err, &page):
		// A gateway in front of the store may lack it for a moment. What it passed on before that, nobody knows.
		again = r.Repeat == Freely && page.RetryableError()
	case errors.As(err, &lost):
		again = true
	default: // the connection broke
		again = r.Repeat == Freely
	}
	if !again {
		return 0, false
	}
	first, longest := cmp.Or(s.FirstPause, FirstPause), cmp.Or(s.LongestPause, LongestPause)
	return max(wire.Pause(first, longest, attempt), wire.RetryAfter(header, longestAsked)), true
}

// isPermanent reports whether a repetition meets the same.
func isPermanent(err error) bool {
	var once interface{ RetryableError() bool } // a failure to read what is sent, or one of package wire
	var page *wire.PageError
	switch {
	case errors.As(err, &page): // repeat decides
		return false
	case errors.As(err, &once) && !once.RetryableError(),
		errors.Is(err, blob.ErrSourceChanged),
		errors.Is(err, context.Canceled):
		return true
	}
	_, _, permanent := wire.PermanentConnectionError(err)
	return permanent
}
