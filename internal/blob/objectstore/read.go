package objectstore

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Open sends one request.
// An answer that does not announce its length is refused: where it ends, nobody could tell whether it is whole.
func (s *Store) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	cond := blob.Cond{IfMatch: opts.IfMatch}
	driver, err := s.driver(ctx)
	var got Response
	if err == nil {
		got, err = driver.Get(ctx, key, Range{opts.Offset, opts.Length}, opts.IfMatch)
	}
	if err != nil {
		return nil, s.fail(s.traits.Names.Get, key, cond, err)
	}
	length, err := got.prove(opts)
	if err != nil {
		got.Body.Close()
		return nil, s.fail(s.traits.Names.Get, key, cond, err)
	}
	return &blob.Object{ReadCloser: &body{ReadCloser: got.Body, ctx: ctx, store: s, key: key, left: length}, Info: got.Info}, nil
}

// prove fills in the size of the whole object, and returns how many bytes will come.
func (r *Response) prove(opts blob.ReadOptions) (length int64, err error) {
	if r.Info.ETag == "" {
		return 0, wire.Lacks("an ETag")
	}
	if (Range{opts.Offset, opts.Length}).IsWhole() {
		if r.Info.Size < 0 {
			return 0, wire.Lacks("a length")
		}
		return r.Info.Size, nil
	}
	got, ok := wire.ParseContentRange(r.ContentRange)
	switch {
	case !ok, got.Total < 0, got.First != opts.Offset,
		opts.Length > 0 && got.Length() > opts.Length, r.Info.Size >= 0 && got.Length() != r.Info.Size:
		return 0, wire.Strange("bytes from %d on were requested, %d of them (0: all), and the answer has the range %q, and a length of %d",
			opts.Offset, opts.Length, r.ContentRange, r.Info.Size)
	}
	r.Info.Size = got.Total
	return got.Length(), nil
}

// body is the bytes of an object.
// Its failures are described as those of the request, and its end is checked.
type body struct {
	io.ReadCloser
	ctx   context.Context
	store *Store
	key   string
	left  int64 // bytes that were announced and have not come yet
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil { // what the transport has buffered would still come
		return 0, b.fail(err)
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	switch {
	case b.left < 0:
		return n, b.fail(wire.Strange("the answer has more bytes than it announced"))
	case errors.Is(err, io.EOF) && b.left > 0:
		return n, b.fail(fmt.Errorf("%d bytes are missing: %w", b.left, io.ErrUnexpectedEOF))
	case err != nil && err != io.EOF:
		return n, b.fail(err)
	}
	return n, err
}

func (b *body) fail(err error) error {
	return b.store.fail(b.store.traits.Names.Get, b.key, blob.Cond{}, err)
}
