package tree

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Head describes a file, or a directory for a key that ends in "/". Its Attrs have no SHA256: that is never stored.
func (s *Store) Head(ctx context.Context, key string) (blob.Info, error) {
	info, file, err := s.open(ctx, "read", key, "")
	if file != nil {
		file.Close()
	}
	return info, err
}

// Open reads a file. One that is replaced meanwhile is read to its own end.
// One that is rewritten or truncated in place is blob.ErrChanged at the end of the reading.
func (s *Store) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	info, file, err := s.open(ctx, "read", key, opts.IfMatch)
	if err != nil {
		return nil, err
	}
	if file == nil {
		return &blob.Object{ReadCloser: io.NopCloser(strings.NewReader("")), Info: info}, nil
	}
	length := max(info.Size-opts.Offset, 0)
	if opts.Length > 0 {
		length = min(length, opts.Length)
	}
	bytes, err := file.Range(ctx, opts.Offset, length)
	if err != nil {
		file.Close()
		return nil, s.fail("read", key, err)
	}
	return &blob.Object{ReadCloser: &reading{ctx, s, info, file, bytes}, Info: info}, nil
}

// open opens and describes what has a key, if it has the ETag; "": any. The File of a directory is nil.
func (s *Store) open(ctx context.Context, op, key, ifMatch string) (info blob.Info, file File, err error) {
	err = s.at(ctx, op, key, func(base Dir, name string) error {
		found, err := lookup(ctx, base, key)
		if err == nil && !found.Type.IsDir() {
			if file, err = base.Open(ctx, name, found); err == nil {
				found, err = file.Stat(ctx)
			}
			if err == nil {
				err = checkKind(key, found) // another one may have taken the place of what was found
			}
		}
		if err != nil {
			return err
		}
		if info = describe(key, found); ifMatch != "" && info.ETag != ifMatch {
			return blob.ErrChanged
		}
		if info.Attrs = noAttrs(); file != nil {
			info.Attrs, err = s.attrs(ctx, file, key, found)
		}
		return s.fail("read attributes of", key, err)
	})
	if err == nil {
		return info, file, nil
	}
	if file != nil {
		file.Close()
	}
	return blob.Info{}, nil, err
}

// reading is the body of an open object.
type reading struct {
	ctx   context.Context
	store *Store
	info  blob.Info
	file  File
	bytes io.Reader
}

func (r *reading) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	n, err := r.bytes.Read(p)
	if errors.Is(err, io.EOF) {
		// The ETag may change when the file loses its name to a new one, which does not concern its reader.
		now, statErr := r.file.Stat(r.ctx)
		if statErr == nil && now.Size == r.info.Size && now.ModTime.Equal(r.info.ModTime) {
			return n, io.EOF
		}
		err = blob.ErrChanged
	}
	return n, r.store.fail("read", r.info.Key, err)
}

func (r *reading) Close() error { return r.file.Close() }
