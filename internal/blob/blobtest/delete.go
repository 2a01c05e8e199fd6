package blobtest

import (
	"io/fs"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var deleteTests = []conformanceTest{
	{"present and absent", func(t *testing.T, h Harness) {
		info := mustPut(t, h.Store, "a/key", []byte("data"), someAttrs)
		mustPut(t, h.Store, "a/key2", []byte("data"), someAttrs)
		if err := h.Store.Delete(t.Context(), "a/key", blob.Cond{IfMatch: info.ETag}); err != nil {
			t.Fatal(err)
		}
		expectAbsent(t, h.Store, "a/key")
		expectBytes(t, h.Store, "a/key2", []byte("data"))
		for _, key := range []string{"a/key", "never/there", "a/never/"} {
			if err := h.Store.Delete(t.Context(), key, blob.Cond{}); err != nil {
				t.Errorf("Delete of the absent %q: %v", key, err)
			}
		}
	}},
	{"stale", func(t *testing.T, h Harness) {
		stale := mustPut(t, h.Store, "key", []byte("older"), someAttrs).ETag
		mustPut(t, h.Store, "key", []byte("newer"), someAttrs)
		before := mustHead(t, h.Store, "key")
		expectError(t, h.Store.Delete(t.Context(), "key", blob.Cond{IfMatch: stale}), blob.ErrChanged)
		expectUntouched(t, h.Store, before, []byte("newer"))
	}},
	{"marker", func(t *testing.T, h Harness) {
		marker := mustPut(t, h.Store, "dir/sub/", nil, blob.Attrs{})
		head := mustHead(t, h.Store, "dir/sub/")
		if head.Size != 0 || marker.ETag != head.ETag || marker.Key != "dir/sub/" {
			t.Errorf("Put says %+v, Head %+v", marker, head)
		}
		expectBytes(t, h.Store, "dir/sub/", nil)
		_, _, err := blob.Put(t.Context(), h.Store, "dir/sub/", BytesSource(nil), Sum(nil), blob.PutOptions{Cond: blob.Cond{IfAbsent: true}})
		expectError(t, err, fs.ErrExist)
		mustPut(t, h.Store, "dir/sub/", nil, blob.Attrs{})
		if err := h.Store.Delete(t.Context(), "dir/sub/", blob.Cond{}); err != nil {
			t.Fatal(err)
		}
		expectAbsent(t, h.Store, "dir/sub/")
	}},
	{"marker of what is not empty", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "dir/", nil, blob.Attrs{})
		mustPut(t, h.Store, "dir/data", []byte("data"), someAttrs)
		err := h.Store.Delete(t.Context(), "dir/", blob.Cond{})
		if h.RealDirectories {
			expectError(t, err, fs.ErrExist)
			mustHead(t, h.Store, "dir/")
		} else {
			if err != nil {
				t.Error(err)
			}
			expectAbsent(t, h.Store, "dir/")
		}
		expectBytes(t, h.Store, "dir/data", []byte("data"))
	}},
}
