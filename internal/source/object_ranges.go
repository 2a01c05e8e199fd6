package source

import (
	"context"
	"errors"
	"io"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// objectRanges reads pieces of the object that info describes.
type objectRanges struct {
	ctx    context.Context
	object Object
	info   blob.Info
}

func (r objectRanges) Size() int64 { return r.info.Size }

func (r objectRanges) Describe() Description { return described(r.info) }

// ReadAt sends one request, unless there is nothing to be read.
func (r objectRanges) ReadAt(p []byte, offset int64) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if offset < 0 || offset >= r.info.Size {
		return 0, io.EOF
	}
	length := min(int64(len(p)), r.info.Size-offset)
	body, err := r.object.open(r.ctx, r.info, offset, length)
	if err != nil {
		return 0, r.fail(err)
	}
	defer body.Close()
	n, err := io.ReadFull(body, p[:length])
	if err == nil {
		// A file that is written in place meanwhile is told at the end.
		_, err = io.Copy(io.Discard, body)
	}
	switch {
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
		fallthrough
	case err != nil:
		return n, r.fail(err)
	case length < int64(len(p)):
		return n, io.EOF
	}
	return n, nil
}

func (r objectRanges) fail(err error) error {
	if isChanged(err) {
		return r.object.changed(blob.ErrSourceChanged, err)
	}
	return r.object.fail("", err)
}
