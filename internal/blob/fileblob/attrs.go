package fileblob

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"os"
	"sync"
	"syscall"

	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// attributeName is the extended attribute that holds a record. It is part of users' files: it never changes.
const attributeName = "user.flink"

// record is what is kept beside a file. It counts only while size and modification time are those of the file: who
// rewrites a file in place knows nothing of us, and what he wrote is not ours.
type record struct {
	Owner       string            `json:"owner,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Size        int64             `json:"size"`     // bytes
	ModTime     int64             `json:"mtime_ns"` // since 1970
}

// attributeValue is one value beside an open file. Where there are no extended attributes every call is errors.ErrUnsupported.
type attributeValue interface {
	get(*os.File) ([]byte, error) // nil: none
	set(*os.File, []byte) error
	remove(*os.File) error // absent is fine
}

type extendedAttribute struct{}

func (extendedAttribute) get(file *os.File) ([]byte, error) {
	if !xattr.XATTR_SUPPORTED {
		return nil, errors.ErrUnsupported
	}
	value, err := xattr.FGet(file, attributeName)
	if errors.Is(err, xattr.ENOATTR) {
		return nil, nil
	}
	return value, err
}

func (extendedAttribute) set(file *os.File, value []byte) error {
	if !xattr.XATTR_SUPPORTED {
		return errors.ErrUnsupported
	}
	return xattr.FSet(file, attributeName, value)
}

func (extendedAttribute) remove(file *os.File) error {
	if !xattr.XATTR_SUPPORTED {
		return errors.ErrUnsupported
	}
	if err := xattr.FRemove(file, attributeName); !errors.Is(err, xattr.ENOATTR) {
		return err
	}
	return nil
}

// attrs reads the attributes of an open file; nil where the file system keeps none and this run has written none: then nobody knows.
func (s *Store) attrs(file *os.File, found fs.FileInfo, info blob.Info) (*blob.Attrs, error) {
	if attrs, ok := s.memory.recall(info.Key, info.ETag); ok {
		return &attrs, nil
	}
	value, err := s.xattrs.get(file)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil //nolint:nilnil // that nothing is known is no failure
	}
	if err != nil {
		return nil, err
	}
	attrs := &blob.Attrs{Metadata: map[string]string{}}
	var kept record
	if json.Unmarshal(value, &kept) != nil || kept.Size != found.Size() || kept.ModTime != found.ModTime().UnixNano() {
		return attrs, nil //nolint:nilerr // what cannot be read was not written by us
	}
	attrs.Owner, attrs.ContentType = kept.Owner, kept.ContentType
	maps.Copy(attrs.Metadata, kept.Metadata)
	return attrs, nil
}

// keep writes the attributes beside an open file. It says whether they have to be kept in memory instead, because the
// file system has no place for them.
func (s *Store) keep(file *os.File, found fs.FileInfo, attrs blob.Attrs) (inMemory bool, err error) {
	value, err := json.Marshal(record{attrs.Owner, attrs.ContentType, attrs.Metadata, found.Size(), found.ModTime().UnixNano()})
	if err != nil {
		return false, err
	}
	err = s.xattrs.set(file, value)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return true, nil
	case errors.Is(err, syscall.E2BIG), errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.ERANGE):
		// What was there before must not speak for the file in the next run.
		return true, s.xattrs.remove(file)
	}
	return false, err
}

// SetAttrs rewrites the extended attribute; bytes and modification time stay, the ETag changes. Attrs.SHA256 is
// ignored. A directory has no attributes: errors.ErrUnsupported.
func (s *Store) SetAttrs(ctx context.Context, key string, cond blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	const op = "set attributes of"
	s.sweepKey(key)
	s.publishing.Lock()
	defer s.publishing.Unlock()
	info, file, err := s.openObject(ctx, op, key)
	if err != nil {
		return blob.Info{}, err
	}
	if file != nil {
		defer file.Close()
	}
	if cond.IfMatch != "" && info.ETag != cond.IfMatch {
		return blob.Info{}, s.fail(op, key, blob.ErrChanged)
	}
	present := blob.Attrs{Metadata: map[string]string{}}
	if info.Attrs != nil {
		present = *info.Attrs
	}
	edited := present.Clone()
	edit(&edited)
	edited.SHA256 = nil
	if edited.Equal(present) {
		return info, nil
	}
	if file == nil {
		return blob.Info{}, s.fail(op, key, errors.ErrUnsupported)
	}
	found, err := file.Stat()
	if err != nil {
		return blob.Info{}, s.fail(op, key, err)
	}
	inMemory, err := s.keep(file, found, edited)
	if err != nil {
		return blob.Info{}, s.fail(op, key, err)
	}
	return s.told(file, key, edited, inMemory)
}

// told is the Info of a file whose attributes have just been written.
func (s *Store) told(file *os.File, key string, attrs blob.Attrs, inMemory bool) (blob.Info, error) {
	found, err := file.Stat()
	if err != nil {
		return blob.Info{}, s.fail("read", key, err)
	}
	info := describe(key, found)
	attrs = attrs.Clone()
	attrs.SHA256 = nil
	if attrs.Metadata == nil {
		attrs.Metadata = map[string]string{}
	}
	info.Attrs = &attrs
	s.memory.forget(key)
	if inMemory {
		s.memory.keep(key, info.ETag, attrs)
	}
	return info, nil
}

// memory keeps the attributes of this run's files where the file system cannot. Each is bound to an ETag.
type memory struct {
	mu   sync.Mutex
	kept map[string]remembered
}

type remembered struct {
	etag  string
	attrs blob.Attrs
}

func (m *memory) recall(key, etag string) (blob.Attrs, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	found, ok := m.kept[key]
	return found.attrs.Clone(), ok && found.etag == etag
}

func (m *memory) keep(key, etag string, attrs blob.Attrs) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[string]remembered{}
	}
	m.kept[key] = remembered{etag, attrs.Clone()}
}

func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, key)
}
