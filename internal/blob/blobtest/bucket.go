package blobtest

import (
	"context"
	"io/fs"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var bucketTests = []conformanceTest{
	{"present", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "any", []byte("any"), blob.Attrs{})
		if err := h.Store.Bucket(t.Context()); err != nil {
			t.Errorf("Bucket: %v", err)
		}
	}},
	{"absent", func(t *testing.T, h Harness) {
		expectError(t, h.Absent.Bucket(t.Context()), blob.ErrNoBucket)
		_, err := h.Absent.List(t.Context(), blob.Query{})
		expectError(t, err, blob.ErrNoBucket)
		_, err = h.Absent.Head(t.Context(), "key")
		expectError(t, err, blob.ErrNoBucket, fs.ErrNotExist)
	}},
	{"cancelled", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "key", []byte("data"), blob.Attrs{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		expectError(t, h.Store.Bucket(ctx), context.Canceled)
		_, err := h.Store.Head(ctx, "key")
		expectError(t, err, context.Canceled)
		_, err = h.Store.Open(ctx, "key", blob.ReadOptions{})
		expectError(t, err, context.Canceled)
		_, err = h.Store.List(ctx, blob.Query{})
		expectError(t, err, context.Canceled)
		_, err = h.Store.SetAttrs(ctx, "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "other" })
		expectError(t, err, context.Canceled)
		expectError(t, h.Store.Delete(ctx, "key", blob.Cond{}), context.Canceled)
		expectBytes(t, h.Store, "key", []byte("data"))
	}},
}
