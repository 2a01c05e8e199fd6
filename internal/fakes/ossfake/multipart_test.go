package ossfake_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestUploader(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		data := pattern(1_000_000)
		uploader := c.NewUploader(func(o *oss.UploaderOptions) { o.PartSize, o.ParallelNum = 128<<10, 3 })
		// The SDK compares the checksum of all with that of its parts.
		result := must(uploader.UploadFrom(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("a b"), ContentType: oss.Ptr("text/x")}, bytes.NewReader(data)))(t)
		object, _ := server.Object(bucket, "a b")
		if !bytes.Equal(object.Data, data) || object.Type != "Multipart" || object.Header.Get("Content-Type") != "text/x" ||
			!strings.HasSuffix(*result.ETag, `-8"`) || *result.HashCRC64 != fmt.Sprint(object.CRC64) {
			t.Errorf("%d bytes, %+v", len(object.Data), result)
		}
		if open := server.OpenUploads(bucket); len(open) != 0 {
			t.Errorf("open: %q", open)
		}
	})
}

// begin starts an upload and sends parts of these sizes.
func begin(t *testing.T, c *oss.Client, bucket, key string, sizes ...int) (id string, parts []oss.UploadPart) {
	t.Helper()
	upload := must(c.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{Bucket: &bucket, Key: &key}))(t)
	for i, size := range sizes {
		part := must(c.UploadPart(t.Context(), &oss.UploadPartRequest{
			Bucket: &bucket, Key: &key, UploadId: upload.UploadId, PartNumber: int32(i + 1), Body: bytes.NewReader(pattern(size)),
		}))(t)
		parts = append(parts, oss.UploadPart{PartNumber: int32(i + 1), ETag: part.ETag})
	}
	return *upload.UploadId, parts
}

func TestCompletion(t *testing.T) {
	const small, enough = 100<<10 - 1, 100 << 10
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		complete := func(id string, parts []oss.UploadPart, change func(*oss.CompleteMultipartUploadRequest)) error {
			request := &oss.CompleteMultipartUploadRequest{
				Bucket: &bucket, Key: oss.Ptr("key"), UploadId: &id, CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
			}
			if change != nil {
				change(request)
			}
			_, err := c.CompleteMultipartUpload(t.Context(), request)
			return err
		}
		id, parts := begin(t, c, bucket, "key", small, enough)
		refused(t, complete(id, parts, nil), 400, "EntityTooSmall")
		id, parts = begin(t, c, bucket, "key", enough, small)
		wrong := []oss.UploadPart{parts[0], {PartNumber: 2, ETag: parts[0].ETag}}
		refused(t, complete(id, wrong, nil), 400, "InvalidPart")
		missing := append(parts[:1:1], oss.UploadPart{PartNumber: 3, ETag: parts[0].ETag})
		refused(t, complete(id, missing, nil), 400, "InvalidPart")
		refused(t, complete(id, nil, nil), 400, "MalformedXML")
		refused(t, complete("0123456789ABCDEF", parts, nil), 404, "NoSuchUpload")
		refused(t, complete(id, parts, func(r *oss.CompleteMultipartUploadRequest) { r.CompleteAll = oss.Ptr("yes") }), 400, "InvalidArgument")
		refused(t, complete(id, parts, func(r *oss.CompleteMultipartUploadRequest) { r.Key = oss.Ptr("another") }), 404, "NoSuchUpload")
		server.Put(bucket, "key", []byte("first"), nil)
		refused(t, complete(id, parts, func(r *oss.CompleteMultipartUploadRequest) { r.ForbidOverwrite = oss.Ptr("true") }), 409, "FileAlreadyExists")
		if err := complete(id, parts, nil); err != nil {
			t.Error(err)
		}
		refused(t, complete(id, parts, nil), 404, "NoSuchUpload")
		if object, _ := server.Object(bucket, "key"); len(object.Data) != small+enough {
			t.Errorf("%d bytes", len(object.Data))
		}
		id, _ = begin(t, c, bucket, "key", enough, enough, small)
		err := complete(id, nil, func(r *oss.CompleteMultipartUploadRequest) {
			r.CompleteAll, r.CompleteMultipartUpload = oss.Ptr("yes"), nil
		})
		if err != nil {
			t.Error(err)
		}
		if object, _ := server.Object(bucket, "key"); len(object.Data) != small+2*enough {
			t.Errorf("%d bytes", len(object.Data))
		}
	})
}

func TestParts(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		id, parts := begin(t, c, bucket, "a&b", 1, 2, 3)
		var listed []string
		pages := c.NewListPartsPaginator(&oss.ListPartsRequest{Bucket: &bucket, Key: oss.Ptr("a&b"), UploadId: &id, MaxParts: 2})
		for pages.HasNext() {
			for _, part := range must(pages.NextPage(t.Context()))(t).Parts {
				listed = append(listed, fmt.Sprint(part.PartNumber, part.Size, *part.ETag == *parts[part.PartNumber-1].ETag))
			}
		}
		if got := strings.Join(listed, ";"); got != "1 1 true;2 2 true;3 3 true" {
			t.Errorf("parts: %s", got)
		}
		for _, key := range []string{"b", "c", "a&b"} {
			begin(t, c, bucket, key)
		}
		var keys []string
		uploads := c.NewListMultipartUploadsPaginator(&oss.ListMultipartUploadsRequest{Bucket: &bucket, MaxUploads: 1})
		for uploads.HasNext() {
			for _, upload := range must(uploads.NextPage(t.Context()))(t).Uploads {
				keys = append(keys, *upload.Key)
			}
		}
		if got := strings.Join(keys, " "); got != "a&b a&b b c" {
			t.Errorf("uploads: %s", got)
		}
		abort := &oss.AbortMultipartUploadRequest{Bucket: &bucket, Key: oss.Ptr("a&b"), UploadId: &id}
		must(c.AbortMultipartUpload(t.Context(), abort))(t)
		refusal(c.AbortMultipartUpload(t.Context(), abort))(t, 404, "NoSuchUpload", "0042-00000002")
		refusal(c.UploadPart(t.Context(), &oss.UploadPartRequest{
			Bucket: &bucket, Key: oss.Ptr("a&b"), UploadId: &id, PartNumber: 1,
		}))(t, 404, "NoSuchUpload", "0042-00000104")
		refusal(c.UploadPart(t.Context(), &oss.UploadPartRequest{Bucket: &bucket, Key: oss.Ptr("a&b"), UploadId: &id, PartNumber: 10001}))(t, 400, "InvalidArgument")
		if open := server.OpenUploads(bucket); len(open) != 3 {
			t.Errorf("open: %q", open)
		}
		refusal(c.DeleteBucket(t.Context(), &oss.DeleteBucketRequest{Bucket: &bucket}))(t, 409, "BucketNotEmpty")
	})
}
