package source

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const (
	// failuresInARow is how often in a row a reading may break off without a byte more. The store's own requests were repeated by then.
	failuresInARow = 4
	// failuresInAll is how often it may break off at all: a connection that gives a few bytes each time is none.
	failuresInAll = 100
	// firstPause comes before the second attempt in a row, and doubles with each.
	firstPause = 500 * time.Millisecond
)

// objectContent is one reading of an object. Nothing is asked for before the first Read.
type objectContent struct {
	ctx    context.Context
	object Object
	info   blob.Info

	body      io.ReadCloser // nil: none is open
	offset    int64
	beginning []byte
	inARow    int // failures
	inAll     int
	ended     error // what every further Read returns
}

var (
	_ blob.StoredContent = (*objectContent)(nil)
	_ Described          = (*objectContent)(nil)
)

func (c *objectContent) Size() int64 { return c.info.Size }

func (c *objectContent) Stored() (blob.Store, blob.Info) { return c.object.Store, c.info }

func (c *objectContent) Describe() Description {
	d := described(c.info)
	d.Beginning = c.beginning
	return d
}

func (c *objectContent) Close() error {
	if c.body == nil {
		return nil
	}
	body := c.body
	c.body = nil
	return body.Close()
}

// Read goes on where a body broke off, under the condition that the object is still the same: else it is blob.ErrStartOver. The end is
// where the store said that it is.
func (c *objectContent) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for c.ended == nil {
		n, err := c.readOnce(p)
		if err != nil {
			c.Close()
			c.ended = c.verdict(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, c.ended
}

func (c *objectContent) readOnce(p []byte) (int, error) {
	if c.info.Size == 0 {
		return 0, io.EOF
	}
	if c.body == nil {
		object, err := c.object.open(c.ctx, c.info, c.offset, 0)
		if err != nil {
			return 0, err
		}
		c.body = object
	}
	n, err := c.body.Read(p)
	if n > 0 {
		c.offset += int64(n)
		c.inARow = 0
		c.beginning = append(c.beginning, p[:min(n, BeginningSize-len(c.beginning))]...)
	}
	return n, err
}

// verdict says how a reading ends that met an error; nil: it goes on.
func (c *objectContent) verdict(err error) error {
	switch {
	case isChanged(err):
		return c.object.changed(errChangedMeanwhile, err)
	case c.offset > c.info.Size:
		return c.object.changed(errChangedMeanwhile, fmt.Errorf("it has more than its %d bytes", c.info.Size))
	case c.offset == c.info.Size && c.ctx.Err() == nil:
		return io.EOF // and if the connection broke after the last byte, nothing is missing
	case c.ctx.Err() != nil:
		return c.object.fail("", context.Cause(c.ctx))
	case isFinal(err):
		return c.object.fail("", err)
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF // it has less than it was said to have
	}
	c.inARow++
	c.inAll++
	if c.inARow == failuresInARow || c.inAll == failuresInAll {
		what := fmt.Sprintf("reading broke off %d times, the last time after %d of %d bytes: ", c.inAll, c.offset, c.info.Size)
		failure := c.object.fail(what, err)
		failure.Err = fmt.Errorf("%w: %w", ErrTruncated, err)
		return failure
	}
	if c.inARow > 1 {
		select {
		case <-time.After(firstPause << (c.inARow - 2)):
		case <-c.ctx.Done():
			return c.object.fail("", context.Cause(c.ctx))
		}
	}
	return nil
}

// errChangedMeanwhile has to be read anew, and says why if that does not help.
var errChangedMeanwhile = fmt.Errorf("%w: %w", blob.ErrStartOver, blob.ErrSourceChanged)

// isFinal: a repetition meets the same.
func isFinal(err error) bool {
	for _, final := range []error{
		blob.ErrNoBucket, blob.ErrSettings, blob.ErrWrongRegion, blob.ErrNotAStore, blob.ErrCredentials, fs.ErrPermission, errors.ErrUnsupported,
	} {
		if errors.Is(err, final) {
			return true
		}
	}
	return false
}
