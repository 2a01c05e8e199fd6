package blobtest

import (
	"bytes"
	"io"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var openTests = []conformanceTest{
	{"ranges", func(t *testing.T, h Harness) {
		data := pattern(60, 10_000)
		mustPut(t, h.Store, "key", data, someAttrs)
		for _, r := range []struct{ offset, length, end int64 }{
			{0, 1, 1},
			{0, 100, 100},
			{1, 1, 2},
			{4096, 4096, 8192},
			{9999, 1, 10_000},
			{9999, 0, 10_000},
			{5000, 0, 10_000},
			{9000, 5000, 10_000},
			{0, 10_000, 10_000},
			{0, 0, 10_000},
		} {
			object, err := h.Store.Open(t.Context(), "key", blob.ReadOptions{Offset: r.offset, Length: r.length})
			if err != nil {
				t.Errorf("Open %+v: %v", r, err)
				continue
			}
			got, err := io.ReadAll(object)
			object.Close()
			if err != nil || !bytes.Equal(got, data[r.offset:r.end]) {
				t.Errorf("range %+v: %d bytes, %v", r, len(got), err)
			}
			if object.Info.Size != int64(len(data)) {
				t.Errorf("range %+v: the Info says %d bytes, the whole object has %d", r, object.Info.Size, len(data))
			}
		}
	}},
	{"match", func(t *testing.T, h Harness) {
		old := mustPut(t, h.Store, "key", []byte("old"), someAttrs)
		object, err := h.Store.Open(t.Context(), "key", blob.ReadOptions{IfMatch: old.ETag, Offset: 1})
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(object)
		object.Close()
		if string(got) != "ld" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		mustPut(t, h.Store, "key", []byte("new"), someAttrs)
		for _, opts := range []blob.ReadOptions{{IfMatch: old.ETag}, {IfMatch: old.ETag, Offset: 1}} {
			object, err := h.Store.Open(t.Context(), "key", opts)
			expectError(t, err, blob.ErrChanged)
			if err == nil {
				object.Close()
			}
		}
		if _, err := blob.Digest(t.Context(), h.Store, blob.Info{Key: "key", ETag: old.ETag}); err == nil {
			t.Error("Digest read an object that is not the one described")
		}
	}},
}
