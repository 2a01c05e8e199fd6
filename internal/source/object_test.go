package source_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest" //nolint:depguard // the fake store is for tests
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

const (
	objectKey  = "libs/job.jar"
	objectName = "s3a://libs-bucket/libs/job.jar"
)

// breaking is a store whose bodies are cut off. It names them as a backend would.
type breaking struct {
	*blobtest.FakeStore
	after    int    // bytes that a body gives; 0: none
	failure  error  // of a body, after that; nil: io.EOF
	opening  error  // of Open
	times    int    // how often something breaks
	onOpen   func() // before each Open
	openings []blob.ReadOptions
}

func (b *breaking) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	b.openings = append(b.openings, opts)
	if b.onOpen != nil {
		b.onOpen()
	}
	if b.times > 0 && b.opening != nil {
		b.times--
		return nil, b.opening
	}
	object, err := b.FakeStore.Open(ctx, key, opts)
	if err == nil && b.times > 0 {
		b.times--
		object.ReadCloser = &breakingBody{object.ReadCloser, b.after, b.failure}
	}
	return object, err
}

type breakingBody struct {
	io.ReadCloser
	left    int
	failure error
}

func (b *breakingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	if b.left > 0 || n > 0 && b.failure == nil {
		return n, err
	}
	if b.failure == nil {
		return n, io.EOF
	}
	return n, b.failure
}

func objectOf(store blob.Store) source.Object {
	return source.Object{Store: store, Key: objectKey, Name: objectName}
}

func storeWith(data []byte) *blobtest.FakeStore {
	store := &blobtest.FakeStore{}
	store.Plant(objectKey, data)
	return store
}

func readAll(t *testing.T, from blob.Source) ([]byte, error) {
	t.Helper()
	content, err := from.Open(t.Context())
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return io.ReadAll(content)
}

func TestObjectRequests(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 500)
	store := storeWith(data)
	object := objectOf(store)
	content, err := object.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectStoreCalls(t, store, "Head "+objectKey)
	stored, ok := content.(blob.StoredContent)
	if !ok || content.Size() != int64(len(data)) {
		t.Fatalf("%T of %d bytes", content, content.Size())
	}
	if from, info := stored.Stored(); from != blob.Store(store) || info.Key != objectKey || info.ETag != "etag-1" {
		t.Errorf("%v, %+v", from, info)
	}
	got, err := io.ReadAll(content)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if err := content.Close(); err != nil {
		t.Error(err)
	}
	expectStoreCalls(t, store, "Open "+objectKey)
	now := content.(source.Described).Describe()
	if now.ETag != "etag-1" || now.Size != int64(len(data)) || !bytes.Equal(now.Beginning, data[:source.BeginningSize]) {
		t.Errorf("%+v", now)
	}

	described, err := object.Describe(t.Context())
	expectStoreCalls(t, store, "Head "+objectKey)
	if err != nil || described.Beginning != nil || source.Compare(described, now) != source.Same {
		t.Errorf("%+v, %v", described, err)
	}
	if when, err := time.Parse(time.RFC1123, described.LastModified); err != nil || !strings.HasSuffix(described.LastModified, "GMT") || time.Since(when) > time.Hour {
		t.Errorf("last modified %q, %v", described.LastModified, err)
	}

	if _, err := readAll(t, objectOf(storeWith(nil))); err != nil {
		t.Errorf("empty: %v", err)
	}
}

func expectStoreCalls(t *testing.T, store *blobtest.FakeStore, want ...string) {
	t.Helper()
	if got := store.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q, want %q", got, want)
	}
}

func TestObjectContentType(t *testing.T) {
	for told, want := range map[string]string{
		"Application/ZIP; charset=x": "application/zip", "Text/Plain; =": "text/plain", "": "",
	} {
		store := &blobtest.FakeStore{}
		if _, _, err := blob.Put(t.Context(), store, objectKey, blobtest.BytesSource(nil), nil, blob.PutOptions{Attrs: blob.Attrs{ContentType: told}}); err != nil {
			t.Fatal(err)
		}
		if d, err := objectOf(store).Describe(t.Context()); err != nil || d.ContentType != want {
			t.Errorf("%q: %+v, %v", told, d, err)
		}
	}
}

// A body that is cut off is continued where it was, as long as there is progress.
func TestObjectGoesOn(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10)
	lost := &blob.Error{Op: "GetObject", URI: "s3://b/k", Message: "reset", Err: blob.ErrUnreachable}
	for name, c := range map[string]struct {
		store  *breaking
		breaks bool
	}{
		"cut short":           {&breaking{after: 7, times: 14}, false},
		"reset":               {&breaking{after: 7, times: 14, failure: lost}, false},
		"reset at the end":    {&breaking{after: 100, times: 1, failure: lost}, false},
		"nothing, 3 times":    {&breaking{times: 3, failure: lost}, false},
		"nothing, 4 times":    {&breaking{times: 4, failure: lost}, true},
		"not opened, 3 times": {&breaking{times: 3, opening: lost}, false},
		"not opened, 4 times": {&breaking{times: 4, opening: lost}, true},
		"a byte at a time":    {&breaking{after: 1, times: 99, failure: lost}, false},
		"too often":           {&breaking{after: 1, times: 100, failure: lost}, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			long := data
			if c.store.after == 1 {
				long = bytes.Repeat(data, 2)
			}
			c.store.FakeStore = storeWith(long)
			began := time.Now()
			got, err := readAll(t, objectOf(c.store))
			if !c.breaks && (err != nil || !bytes.Equal(got, long)) {
				t.Errorf("%s: %d bytes, %v", name, len(got), err)
			}
			if c.breaks {
				expectFailure(t, err, source.ErrTruncated, blob.ErrUnreachable)
			}
			if waited := time.Since(began); waited > 10*time.Second || (waited == 0) != (c.store.after > 0) {
				t.Errorf("%s: waited %s", name, waited)
			}
			for _, opening := range c.store.openings {
				if opening.IfMatch != "etag-1" {
					t.Errorf("%s: opened without a condition: %+v", name, opening)
				}
			}
		})
	}
}

// expectFailure: it is a *source.Error about the object, with the sentinels, and with the store's words.
func expectFailure(t *testing.T, err error, want ...error) *source.Error {
	t.Helper()
	var failure *source.Error
	if !errors.As(err, &failure) || failure.Source != objectName {
		t.Errorf("got %v; want a *source.Error", err)
		return &source.Error{}
	}
	for _, sentinel := range want {
		if !errors.Is(err, sentinel) {
			t.Errorf("%v is not %v", err, sentinel)
		}
	}
	var told *blob.Error
	if errors.As(err, &told) && (!strings.Contains(failure.Message, told.Error()) || failure.Advice != told.Advice) {
		t.Errorf("%q, %q; lacks %q, %q", failure.Message, failure.Advice, told.Error(), told.Advice)
	}
	return failure
}

func TestObjectStartsOver(t *testing.T) {
	data := bytes.Repeat([]byte("0123456789"), 10)
	for name, change := range map[string]func(*blobtest.FakeStore){
		"other bytes": func(s *blobtest.FakeStore) { s.Plant(objectKey, []byte("other")) },
		"gone":        func(s *blobtest.FakeStore) { _ = s.Delete(t.Context(), objectKey, blob.Cond{}) },
	} {
		for from, store := range map[string]*breaking{"first": {}, "later": {after: 30, times: 1}} {
			store.FakeStore = storeWith(data)
			opened := 0
			store.onOpen = func() {
				if opened++; opened == 1 && from == "first" || opened == 2 && from == "later" {
					change(store.FakeStore)
				}
			}
			_, err := readAll(t, objectOf(store))
			expectFailure(t, err, blob.ErrStartOver, blob.ErrSourceChanged)
			// It would be taken for a failure of the object that is written.
			if errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s, %s: %v", name, from, err)
			}
		}
	}

	// Put and HashOf open it again.
	store := &breaking{FakeStore: storeWith(data), after: 30, times: 1}
	opened := 0
	store.onOpen = func() {
		if opened++; opened == 2 {
			store.Plant(objectKey, []byte("other"))
		}
	}
	if sums, err := blob.HashOf(t.Context(), objectOf(store)); err != nil || sums.SHA256 != *blobtest.Sum([]byte("other")) {
		t.Errorf("%+v, %v", sums, err)
	}
}

// inattentive is a store that takes no notice of If-Match.
type inattentive struct{ *blobtest.FakeStore }

func (s inattentive) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	opts.IfMatch = ""
	return s.FakeStore.Open(ctx, key, opts)
}

func TestObjectOfAnInattentiveStore(t *testing.T) {
	store := inattentive{storeWith([]byte("data"))}
	content, err := objectOf(store).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ranges, err := objectOf(store).Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	store.Plant(objectKey, []byte("DATA"))
	if got, err := io.ReadAll(content); !errors.Is(err, blob.ErrStartOver) || len(got) > 0 {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := ranges.ReadAt(make([]byte, 2), 0); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("%v", err)
	}
}

// ending is a store whose bodies end otherwise than their objects.
type ending struct {
	*blobtest.FakeStore
	more    string // after the last byte
	failure error  // in place of io.EOF, as a file that was rewritten in place has it
}

func (s ending) Open(ctx context.Context, key string, opts blob.ReadOptions) (*blob.Object, error) {
	object, err := s.FakeStore.Open(ctx, key, opts)
	if err == nil {
		end := iotest.ErrReader(s.failure)
		object.ReadCloser = io.NopCloser(io.MultiReader(object.ReadCloser, strings.NewReader(s.more), end))
	}
	return object, err
}

func TestObjectChangesAtTheEnd(t *testing.T) {
	for _, store := range []ending{{failure: blob.ErrChanged}, {more: "more", failure: io.EOF}} {
		store.FakeStore = storeWith([]byte("data"))
		_, err := readAll(t, objectOf(store))
		expectFailure(t, err, blob.ErrStartOver)
	}
	ranges, err := objectOf(ending{FakeStore: storeWith([]byte("data")), failure: blob.ErrChanged}).Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	_, err = ranges.ReadAt(make([]byte, 2), 0)
	expectFailure(t, err, blob.ErrSourceChanged)
}
