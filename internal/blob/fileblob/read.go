package fileblob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Head describes a file, or a directory for a key that ends in "/". Its Attrs have no SHA256: that is never stored.
func (s *Store) Head(ctx context.Context, key string) (blob.Info, error) {
	info, file, err := s.openObject(ctx, "read", key)
	if file != nil {
		file.Close()
	}
	return info, err
}

// Open reads a file. A file that is rewritten or truncated in place while it is read is blob.ErrChanged at the end of
// the reading; one that is replaced is read to its own end.
func (s *Store) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	info, file, err := s.openObject(ctx, "read", key)
	if err != nil {
		return nil, err
	}
	if opts.IfMatch != "" && info.ETag != opts.IfMatch {
		if file != nil {
			file.Close()
		}
		return nil, s.fail("read", key, blob.ErrChanged)
	}
	if file == nil {
		return &blob.Object{ReadCloser: io.NopCloser(strings.NewReader("")), Info: info}, nil
	}
	length := info.Size - opts.Offset
	if opts.Length > 0 {
		length = min(length, opts.Length)
	}
	body := &reading{
		ctx: ctx, store: s, info: info, file: file,
		section: io.NewSectionReader(file, opts.Offset, max(length, 0)),
	}
	return &blob.Object{ReadCloser: body, Info: info}, nil
}

// openObject opens what a key names and tells all about it. The file of a directory is nil.
func (s *Store) openObject(ctx context.Context, op, key string) (blob.Info, *os.File, error) {
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, nil, err
	}
	name, err := localName(key)
	if err != nil {
		return blob.Info{}, nil, s.fail(op, key, err)
	}
	root, err := s.open()
	if err != nil {
		return blob.Info{}, nil, s.fail(op, key, err)
	}
	defer root.Close()
	if strings.HasSuffix(key, "/") {
		found, err := lookup(root, key, name)
		if err != nil {
			return blob.Info{}, nil, s.fail(op, key, err)
		}
		info := describe(key, found)
		info.Attrs = &blob.Attrs{Metadata: map[string]string{}}
		return info, nil, nil
	}
	file, found, err := openFile(root, key, name)
	if err != nil {
		return blob.Info{}, nil, s.fail(op, key, err)
	}
	info := describe(key, found)
	if info.Attrs, err = s.attrs(file, found, info); err != nil {
		file.Close()
		return blob.Info{}, nil, s.fail("read attributes of", key, err)
	}
	return info, file, nil
}

// reading is the body of an open object.
type reading struct {
	ctx     context.Context
	store   *Store
	info    blob.Info
	file    *os.File
	section *io.SectionReader
}

func (r *reading) Read(p []byte) (int, error) {
	if err := context.Cause(r.ctx); err != nil {
		return 0, err
	}
	n, err := r.section.Read(p)
	if errors.Is(err, io.EOF) && !r.unchanged() {
		return n, r.store.fail("read", r.info.Key, blob.ErrChanged)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.store.fail("read", r.info.Key, err)
	}
	return n, err
}

// unchanged leaves the change time out: it moves when the file loses its name to a new one, which is none of ours.
func (r *reading) unchanged() bool {
	var now fs.FileInfo
	now, err := r.file.Stat()
	return err == nil && now.Size() == r.info.Size && now.ModTime().Equal(r.info.ModTime)
}

func (r *reading) Close() error { return r.file.Close() }
