package ossfake_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestListings(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		var want []string
		for i := range 250 {
			want = append(want, fmt.Sprintf("many/%03d &+%%", i))
		}
		// By bytes: upper case is before lower case, and what UTF-8 encodes is after all of ASCII.
		want = append([]string{"B", "a", "a-", "a/1", "a/2", "ab"}, want...)
		want = append(want, "é")
		for _, key := range slices.Backward(want) {
			server.Put(bucket, key, []byte(key), nil)
		}
		var v1, v2 []string
		one := c.NewListObjectsPaginator(&oss.ListObjectsRequest{Bucket: &bucket})
		for one.HasNext() {
			for _, object := range must(one.NextPage(t.Context()))(t).Contents {
				v1 = append(v1, *object.Key)
			}
		}
		two := c.NewListObjectsV2Paginator(&oss.ListObjectsV2Request{Bucket: &bucket})
		for two.HasNext() {
			for _, object := range must(two.NextPage(t.Context()))(t).Contents {
				v2 = append(v2, *object.Key)
				if object.Size != int64(len(*object.Key)) || object.Owner != nil {
					t.Errorf("%+v", object)
				}
			}
		}
		if !slices.Equal(v1, want) || !slices.Equal(v2, want) {
			t.Errorf("V1 %d of %d: %q\nV2 %d: %q", len(v1), len(want), v1, len(v2), v2)
		}
		if pages := len(server.Requests()); pages != 6 {
			t.Errorf("%d pages, want 3 of 100 twice", pages)
		}
		result := must(c.ListObjectsV2(t.Context(), &oss.ListObjectsV2Request{Bucket: &bucket, StartAfter: oss.Ptr("many/248 &+%"), MaxKeys: 5, FetchOwner: true}))(t)
		if len(result.Contents) != 2 || result.KeyCount != 2 || *result.Contents[1].Key != "é" || result.Contents[0].Owner == nil || result.IsTruncated {
			t.Errorf("%+v", result)
		}
	})
}

func TestDelimiter(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		for _, key := range []string{"a", "a/", "a/1", "a/2", "a-/3", "b/1", "b&c/1"} {
			server.Put(bucket, key, nil, nil)
		}
		for size := range 6 {
			var got []string
			pages := c.NewListObjectsPaginator(&oss.ListObjectsRequest{Bucket: &bucket, Delimiter: oss.Ptr("/"), MaxKeys: int32(size)})
			for pages.HasNext() {
				page := must(pages.NextPage(t.Context()))(t)
				for _, object := range page.Contents {
					got = append(got, *object.Key)
				}
				for _, prefix := range page.CommonPrefixes {
					got = append(got, *prefix.Prefix)
				}
				if size > 0 && len(page.Contents)+len(page.CommonPrefixes) > size {
					t.Errorf("%d in a page of %d", len(page.Contents)+len(page.CommonPrefixes), size)
				}
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); text != "a a-/ a/ b&c/ b/" {
				t.Errorf("pages of %d: %s", size, text)
			}
		}
		refusal(c.ListObjectsV2(t.Context(), &oss.ListObjectsV2Request{Bucket: &bucket, MaxKeys: 1001}))(t, 400, "InvalidArgument")
		refusal(c.ListObjectsV2(t.Context(), &oss.ListObjectsV2Request{Bucket: &bucket, ContinuationToken: oss.Ptr("%")}))(t, 400, "InvalidArgument")
	})
}

func TestDeleteMultipleObjects(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		server.Put(bucket, "a&b", nil, nil)
		server.Put(bucket, "keep", nil, nil)
		result := must(c.DeleteMultipleObjects(t.Context(), &oss.DeleteMultipleObjectsRequest{Bucket: &bucket, Objects: []oss.DeleteObject{{Key: oss.Ptr("a&b")}, {Key: oss.Ptr("none")}}}))(t)
		if len(result.DeletedObjects) != 2 || *result.DeletedObjects[0].Key != "a&b" {
			t.Errorf("%+v", result)
		}
		if left := server.Objects(bucket); len(left) != 1 || left[0].Key != "keep" {
			t.Errorf("%+v", left)
		}
	})
}

func TestVersions(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		key := "a&b"
		put(t, c, bucket, key, []byte("zero"))
		must(c.PutBucketVersioning(t.Context(), &oss.PutBucketVersioningRequest{Bucket: &bucket, VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}))(t)
		if status := must(c.GetBucketVersioning(t.Context(), &oss.GetBucketVersioningRequest{Bucket: &bucket}))(t).VersionStatus; *status != "Enabled" {
			t.Errorf("%s", *status)
		}
		first, second := put(t, c, bucket, key, []byte("first")).VersionId, put(t, c, bucket, key, []byte("second")).VersionId
		deleted := must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: &key}))(t)
		if !deleted.DeleteMarker || deleted.VersionId == nil {
			t.Errorf("%+v", deleted)
		}
		if e := refusal(c.GetObject(t.Context(), &oss.GetObjectRequest{
			Bucket: &bucket, Key: &key,
		}))(t, 404, "NoSuchKey"); e.Headers.Get("X-Oss-Delete-Marker") != "true" {
			t.Errorf("%v", e.Headers)
		}
		refusal(c.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: &bucket, Key: &key, VersionId: deleted.VersionId}))(t, 405, "MethodNotAllowed")
		refusal(c.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: &bucket, Key: &key, VersionId: oss.Ptr("none")}))(t, 404, "NoSuchVersion")
		for id, want := range map[string]string{*first: "first", *second: "second", "null": "zero"} {
			if _, body := get(t, c, &oss.GetObjectRequest{Bucket: &bucket, Key: &key, VersionId: &id}); string(body) != want {
				t.Errorf("%s: %q, want %q", id, body, want)
			}
		}
		var listed []string
		pages := c.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: &bucket, MaxKeys: 2})
		for pages.HasNext() {
			page := must(pages.NextPage(t.Context()))(t)
			for _, marker := range page.ObjectDeleteMarkers {
				listed = append(listed, fmt.Sprint("marker ", *marker.Key, marker.IsLatest))
			}
			for _, version := range page.ObjectVersions {
				listed = append(listed, fmt.Sprint(*version.Key, version.Size, version.IsLatest))
			}
		}
		if got := strings.Join(listed, ";"); got != "marker a&btrue;a&b6 false;a&b5 false;a&b4 false" {
			t.Errorf("%s", got)
		}
		if len(server.Objects(bucket)) != 0 {
			t.Error("a delete marker counts as an object")
		}
		must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: &key, VersionId: deleted.VersionId}))(t)
		if _, body := get(t, c, &oss.GetObjectRequest{Bucket: &bucket, Key: &key}); string(body) != "second" {
			t.Errorf("%q", body)
		}
	})
}
