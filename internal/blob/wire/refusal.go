package wire

import (
	"fmt"
	"net/http"
)

// RefusalError is an answer by which a store refuses a request, in its own protocol.
type RefusalError struct {
	Status    int    // of HTTP; 0: not known
	Code      string // the store's own; "": it gave none
	Message   string // the store's own words
	RequestID string
	Throttled bool // nothing was done, as there was too much to do

	// Meaning is what this very answer means, where more than its code tells that; the zero Meaning: its code does.
	Meaning Meaning
}

func (e *RefusalError) Error() string { return fmt.Sprintf("%d %s: %s", e.Status, e.Code, e.Message) }

// Undone reports whether nothing was done, so that the request may be sent again whatever it is.
func (e *RefusalError) Undone() bool { return e.Throttled || e.Status == http.StatusTooManyRequests }

// MayPass reports whether the store failed, or thinks that the network did.
func (e *RefusalError) MayPass() bool {
	return e.Status >= http.StatusInternalServerError && e.Status != http.StatusNotImplemented || e.Code == "InternalError" || e.Code == "RequestTimeout"
}

// Meaning is what a refusal is to a caller, and what the reader of its message should do.
type Meaning struct {
	Err    error  // a sentinel; nil: none fits
	Advice string // "": there is nothing to add
}

// ExplainedError is a failure whose meaning is known where it happens.
type ExplainedError struct {
	Meaning

	Message string
	Cause   error // nil: there is none beyond the message
}

// NewExplained makes one of a sentinel, what its reader should do, and what happened.
func NewExplained(sentinel error, advice, format string, args ...any) *ExplainedError {
	return &ExplainedError{Meaning: Meaning{sentinel, advice}, Message: fmt.Sprintf(format, args...)}
}

func (e *ExplainedError) Error() string { return e.Message }

// Unwrap gives the cause, and not the sentinel: a cancelled context is found in it.
func (e *ExplainedError) Unwrap() error { return e.Cause }

// RetryableError is what aws-sdk-go-v2's retryer looks for.
func (e *ExplainedError) RetryableError() bool { return false }

// CallError says which request failed, where the caller cannot know.
type CallError struct {
	Op       string // in the store's words; "": the one that the caller made
	Endpoint string // scheme and host; "": the store's usual one
	Err      error
}

func (e *CallError) Error() string { return e.Err.Error() }

// Unwrap gives the failure.
func (e *CallError) Unwrap() error { return e.Err }

// Lacks is a success without what every store sends with it.
func Lacks(what string) error { return &PageError{Status: http.StatusOK, Lacks: what} }

// StrangeAnswerError is an answer in the store's own protocol that does not fit the request.
type StrangeAnswerError struct{ What string }

func (e *StrangeAnswerError) Error() string { return e.What }

// Strange makes a *StrangeAnswerError.
func Strange(format string, args ...any) error {
	return &StrangeAnswerError{fmt.Sprintf(format, args...)}
}

// RetryableError is what aws-sdk-go-v2's retryer looks for.
func (e *StrangeAnswerError) RetryableError() bool { return false }
