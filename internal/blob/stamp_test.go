package blob_test

import (
	"maps"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

func TestStoredMetadataThereAndBack(t *testing.T) {
	for _, attrs := range []blob.Attrs{
		{},
		{Owner: "token", ContentType: "a/b"},
		{SHA256: blobtest.Sum(nil), Metadata: map[string]string{"k": "v"}},
		{Owner: "token", SHA256: blobtest.Sum(nil), Metadata: map[string]string{"k": "v", "empty": ""}, ContentType: "a/b"},
	} {
		if back := blob.ParseMetadata(attrs.ContentType, attrs.StoredMetadata()); !back.Equal(attrs) {
			t.Errorf("%+v came back as %+v", attrs, *back)
		}
	}
	stored := blob.Attrs{Owner: "token", SHA256: blobtest.Sum(nil)}.StoredMetadata()
	want := map[string]string{"flink-owner": "token", "flink-sha256": emptySHA256} // they are in users' buckets
	if !maps.Equal(stored, want) {
		t.Errorf("stored %v", stored)
	}
}

func TestParseMetadata(t *testing.T) {
	attrs := blob.ParseMetadata("a/b", map[string]string{
		"Flink-Owner": "token", "FLINK-SHA256": "not a hash", "Build-By": "Jane", "flink-other": "stays",
	})
	want := blob.Attrs{ContentType: "a/b", Owner: "token", Metadata: map[string]string{"build-by": "Jane", "flink-other": "stays"}}
	if !attrs.Equal(want) {
		t.Errorf("%+v", *attrs)
	}
	if attrs := blob.ParseMetadata("", nil); attrs.Metadata == nil {
		t.Error("the map of no metadata cannot be written to")
	}
}

func TestAttrsEqual(t *testing.T) {
	full := blob.Attrs{ContentType: "a/b", Owner: "token", SHA256: blobtest.Sum(nil), Metadata: map[string]string{"k": "v"}}
	if !full.Equal(full.Clone()) || !(blob.Attrs{}).Equal(blob.Attrs{Metadata: map[string]string{}}) {
		t.Error("the same are not equal")
	}
	for name, edit := range map[string]func(*blob.Attrs){
		"content type": func(a *blob.Attrs) { a.ContentType = "" },
		"owner":        func(a *blob.Attrs) { a.Owner = "another" },
		"hash":         func(a *blob.Attrs) { *a.SHA256 = blob.Hash{} },
		"no hash":      func(a *blob.Attrs) { a.SHA256 = nil },
		"value":        func(a *blob.Attrs) { a.Metadata["k"] = "w" },
		"key":          func(a *blob.Attrs) { a.Metadata["l"] = "v" },
	} {
		other := full.Clone()
		edit(&other)
		if full.Equal(other) || other.Equal(full) {
			t.Errorf("another %s is equal, or the clone shares it", name)
		}
	}
}
