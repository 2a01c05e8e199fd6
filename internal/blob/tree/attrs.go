package tree

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// record is the JSON that is kept beside a file. It is part of users' files: its fields never change.
// It counts only while size and modification time are those of the file: after a rewrite in place by another program the bytes are not ours.
type record struct {
	Owner       string            `json:"owner,omitempty"`
	ContentType string            `json:"content_type,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"`
	Size        int64             `json:"size"`     // bytes
	ModTime     int64             `json:"mtime_ns"` // since 1970
}

// remembered has the attributes of one of this run's files where the file system has no place for them. It counts for one ETag.
type remembered struct {
	etag  string
	attrs blob.Attrs
}

func noAttrs() *blob.Attrs { return &blob.Attrs{Metadata: map[string]string{}} }

// attrs reads the attributes of an open file.
// They are nil, for not known, where the file system keeps none and this run has written none.
func (s *Store) attrs(ctx context.Context, file File, key string, found Info) (*blob.Attrs, error) {
	if kept, ok := s.memory.Load(key); ok && kept.(remembered).etag == found.ETag {
		attrs := kept.(remembered).attrs.Clone()
		return &attrs, nil
	}
	value, err := file.Record(ctx)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil //nolint:nilnil // that nothing is known is no failure
	}
	if err != nil {
		return nil, err
	}
	attrs := noAttrs()
	var kept record
	if json.Unmarshal(value, &kept) != nil || kept.Size != found.Size || kept.ModTime != found.ModTime.UnixNano() {
		return attrs, nil //nolint:nilerr // what cannot be read was not written by us
	}
	attrs.Owner, attrs.ContentType = kept.Owner, kept.ContentType
	maps.Copy(attrs.Metadata, kept.Metadata)
	return attrs, nil
}

// keep writes the attributes beside an open file. They are to be remembered instead where there is no place for them.
func keep(ctx context.Context, file File, found Info, attrs blob.Attrs) (remember bool, err error) {
	value, err := json.Marshal(record{attrs.Owner, attrs.ContentType, attrs.Metadata, found.Size, found.ModTime.UnixNano()})
	if err == nil {
		err = file.SetRecord(ctx, value)
	}
	if errors.Is(err, errors.ErrUnsupported) {
		return true, nil
	}
	return false, err
}

// kept describes a file after keep, and after its rename if there is one.
func (s *Store) kept(ctx context.Context, file File, key string, attrs blob.Attrs, remember bool) (blob.Info, error) {
	found, err := file.Stat(ctx)
	if err != nil {
		return blob.Info{}, s.fail("read", key, err)
	}
	attrs = attrs.Clone()
	attrs.SHA256 = nil
	if attrs.Metadata == nil {
		attrs.Metadata = map[string]string{}
	}
	s.memory.Delete(key)
	if remember {
		s.memory.Store(key, remembered{found.ETag, attrs.Clone()})
	}
	info := describe(key, found)
	info.Attrs = &attrs
	return info, nil
}

// SetAttrs rewrites the record beside a file; bytes and modification time stay. Attrs.SHA256 is ignored.
// A directory has no attributes: errors.ErrUnsupported.
func (s *Store) SetAttrs(ctx context.Context, key string, cond blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	const op = "set attributes of"
	s.publishing.Lock()
	defer s.publishing.Unlock()
	info, file, err := s.open(ctx, op, key, cond.IfMatch)
	if err != nil {
		return blob.Info{}, err
	}
	if file != nil {
		defer file.Close()
	}
	present := cmp.Or(info.Attrs, noAttrs())
	edited := present.Clone()
	edit(&edited)
	edited.SHA256 = nil
	if edited.Equal(*present) {
		return info, nil
	}
	if file == nil {
		return blob.Info{}, s.fail(op, key, errors.ErrUnsupported)
	}
	_ = s.at(ctx, op, key, func(base Dir, _ string) error {
		s.sweep(ctx, base, key)
		return nil
	})
	remember, err := keep(ctx, file, Info{Size: info.Size, ModTime: info.ModTime}, edited)
	if err != nil {
		return blob.Info{}, s.fail(op, key, err)
	}
	return s.kept(ctx, file, key, edited, remember)
}
