package blobtest

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// FakeStore is a store in memory that records the calls it gets, for tests of what uses a store. It passes the suite.
type FakeStore struct {
	// PartPlan is how stages want their parts; Size 0: the stages take none.
	PartPlan blob.PartPlan

	// NoBucket makes it a store whose bucket does not exist.
	NoBucket bool

	// Copies makes its stages copy from every FakeStore that copies too.
	Copies bool

	// OnCopy, when set, is called before an object is copied under a key; its error is that of the copy.
	OnCopy func(ctx context.Context, key string) error

	// Hashes makes it a store that took a SHA-256 of each object; else it knows none.
	Hashes bool

	// OnCommit, when set, is called before a commit takes place; its error is that of the commit.
	OnCommit func(ctx context.Context, key string) error

	// OnAbort, when set, is called after an abort took place; its error is that of the abort.
	OnAbort func(ctx context.Context, key string) error

	mu      sync.Mutex
	objects map[string]fakeObject
	open    map[*fakeStage]bool
	calls   []string
	writes  int
}

type fakeObject struct {
	data []byte
	info blob.Info // with its Attrs
}

var (
	_ blob.Store        = (*FakeStore)(nil)
	_ blob.StoredHasher = (*FakeStore)(nil)
	_ blob.CopyStage    = (*fakeStage)(nil)
)

// Calls returns the calls so far, as "Head key", and forgets them.
func (s *FakeStore) Calls() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// Plant writes an object without attributes, and records no call.
func (s *FakeStore) Plant(key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write(key, data, blob.Attrs{})
}

// Leftovers are the keys of the stages that were neither committed nor aborted.
func (s *FakeStore) Leftovers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var keys []string
	for stage := range s.open {
		keys = append(keys, stage.key)
	}
	return keys
}

func (s *FakeStore) called(ctx context.Context, call, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call+" "+key)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if s.NoBucket {
		return blob.ErrNoBucket
	}
	return nil
}

func (s *FakeStore) write(key string, data []byte, attrs blob.Attrs) blob.Info {
	if s.objects == nil {
		s.objects = map[string]fakeObject{}
	}
	s.writes++
	attrs = attrs.Clone()
	if attrs.Metadata == nil {
		attrs.Metadata = map[string]string{}
	}
	info := blob.Info{Key: key, Size: int64(len(data)), ETag: fmt.Sprint("etag-", s.writes), ModTime: time.Now().UTC(), Attrs: &attrs}
	s.objects[key] = fakeObject{data, info}
	return copied(info)
}

// copied shares no attributes.
func copied(info blob.Info) blob.Info {
	attrs := info.Attrs.Clone()
	info.Attrs = &attrs
	return info
}

func (s *FakeStore) check(key string, cond blob.Cond) error {
	present, ok := s.objects[key]
	switch {
	case cond.IfAbsent && ok:
		return fs.ErrExist
	case cond.IfMatch != "" && present.info.ETag != cond.IfMatch:
		return blob.ErrChanged
	}
	return nil
}

// Bucket answers from NoBucket.
func (s *FakeStore) Bucket(ctx context.Context) error { return s.called(ctx, "Bucket", "") }

// Head describes an object.
func (s *FakeStore) Head(ctx context.Context, key string) (blob.Info, error) {
	if err := s.called(ctx, "Head", key); err != nil {
		return blob.Info{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[key]
	if !ok {
		return blob.Info{}, fs.ErrNotExist
	}
	return copied(object.info), nil
}

// Open reads an object.
func (s *FakeStore) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	if err := s.called(ctx, "Open", key); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[key]
	if !ok {
		return nil, fs.ErrNotExist
	}
	if err := s.check(key, blob.Cond{IfMatch: opts.IfMatch}); err != nil {
		return nil, err
	}
	data := object.data[opts.Offset:]
	if opts.Length > 0 {
		data = data[:min(opts.Length, int64(len(data)))]
	}
	return &blob.Object{ReadCloser: io.NopCloser(bytes.NewReader(data)), Info: copied(object.info)}, nil
}

// StoredHash knows what Hashes says.
func (s *FakeStore) StoredHash(ctx context.Context, info blob.Info) (*blob.Hash, error) {
	if !s.Hashes {
		return nil, context.Cause(ctx)
	}
	if err := s.called(ctx, "StoredHash", info.Key); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[info.Key]
	if !ok || object.info.ETag != info.ETag {
		return nil, nil //nolint:nilnil // it is not known
	}
	return Sum(object.data), nil
}

// SetAttrs edits attributes.
func (s *FakeStore) SetAttrs(ctx context.Context, key string, cond blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	if err := s.called(ctx, "SetAttrs", key); err != nil {
		return blob.Info{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	object, ok := s.objects[key]
	if !ok {
		return blob.Info{}, fs.ErrNotExist
	}
	if err := s.check(key, blob.Cond{IfMatch: cond.IfMatch}); err != nil {
		return blob.Info{}, err
	}
	attrs := object.info.Attrs.Clone()
	edit(&attrs)
	if attrs.Equal(*object.info.Attrs) {
		return copied(object.info), nil
	}
	return s.write(key, object.data, attrs), nil
}

// Delete removes an object.
func (s *FakeStore) Delete(ctx context.Context, key string, cond blob.Cond) error {
	if err := s.called(ctx, "Delete", key); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.check(key, blob.Cond{IfMatch: cond.IfMatch}); err != nil {
		return err
	}
	delete(s.objects, key)
	return nil
}

// List lists 1000 objects a page at the most.
func (s *FakeStore) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	if err := s.called(ctx, "List", q.Prefix); err != nil {
		return blob.Page{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var page blob.Page
	last := ""
	for _, key := range slices.Sorted(maps.Keys(s.objects)) {
		rest, ok := strings.CutPrefix(key, q.Prefix)
		if !ok {
			continue
		}
		entry := key
		if i := strings.Index(rest, "/"); q.Delimiter != "" && i >= 0 {
			entry = q.Prefix + rest[:i+1]
		}
		if entry <= q.Token || entry == last {
			continue
		}
		if len(page.Infos)+len(page.Prefixes) == cmp.Or(q.Max, 1000) {
			page.Next = last
			break
		}
		last = entry
		if entry != key || (q.Delimiter != "" && rest != "" && strings.HasSuffix(rest, "/")) {
			page.Prefixes = append(page.Prefixes, entry)
			continue
		}
		info := s.objects[key].info
		info.Attrs = nil
		page.Infos = append(page.Infos, info)
	}
	return page, nil
}
