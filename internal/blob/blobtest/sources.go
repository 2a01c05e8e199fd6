package blobtest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// SourceFunc is a function that is a blob.Source.
type SourceFunc func(context.Context) (blob.Content, error)

// Open calls the function.
func (f SourceFunc) Open(ctx context.Context) (blob.Content, error) { return f(ctx) }

// BytesSource delivers bytes of known size, as a stream: its content is no io.ReaderAt.
func BytesSource(data []byte) blob.Source { return ClaimedSource(data, int64(len(data))) }

// StreamSource delivers bytes whose size is not known until their end.
func StreamSource(data []byte) blob.Source { return ClaimedSource(data, -1) }

// ClaimedSource delivers bytes, and says that they are of another size: fewer or more than there are, -1 for unknown.
func ClaimedSource(data []byte, size int64) blob.Source {
	return SourceFunc(func(context.Context) (blob.Content, error) {
		return &content{bytes.NewReader(data), size}, nil
	})
}

// FailingSource delivers bytes, then the error instead of their end.
func FailingSource(data []byte, size int64, failure error) blob.Source {
	return SourceFunc(func(context.Context) (blob.Content, error) {
		return &content{io.MultiReader(bytes.NewReader(data), failingReader{failure}), size}, nil
	})
}

// UnopenedSource fails when it is opened.
func UnopenedSource(failure error) blob.Source {
	return SourceFunc(func(context.Context) (blob.Content, error) { return nil, failure })
}

// FileSource delivers a regular file: its content is an io.ReaderAt of the size that the file has when it is opened.
func FileSource(path string) blob.Source {
	return SourceFunc(func(context.Context) (blob.Content, error) {
		file, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		found, err := file.Stat()
		if err != nil {
			file.Close()
			return nil, err
		}
		return &fileContent{file, found.Size()}, nil
	})
}

// RestartedSource delivers the pieces, one at each opening: all but the last end in blob.ErrStartOver. opened counts the openings.
func RestartedSource(pieces [][]byte, size int64, opened *int) blob.Source {
	return SourceFunc(func(ctx context.Context) (blob.Content, error) {
		*opened++
		piece := pieces[min(*opened, len(pieces))-1]
		if *opened < len(pieces) {
			return FailingSource(piece, size, fmt.Errorf("in the middle: %w", blob.ErrStartOver)).Open(ctx)
		}
		return ClaimedSource(piece, size).Open(ctx)
	})
}

// StoredSource delivers an object, whose content is a blob.StoredContent. Read counts the bytes that were read of it; nil: nobody asks.
func StoredSource(store blob.Store, key string, read *atomic.Int64) blob.Source {
	return SourceFunc(func(ctx context.Context) (blob.Content, error) {
		info, err := store.Head(ctx, key)
		if err != nil {
			return nil, err
		}
		return &storedContent{ctx: ctx, store: store, info: info, count: read}, nil
	})
}

type storedContent struct {
	ctx    context.Context
	store  blob.Store
	info   blob.Info
	object *blob.Object // nil before the first Read
	count  *atomic.Int64
}

func (c *storedContent) Stored() (blob.Store, blob.Info) { return c.store, c.info }

func (c *storedContent) Size() int64 { return c.info.Size }

func (c *storedContent) Read(p []byte) (int, error) {
	if c.object == nil {
		object, err := c.store.Open(c.ctx, c.info.Key, blob.ReadOptions{IfMatch: c.info.ETag})
		if err != nil {
			return 0, startOver(err)
		}
		c.object = object
	}
	n, err := c.object.Read(p)
	if c.count != nil {
		c.count.Add(int64(n))
	}
	return n, startOver(err)
}

func startOver(err error) error {
	if errors.Is(err, blob.ErrChanged) {
		return fmt.Errorf("%w: %w", blob.ErrStartOver, err)
	}
	return err
}

func (c *storedContent) Close() error {
	if c.object == nil {
		return nil
	}
	return c.object.Close()
}

// InterruptedSource calls do, once, as soon as that many bytes of a source have been read. Content that is an
// io.ReaderAt stays one.
func InterruptedSource(src blob.Source, after int64, do func()) blob.Source {
	return SourceFunc(func(ctx context.Context) (blob.Content, error) {
		inner, err := src.Open(ctx)
		if err != nil {
			return nil, err
		}
		watched := &interrupted{Content: inner, after: after, do: do}
		if at, ok := inner.(io.ReaderAt); ok {
			return &interruptedAt{watched, at}, nil
		}
		return watched, nil
	})
}

// Sum is the SHA-256 of bytes.
func Sum(data []byte) *blob.Hash {
	hash := blob.Hash(sha256.Sum256(data))
	return &hash
}

type content struct {
	io.Reader
	size int64
}

func (c *content) Size() int64  { return c.size }
func (c *content) Close() error { return nil }

type failingReader struct{ err error }

func (r failingReader) Read([]byte) (int, error) { return 0, r.err }

type fileContent struct {
	*os.File
	size int64
}

func (c *fileContent) Size() int64 { return c.size }

type interrupted struct {
	blob.Content
	after int64
	do    func()
	read  atomic.Int64
	once  sync.Once
}

func (i *interrupted) count(n int) {
	if i.read.Add(int64(n)) >= i.after {
		i.once.Do(i.do)
	}
}

func (i *interrupted) Read(p []byte) (int, error) {
	n, err := i.Content.Read(p)
	i.count(n)
	return n, err
}

type interruptedAt struct {
	*interrupted
	at io.ReaderAt
}

func (i *interruptedAt) ReadAt(p []byte, offset int64) (int, error) {
	n, err := i.at.ReadAt(p, offset)
	i.count(n)
	return n, err
}
