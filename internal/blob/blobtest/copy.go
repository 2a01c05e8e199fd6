package blobtest

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// sourceAttrs are what the source of a copy has, and its copy must not have.
var sourceAttrs = blob.Attrs{ContentType: "application/zip", Metadata: map[string]string{"of": "the source"}, Owner: "of the source"}

// What a store that copies does with an object that it has already. Stores that copy nothing have it sent.
var copyTests = []conformanceTest{
	{"copied", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 1, 1000, h.LargeSize} {
			data := pattern(90, size)
			for _, want := range []*blob.Hash{nil, Sum(data)} {
				mustPut(t, h.Store, "a source+of%2F ü", data, sourceAttrs)
				before := mustHead(t, h.Store, "a source+of%2F ü")
				src := StoredSource(h.Store, before.Key, nil)
				info, sums, err := blob.Put(t.Context(), h.Store, "deep/er/copy", src, want, blob.PutOptions{Attrs: someAttrs, Cond: blob.Cond{IfAbsent: true}})
				if err != nil || sums != (blob.Sums{SHA256: *Sum(data), Size: size}) {
					t.Fatalf("%d bytes: %+v, %v", size, sums, err)
				}
				expectTold(t, h.Store, info)
				expectAttrs(t, "Head", mustHead(t, h.Store, "deep/er/copy").Attrs, someAttrs)
				if before.Attrs.SHA256 != nil && info.Attrs.SHA256 == nil && h.copies(t) {
					t.Errorf("%d bytes: the hash was proven, and is not stored", size)
				}
				expectBytes(t, h.Store, "deep/er/copy", data)
				expectUntouched(t, h.Store, before, data)
				if err := h.Store.Delete(t.Context(), "deep/er/copy", blob.Cond{}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}},
	{"onto itself", func(t *testing.T, h Harness) {
		data := pattern(91, h.LargeSize)
		mustPut(t, h.Store, "key", data, sourceAttrs)
		etag := mustHead(t, h.Store, "key").ETag
		if _, _, err := blob.Put(t.Context(), h.Store, "key", StoredSource(h.Store, "key", nil), nil, blob.PutOptions{Attrs: someAttrs, Cond: blob.Cond{IfMatch: etag}}); err != nil {
			t.Fatal(err)
		}
		expectBytes(t, h.Store, "key", data)
		expectAttrs(t, "Head", mustHead(t, h.Store, "key").Attrs, someAttrs)
	}},
	{"not the wanted bytes", func(t *testing.T, h Harness) {
		data, wanted := pattern(92, h.LargeSize), Sum([]byte("something else"))
		// What is stored beside the source is no proof.
		mustPut(t, h.Store, "source", data, sourceAttrs)
		if _, err := h.Store.SetAttrs(t.Context(), "source", blob.Cond{}, func(a *blob.Attrs) { a.SHA256 = wanted }); err != nil {
			t.Fatal(err)
		}
		src := StoredSource(h.Store, "source", nil)
		expectNothing(t.Context(), t, h, h.Store, src, wanted, func(err error) { expectMismatch(t, err, wanted, Sum(data), h.LargeSize) })
		before := mustHead(t, h.Store, "old")
		_, sums, err := blob.Put(t.Context(), h.Store, "old", src, nil, blob.PutOptions{Present: Sum(data)})
		if !errors.Is(err, blob.ErrPresent) || sums != (blob.Sums{SHA256: *Sum(data), Size: h.LargeSize}) {
			t.Errorf("%+v, %v", sums, err)
		}
		expectUntouched(t, h.Store, before, []byte("old"))
	}},
	{"conditions", func(t *testing.T, h Harness) {
		stale := mustPut(t, h.Store, "old", []byte("older"), blob.Attrs{}).ETag
		for _, size := range []int64{100, h.LargeSize} {
			mustPut(t, h.Store, "source", pattern(93, size), sourceAttrs)
			mustPut(t, h.Store, "old", []byte("old"), someAttrs)
			before := mustHead(t, h.Store, "old")
			for failure, cond := range map[error]blob.Cond{fs.ErrExist: {IfAbsent: true}, blob.ErrChanged: {IfMatch: stale}} {
				_, _, err := blob.Put(t.Context(), h.Store, "old", StoredSource(h.Store, "source", nil), nil, blob.PutOptions{Cond: cond, Attrs: blob.Attrs{Owner: "new"}})
				expectError(t, err, failure)
				expectUntouched(t, h.Store, before, []byte("old"))
			}
		}
	}},
	{"source changes before it is copied", func(t *testing.T, h Harness) {
		data, other := pattern(94, h.LargeSize), pattern(95, h.LargeSize)
		mustPut(t, h.Store, "source", data, sourceAttrs)
		changes := func() { h.Plant(t, "source", other) }
		// Once the last byte has been hashed; then it is hashed again.
		src := interruptedStored(StoredSource(h.Store, "source", nil), h.LargeSize, changes)
		_, sums, err := blob.Put(t.Context(), h.Store, "copy", src, nil, blob.PutOptions{Attrs: someAttrs})
		if h.copies(t) && err == nil && sums.SHA256 != *Sum(other) {
			t.Errorf("%+v, %v; want the later bytes", sums, err)
		}
		if err == nil {
			expectBytes(t, h.Store, "copy", map[blob.Hash][]byte{*Sum(data): data, *Sum(other): other}[sums.SHA256])
		}
		mustPut(t, h.Store, "source", data, sourceAttrs)
		src = interruptedStored(StoredSource(h.Store, "source", nil), h.LargeSize, changes)
		if _, _, err := blob.Put(t.Context(), h.Store, "fresh", src, Sum(data), blob.PutOptions{}); err != nil {
			var mismatch *blob.MismatchError
			if !errors.As(err, &mismatch) || mismatch.Got != *Sum(other) {
				t.Errorf("%v", err)
			}
			expectAbsent(t, h.Store, "fresh")
		} else if h.copies(t) {
			t.Error("a source that changed was copied")
		}
	}},
	{"stale source", func(t *testing.T, h Harness) {
		if !h.copies(t) {
			return
		}
		old := mustPut(t, h.Store, "source", pattern(96, h.LargeSize), sourceAttrs)
		h.Plant(t, "source", pattern(97, h.LargeSize))
		gone := old
		gone.Key = "gone"
		for _, from := range []blob.Info{old, gone} {
			stage := mustStage(t, h.Store, "copy", h.LargeSize)
			expectError(t, stage.CopyFrom(t.Context(), h.Store, from), blob.ErrSourceChanged)
			if _, err := stage.Commit(t.Context(), blob.Sums{Size: h.LargeSize}); err == nil {
				t.Error("committed after a copy that failed")
			}
			if err := stage.Abort(t.Context()); err != nil {
				t.Error(err)
			}
			expectAbsent(t, h.Store, "copy")
		}
	}},
	{"cancelled", func(t *testing.T, h Harness) {
		if !h.copies(t) {
			return
		}
		mustPut(t, h.Store, "source", pattern(98, h.LargeSize), sourceAttrs)
		source := mustHead(t, h.Store, "source")
		for _, when := range []string{"before", "during", "after"} {
			ctx, cancel := context.WithCancel(t.Context())
			stage := mustStage(t, h.Store, "copy", h.LargeSize)
			switch when {
			case "before":
				cancel()
			case "during":
				go cancel()
			}
			err := stage.CopyFrom(ctx, h.Store, source)
			if when == "before" {
				expectError(t, err, context.Canceled)
			}
			cancel()
			if err == nil {
				_, err = stage.Commit(ctx, blob.Sums{SHA256: *Sum(pattern(98, h.LargeSize)), Size: h.LargeSize})
			}
			expectError(t, err, context.Canceled)
			if err := stage.Abort(t.Context()); err != nil {
				t.Error(err)
			}
			expectAbsent(t, h.Store, "copy")
			if left := h.Leftovers(t); len(left) > 0 {
				t.Errorf("cancelled %s: left behind %q", when, left)
			}
		}
	}},
	{"lost answers", func(t *testing.T, h Harness) {
		data := pattern(99, h.LargeSize)
		mustPut(t, h.Store, "source", data, sourceAttrs)
		var read atomic.Int64
		info, _, err := blob.Put(t.Context(), LoseAnswers(h.Store), "copy", StoredSource(h.Store, "source", &read), Sum(data), blob.PutOptions{Attrs: someAttrs})
		if err != nil {
			t.Fatal(err)
		}
		expectTold(t, h.Store, info)
		expectBytes(t, h.Store, "copy", data)
		src := StoredSource(h.Store, "source", nil)
		expectNothing(t.Context(), t, h, LoseRequests(h.Store), src, Sum(data), func(err error) { expectError(t, err, ErrAnswerLost) })
	}},
}

// copies reports whether the store's stages copy from it.
func (h Harness) copies(t *testing.T) bool {
	t.Helper()
	stage, err := h.Store.Stage(t.Context(), "copy", blob.WriteOptions{Size: 1})
	if err != nil {
		t.Fatal(err)
	}
	to, ok := stage.(blob.CopyStage)
	can := ok && to.CanCopy(h.Store)
	if err := stage.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	return can
}

func mustStage(t *testing.T, store blob.Store, key string, size int64) blob.CopyStage {
	t.Helper()
	stage, err := store.Stage(t.Context(), key, blob.WriteOptions{Size: size})
	if err != nil {
		t.Fatal(err)
	}
	to, ok := stage.(blob.CopyStage)
	if !ok {
		t.Fatal("the stage copies nothing")
	}
	return to
}

// interruptedStored is InterruptedSource for a StoredSource, whose content stays a blob.StoredContent. What happens, happens at the first opening.
func interruptedStored(src blob.Source, after int64, do func()) blob.Source {
	opened := false
	return SourceFunc(func(ctx context.Context) (blob.Content, error) {
		inner, err := src.Open(ctx)
		if err != nil || opened {
			return inner, err
		}
		opened = true
		stored, ok := inner.(blob.StoredContent)
		if !ok {
			return nil, errors.New("not the content of a StoredSource")
		}
		return &interruptedContent{stored, &interrupted{Content: inner, after: after, do: do}}, nil
	})
}

type interruptedContent struct {
	blob.StoredContent
	watched *interrupted
}

func (c *interruptedContent) Read(p []byte) (int, error) { return c.watched.Read(p) }
