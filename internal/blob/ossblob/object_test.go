package ossblob

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestADeleteMarkerAndNoMore(t *testing.T) {
	b := startBehindBucket(t, ossfake.BucketOptions{Versioning: true}, nil)
	mustPut(t, b, "key", []byte("old"))
	b.server.ClearRequests()
	if err := b.Delete(t.Context(), "key", blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	requests := b.server.Requests()
	b.expectAsked(t, "DeleteObject")
	if requests[0].Query.Has("versionId") {
		t.Error("a version was deleted")
	}
	if _, err := b.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the delete: %v", err)
	}
	if page, err := b.List(t.Context(), blob.Query{}); err != nil || len(page.Infos) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}

// Keys that something on the way might take for something else.
func TestUnsafeKeys(t *testing.T) {
	for _, version := range []string{SignatureV4, SignatureV1} {
		b := startBehind(t, func(c *Config) { c.SignatureVersion = version })
		for _, key := range []string{"a b", "a+b", "a%2Fb", "a//b", "a/./b", "a/../b", "ä/日本", "?x=1", "a?versionId=b&c", "a#b", "a~b*c'd", "-", "dir/", "a;b=c"} {
			data := []byte("data of " + key)
			mustPut(t, b, key, data)
			b.expect(t, key, data)
			if got := read(t, b, key); !bytes.Equal(got, data) {
				t.Errorf("%s %q: %q", version, key, got)
			}
			if _, err := b.SetAttrs(t.Context(), key, blob.Cond{}, func(a *blob.Attrs) { a.ContentType = "x/y" }); err != nil {
				t.Errorf("%s %q: %v", version, key, err)
			}
			b.expect(t, key, data)
			page, err := b.List(t.Context(), blob.Query{Prefix: key})
			if err != nil || len(page.Infos) != 1 || page.Infos[0].Key != key {
				t.Errorf("%s %q: listed %+v, %v", version, key, page, err)
			}
			if err := b.Delete(t.Context(), key, blob.Cond{}); err != nil {
				t.Errorf("%s %q: %v", version, key, err)
			}
			b.expectAbsent(t, key)
		}
	}
}
