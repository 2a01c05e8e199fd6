package blob

import (
	"errors"
	"fmt"
	"strings"
)

// What can go wrong beyond fs.ErrNotExist (no such object), fs.ErrExist (a condition IfAbsent that does not hold, a
// directory that is not empty), fs.ErrPermission (access denied) and errors.ErrUnsupported (the store cannot do that).
var (
	ErrNoBucket      = errors.New("no such bucket")
	ErrChanged       = errors.New("the object is not the one that was seen before")
	ErrLost          = errors.New("another client wrote or deleted the object at the same time")
	ErrSourceChanged = errors.New("the source changed while it was read")
	ErrSettings      = errors.New("the provider's settings cannot be used")
	ErrWrongRegion   = errors.New("the bucket is in another region")
	ErrNotAStore     = errors.New("the endpoint does not answer as an object store")
	ErrCredentials   = errors.New("no valid credentials")
	ErrUnreachable   = errors.New("the endpoint cannot be reached")

	// ErrUnconfirmed is a change that may have taken place, on whatever object was there at that moment: that the object has the wanted
	// attributes is no proof that it has the wanted bytes.
	ErrUnconfirmed = errors.New("what the store did could not be confirmed")

	// ErrStartOver is what a source's Read returns when it cannot go on and may be whole when it is opened again: it changed while it was
	// read. Put and HashOf open it again, a few times.
	ErrStartOver = errors.New("the source has to be read from its start again")

	// ErrPresent is no failure: the source has the bytes of PutOptions.Present, and nothing was published.
	ErrPresent = errors.New("the same bytes are there already")

	// ErrNotAccelerated is a request to the acceleration endpoint of a bucket whose acceleration is off, or was switched on
	// so lately that it does not work yet.
	ErrNotAccelerated = errors.New("transfer acceleration is not on for this bucket")
)

// Error is a failure of a store's call. It names no secret: neither a signed URL nor a header is ever in it.
type Error struct {
	Op        string // what was tried, in the store's own words: "PutObject"
	URI       string // on what: "s3://bucket/key"
	Endpoint  string // where, host and scheme; "" for a local directory
	Status    int    // of the HTTP response by which the store refused; 0: it did not
	Code      string // the store's own code; "" where it gave none
	Message   string // the store's own message, or the cause in words
	RequestID string
	Advice    string // what the user should do; "" where there is nothing to add
	Err       error  // one of the sentinels, or the cause
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", e.Op, e.URI)
	if e.Endpoint != "" {
		fmt.Fprintf(&b, " at %s", e.Endpoint)
	}
	b.WriteString(": ")
	switch {
	case e.Code != "" && e.Message != "":
		fmt.Fprintf(&b, "%s: %s", e.Code, e.Message)
	case e.Code != "" || e.Message != "":
		b.WriteString(e.Code + e.Message)
	default:
		fmt.Fprint(&b, e.Err)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap gives the sentinel to errors.Is.
func (e *Error) Unwrap() error { return e.Err }

// MismatchError says that a source delivered other bytes than those that were planned.
type MismatchError struct {
	Want, Got Hash
	Size      int64 // bytes that were read
}

func (e *MismatchError) Error() string {
	return fmt.Sprintf("the source has SHA-256 %s (%d bytes), expected %s", e.Got, e.Size, e.Want)
}
