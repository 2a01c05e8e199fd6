package source

import (
	"context"
	"fmt"
	"io"
	"mime"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Remote is a source that lies elsewhere: it can be asked what it is without being read.
type Remote interface {
	blob.Source // its Content is Described

	// Describe asks for what is told about the bytes: one small request.
	Describe(ctx context.Context) (Description, error)

	// Ranges opens the source for reading pieces of it. ErrNoRanges: its server gives it as a whole only.
	Ranges(ctx context.Context) (Ranges, error)

	// String names the source in messages. It has no query, which may hold a secret.
	String() string
}

// Ranges reads pieces of a source. Each ReadAt is one request; a source that changed between two of them is blob.ErrSourceChanged. It is not safe
// for concurrent use.
type Ranges interface {
	io.ReaderAt
	Size() int64 // bytes
	Describe() Description
}

// Described is Content that knows what was told about it as it was opened.
type Described interface {
	blob.Content

	// Describe may be called at any time, after Close too. Beginning is what has been read so far.
	Describe() Description
}

// Description is what a source tells about its bytes without giving all of them.
type Description struct {
	ETag         string // as it was told, quotes and "W/" included; "": none
	LastModified string // as it was told; "": none
	Size         int64  // bytes; -1: not told
	ContentType  string // media type alone, in lower case; "": not told
	Encoding     string // Content-Encoding, in lower case; "": not told
	Beginning    []byte // the first bytes, at most BeginningSize; nil where nothing was read
}

// MediaType is what stands before the parameters, whatever these look like.
func MediaType(contentType string) string {
	if parsed, _, err := mime.ParseMediaType(contentType); err == nil {
		return parsed
	}
	bare, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(bare))
}

// BeginningSize is how many bytes of a source are kept to see what kind of file it is.
const BeginningSize = 1024

// Comparison says what two descriptions tell about the bytes.
type Comparison int

// The comparisons.
const (
	Different  Comparison = iota // other bytes, or perhaps other bytes
	Same                         // the same bytes, by the source's own word
	Unknowable                   // nothing was told by which one could know
)

// Compare reports whether a source that is described by now has the bytes that it had before. An ETag decides where both have one, as servers
// behind one name may differ in the date.
func Compare(before, now Description) Comparison {
	switch {
	case before.Size >= 0 && now.Size >= 0 && before.Size != now.Size:
		return Different
	case before.ETag != "" && now.ETag != "":
		return sameIf(before.ETag == now.ETag)
	case before.LastModified != "" && now.LastModified != "":
		return sameIf(before.LastModified == now.LastModified)
	case before.ETag == "" && before.LastModified == "":
		return Unknowable
	}
	return Different // it was told before, and is not any more
}

func sameIf(equal bool) Comparison {
	if equal {
		return Same
	}
	return Different
}

// Error is a failure of a remote source. It names no secret: neither a query nor a header is ever in it.
type Error struct {
	Source  string // without its query: "https://repo.example.com/job.jar"
	Message string // what happened, in words
	Advice  string // what the user should do; "" where there is nothing to add
	Err     error  // one of the sentinels, or the cause
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %s", e.Source, e.Message) }

// Unwrap gives the sentinel to errors.Is.
func (e *Error) Unwrap() error { return e.Err }
