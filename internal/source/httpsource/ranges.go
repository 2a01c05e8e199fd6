package httpsource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// tailSize is how much of the file's end is asked for at first, in bytes: archives have their directory there.
const tailSize = 64 << 10

// pieceStalls is how many times as long as a stall a piece may take.
const pieceStalls = 5

// pieces reads a file by one request for each piece, and keeps its end.
type pieces struct {
	source *Source
	ctx    context.Context //nolint:containedctx // that of Ranges, as io.ReaderAt has none
	told   source.Description
	tail   []byte // the file's last bytes
}

var _ source.Ranges = (*pieces)(nil)

// Ranges asks for the end of the file. It is kept, so that what lies in it costs no further request. The context governs each ReadAt too.
func (s *Source) Ranges(ctx context.Context) (source.Ranges, error) {
	r := &pieces{source: s, ctx: ctx}
	err := r.insist(func() error { return r.begin(fmt.Sprintf("bytes=-%d", tailSize)) })
	if errors.Is(err, errUnsatisfiable) {
		// The file is empty; or the server knows no range that counts from the end.
		err = r.insist(func() error { return r.begin(fmt.Sprintf("bytes=0-%d", tailSize-1)) })
	}
	if errors.Is(err, errUnsatisfiable) {
		return nil, r.noRanges("the server gives no range of the file")
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Size is that of the file, in bytes.
func (r *pieces) Size() int64 { return r.told.Size }

// Describe tells of the first answer.
func (r *pieces) Describe() source.Description { return r.told }

// errUnsatisfiable is a 416. It is never told.
var errUnsatisfiable = errors.New("no such range")

func (r *pieces) insist(attempt func() error) error {
	p := patience{client: r.source.client}
	return p.insist(r.ctx, attempt)
}

// begin asks for the first piece, and learns what the file is.
func (r *pieces) begin(asked string) error {
	response, err := r.source.ask(r.ctx, question{method: http.MethodGet, span: asked},
		http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return err
	}
	// A whole file is not read: the connection ends here.
	defer response.Body.Close()
	told := describe(response)
	switch {
	case strings.HasSuffix(response.Header.Get("Content-Range"), "/0"): // 416 with */0; 206 with 0--1/0, as Go's own server has it
		told.Size = 0
		r.told = told
		return nil
	case response.StatusCode == http.StatusOK && told.Size == 0:
		r.told = told
		return nil
	case response.StatusCode == http.StatusRequestedRangeNotSatisfiable:
		return errUnsatisfiable
	case response.StatusCode == http.StatusOK:
		return r.noRanges("the server sends the file as a whole where a range of it was asked for")
	}
	span, ok := wire.ParseContentRange(response.Header.Get("Content-Range"))
	switch {
	case !ok || span.Total < 0 || span.Length() > tailSize:
		return r.noRanges("the server sends another range than the one that was asked for")
	case span.Last != span.Total-1: // the first bytes of a long file
		r.told = told
		return nil
	}
	tail := make([]byte, span.Length())
	if _, err := readShort(response, tail, pieceStalls*r.source.client.stall); err != nil {
		return r.brokenOff(err)
	}
	r.told, r.tail = told, tail
	if span.First == 0 {
		r.told.Beginning = tail[:min(len(tail), source.BeginningSize)]
	}
	return nil
}

// ReadAt is one request, for what does not lie in the file's end.
func (r *pieces) ReadAt(p []byte, offset int64) (int, error) {
	size := r.told.Size
	if offset < 0 {
		return 0, fmt.Errorf("offset %d is before the file's start", offset)
	}
	if offset >= size {
		return 0, io.EOF
	}
	var end error
	if rest := size - offset; int64(len(p)) > rest {
		p, end = p[:rest], io.EOF
	}
	if at := offset - (size - int64(len(r.tail))); at >= 0 {
		return copy(p, r.tail[at:]), end
	}
	if len(p) == 0 {
		return 0, nil
	}
	if err := r.insist(func() error { return r.fetch(p, offset) }); err != nil {
		return 0, err
	}
	return len(p), end
}

func (r *pieces) fetch(p []byte, offset int64) error {
	last := offset + int64(len(p)) - 1
	response, err := r.source.ask(r.ctx, question{method: http.MethodGet, span: fmt.Sprintf("bytes=%d-%d", offset, last)},
		http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	now := describe(response)
	unsatisfiable := response.StatusCode == http.StatusRequestedRangeNotSatisfiable // it lay in the file before
	if unsatisfiable || source.Compare(r.told, now) == source.Different {
		return r.source.fail(blob.ErrSourceChanged, "it changed while pieces of it were read", "Let what writes the file finish, then run again.")
	}
	span, ok := wire.ParseContentRange(response.Header.Get("Content-Range"))
	if response.StatusCode != http.StatusPartialContent || !ok || span.First != offset || span.Last != last {
		return r.noRanges("the server sends another range than the one that was asked for")
	}
	if _, err := readShort(response, p, pieceStalls*r.source.client.stall); err != nil {
		return r.brokenOff(err)
	}
	return nil
}

func (r *pieces) noRanges(message string) error {
	return r.source.fail(source.ErrNoRanges, message, "Download the file and set source to its path.")
}

func (r *pieces) brokenOff(cause error) error {
	if r.ctx.Err() != nil {
		return context.Cause(r.ctx)
	}
	return &attemptError{
		told:    r.source.fail(source.ErrTruncated, "the answer breaks off: "+reasonOf(cause, r.source.address).message, "Try again."),
		mayPass: true,
	}
}
