package objectstore_test

import (
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

func (b behind) copyFrom(t *testing.T, from behind, key string) error {
	t.Helper()
	_, _, err := blob.Put(t.Context(), b.Store, "copy", blobtest.StoredSource(from.Store, key, nil), nil, blob.PutOptions{Attrs: mine})
	return err
}

// A copy sends no byte, and costs one reading.
// Where a condition on the source may be ignored, a look comes before the completion.
func TestRequestsOfACopy(t *testing.T) {
	for enforcement, want := range map[objectstore.Enforcement][]string{
		objectstore.ByStore: {head, get, listOpen, begin, part, part, part, finish},
		objectstore.ByBoth:  {head, get, listOpen, begin, part, part, part, head, finish},
	} {
		b := start(t, func(c *mapstore.Config) { c.Conditions[objectstore.CopyIfMatch] = enforcement })
		other := b.again(t, b.server.CreateBucket(false))
		b.mustWrite(t, "odd %41+ü/key", someBytes(large))
		for _, to := range []behind{b, other} {
			if err := to.copyFrom(t, b, "odd %41+ü/key"); err != nil {
				t.Fatal(err)
			}
			for _, r := range b.proxy.Requests() {
				if r.Method == http.MethodPut && r.Bytes != 0 {
					t.Errorf("%d bytes were sent", r.Bytes)
				}
			}
			b.expectSent(t, want...)
			to.expect(t, "copy", someBytes(large))
		}
	}
}

func TestOnlyStoresReachedInTheSameWayAreCopied(t *testing.T) {
	b := start(t, nil)
	b.mustWrite(t, "key", []byte("data"))
	stage, err := b.Stage(t.Context(), "copy", blob.WriteOptions{Size: 4})
	if err != nil {
		t.Fatal(err)
	}
	to, ok := stage.(blob.CopyStage)
	if !ok || !to.CanCopy(b.again(t, "another").Store) {
		t.Error("another bucket of the same configuration is not copied")
	}
	other := b
	other.config.UserAgent = "another"
	if to.CanCopy(other.again(t, b.bucket).Store) || to.CanCopy(&blobtest.FakeStore{}) {
		t.Error("a store of another configuration, or of another kind, is copied")
	}
	if err := to.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}

// A store that takes no notice of the condition on the source must not make an object of bytes that were never hashed.
func TestASourceThatChangesBeforeTheCompletion(t *testing.T) {
	b := start(t, func(c *mapstore.Config) { c.Conditions[objectstore.CopyIfMatch] = objectstore.ByBoth })
	b.server.Ignores = []string{"X-Map-Copy-If-Match"}
	b.mustWrite(t, "key", someBytes(large))
	var once sync.Once
	b.on(http.MethodPut, "partNumber", func() {
		once.Do(func() { b.server.Put(b.bucket, "key", slices.Repeat([]byte("x"), large)) })
	})
	if err := b.copyFrom(t, b, "key"); !errors.Is(err, blob.ErrSourceChanged) {
		t.Error(err)
	}
	b.expect(t, "copy", nil)
	b.expectOpen(t)
}

// An object that changes while it gets other attributes is left as it is.
func TestSetAttrsOfAnObjectThatChanges(t *testing.T) {
	for size, request := range map[int]string{100: http.MethodPatch, large: http.MethodPost} {
		b := start(t, nil)
		b.mustWrite(t, "key", someBytes(size))
		b.on(request, "", func() { b.server.Put(b.bucket, "key", []byte("other")) })
		if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, own); !errors.Is(err, blob.ErrChanged) {
			t.Errorf("%d bytes: %v", size, err)
		}
		b.expect(t, "key", []byte("other"))
		b.expectOpen(t)
	}
}

// The requests of other attributes, by parts too, which keeps the bytes.
func TestRequestsOfSetAttrs(t *testing.T) {
	b := start(t, nil)
	for size, want := range map[int][]string{100: {head, patch}, large: {head, listOpen, begin, part, part, part, finish}} {
		b.mustWrite(t, "key", someBytes(size))
		info, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, own)
		if err != nil {
			t.Fatal(err)
		}
		b.expectSent(t, want...)
		b.expect(t, "key", someBytes(size))
		now, err := b.Head(t.Context(), "key")
		if err != nil || now.ETag != info.ETag || now.Attrs.Owner != "somebody else" || now.Size != int64(size) || info.Size != now.Size {
			t.Errorf("SetAttrs says %+v, Head %+v, %v", info, now, err)
		}
		if size == large && (!info.ModTime.IsZero() || info.Written.IsZero()) {
			t.Errorf("by parts: modified %s, written %s", info.ModTime, info.Written)
		}
		b.proxy.Clear()
	}
}
