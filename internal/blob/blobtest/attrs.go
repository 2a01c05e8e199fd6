package blobtest

import (
	"io/fs"
	"maps"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var attrsTests = []conformanceTest{
	{"edited", func(t *testing.T, h Harness) {
		for _, size := range []int64{100, h.LargeSize} {
			data := pattern(70, size)
			old := mustPut(t, h.Store, "key", data, someAttrs)
			info, err := h.Store.SetAttrs(t.Context(), "key", blob.Cond{IfMatch: old.ETag}, func(a *blob.Attrs) {
				a.ContentType = "application/zip"
				a.Owner = "another"
				a.Metadata["build"] = "4712"
				a.Metadata["more"] = "yes"
				delete(a.Metadata, "built-by")
			})
			if err != nil {
				t.Fatal(err)
			}
			want := blob.Attrs{ContentType: "application/zip", Owner: "another", Metadata: map[string]string{"build": "4712", "more": "yes"}}
			expectAttrs(t, "SetAttrs", info.Attrs, want)
			head := mustHead(t, h.Store, "key")
			expectAttrs(t, "Head", head.Attrs, want)
			if info.ETag != head.ETag || info.Key != "key" || info.Size != size || info.VersionID != head.VersionID {
				t.Errorf("SetAttrs says %+v, Head %+v", info, head)
			}
			expectBytes(t, h.Store, "key", data)
		}
	}},
	{"names that could be decoded twice", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "pA.jar", []byte("another"), someAttrs)
		for _, key := range []string{"p%41.jar", "100%", "q%2541", "a%2Fb"} {
			mustPut(t, h.Store, key, []byte("data"), someAttrs)
			if _, err := h.Store.SetAttrs(t.Context(), key, blob.Cond{}, func(a *blob.Attrs) { a.Owner = "another" }); err != nil {
				t.Fatal(err)
			}
			expectBytes(t, h.Store, key, []byte("data"))
		}
	}},
	{"what is not edited stays", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "key", []byte("data"), someAttrs)
		if _, err := h.Store.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "another" }); err != nil {
			t.Fatal(err)
		}
		want := someAttrs.Clone()
		want.Owner = "another"
		expectAttrs(t, "Head", mustHead(t, h.Store, "key").Attrs, want)
	}},
	{"nothing edited", func(t *testing.T, h Harness) {
		mustPut(t, h.Store, "key", []byte("data"), someAttrs)
		before := mustHead(t, h.Store, "key")
		info, err := h.Store.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) {
			a.Owner = someAttrs.Owner
			maps.Copy(a.Metadata, someAttrs.Metadata)
		})
		if err != nil {
			t.Fatal(err)
		}
		if info.ETag != before.ETag {
			t.Errorf("nothing was edited, and the ETag went from %q to %q", before.ETag, info.ETag)
		}
		expectAttrs(t, "SetAttrs", info.Attrs, someAttrs)
		expectUntouched(t, h.Store, before, []byte("data"))
	}},
	{"stale", func(t *testing.T, h Harness) {
		stale := mustPut(t, h.Store, "key", []byte("older"), blob.Attrs{}).ETag
		mustPut(t, h.Store, "key", []byte("newer"), someAttrs)
		before := mustHead(t, h.Store, "key")
		_, err := h.Store.SetAttrs(t.Context(), "key", blob.Cond{IfMatch: stale}, func(a *blob.Attrs) { a.Owner = "another" })
		expectError(t, err, blob.ErrChanged)
		expectUntouched(t, h.Store, before, []byte("newer"))
	}},
	{"absent", func(t *testing.T, h Harness) {
		_, err := h.Store.SetAttrs(t.Context(), "absent", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "another" })
		expectError(t, err, fs.ErrNotExist)
		expectAbsent(t, h.Store, "absent")
	}},
	{"planted", func(t *testing.T, h Harness) {
		data := pattern(71, 3000)
		h.Plant(t, "planted", data)
		head := mustHead(t, h.Store, "planted")
		expectAttrs(t, "Head", head.Attrs, blob.Attrs{ContentType: head.Attrs.ContentType})
		if head.Attrs.SHA256 != nil {
			t.Errorf("nobody stored the hash %s", head.Attrs.SHA256)
		}
		info, err := h.Store.SetAttrs(t.Context(), "planted", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "taken over" })
		if err != nil {
			t.Fatal(err)
		}
		want := blob.Attrs{Owner: "taken over", ContentType: head.Attrs.ContentType}
		expectAttrs(t, "SetAttrs", info.Attrs, want)
		expectAttrs(t, "Head", mustHead(t, h.Store, "planted").Attrs, want)
		expectBytes(t, h.Store, "planted", data)

		h.Plant(t, "planted", pattern(72, 3000))
		if owner := mustHead(t, h.Store, "planted").Attrs.Owner; owner != "" {
			t.Errorf("written anew by somebody else, and still owned by %q", owner)
		}
	}},
}
