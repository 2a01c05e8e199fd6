package ossfake_test

import (
	"bytes"
	"net/http"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestCopy(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		source := "a b+c/ключ"
		server.Put(bucket, source, []byte("data"), http.Header{"X-Oss-Meta-Who": {"me"}, "Content-Type": {"text/x"}})
		etag := must(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: &source}))(t).ETag
		copied := func(change func(*oss.CopyObjectRequest)) (ossfake.Object, error) {
			request := &oss.CopyObjectRequest{Bucket: &bucket, Key: oss.Ptr("copy"), SourceKey: &source}
			change(request)
			result, err := c.CopyObject(t.Context(), request)
			object, _ := server.Object(bucket, *request.Key)
			if err == nil && *result.ETag != object.ETag {
				t.Errorf("ETag %s, want %s", *result.ETag, object.ETag)
			}
			return object, err
		}
		if object, err := copied(func(r *oss.CopyObjectRequest) { r.IfMatch = etag }); err != nil || string(object.Data) != "data" || object.Header.Get("X-Oss-Meta-Who") != "me" || object.Header.Get("Content-Type") != "text/x" {
			t.Errorf("%+v, %v", object, err)
		}
		if object, err := copied(func(r *oss.CopyObjectRequest) {
			r.MetadataDirective, r.Metadata = oss.Ptr("REPLACE"), map[string]string{"other": "you"}
		}); err != nil || object.Header.Get("X-Oss-Meta-Who") != "" || object.Header.Get("X-Oss-Meta-Other") != "you" {
			t.Errorf("%+v, %v", object, err)
		}
		if object, err := copied(func(r *oss.CopyObjectRequest) {
			r.Key, r.MetadataDirective, r.Metadata = &source, oss.Ptr("REPLACE"), map[string]string{"who": "itself"}
		}); err != nil || string(object.Data) != "data" || object.Header.Get("X-Oss-Meta-Who") != "itself" {
			t.Errorf("%+v, %v", object, err)
		}
		_, err := copied(func(r *oss.CopyObjectRequest) { r.IfMatch = oss.Ptr(`"x"`) })
		refused(t, err, 412, "PreconditionFailed")
		_, err = copied(func(r *oss.CopyObjectRequest) { r.SourceKey = oss.Ptr("none") })
		refused(t, err, 404, "NoSuchKey")
		_, err = copied(func(r *oss.CopyObjectRequest) { r.SourceBucket = oss.Ptr("no-such-bucket") })
		refused(t, err, 404, "NoSuchBucket")
		server.CreateBucketNamed("far-away", ossfake.BucketOptions{Region: "eu-central-1"})
		server.Put("far-away", source, nil, nil)
		_, err = copied(func(r *oss.CopyObjectRequest) { r.SourceBucket = oss.Ptr("far-away") })
		refused(t, err, 403, "AccessDenied")
	})
}

func TestCopyByParts(t *testing.T) {
	for name, version := range versions {
		t.Run(name, func(t *testing.T) {
			server := ossfake.Start(t, ossfake.Options{CopyLimit: 300 << 10})
			bucket := server.CreateBucket(t)
			c := client(t, server, version)
			data := pattern(500 << 10)
			server.Put(bucket, "source", data, http.Header{"X-Oss-Meta-Who": {"me"}})
			refusal(c.CopyObject(t.Context(), &oss.CopyObjectRequest{Bucket: &bucket, Key: oss.Ptr("copy"), SourceKey: oss.Ptr("source")}))(t, 400, "EntityTooLarge")
			copier := c.NewCopier(func(o *oss.CopierOptions) {
				o.PartSize, o.MultipartCopyThreshold, o.DisableShallowCopy = 128<<10, 200<<10, true
			})
			must(copier.Copy(t.Context(), &oss.CopyObjectRequest{Bucket: &bucket, Key: oss.Ptr("copy"), SourceKey: oss.Ptr("source")}))(t)
			object, _ := server.Object(bucket, "copy")
			if !bytes.Equal(object.Data, data) || object.Header.Get("X-Oss-Meta-Who") != "me" || object.Type != "Multipart" {
				t.Errorf("%d bytes, %v", len(object.Data), object.Header)
			}
			var parts int
			for _, r := range server.Requests() {
				if r.Operation == "UploadPartCopy" {
					parts++
				}
			}
			if parts != 4 {
				t.Errorf("%d parts", parts)
			}
		})
	}
}
