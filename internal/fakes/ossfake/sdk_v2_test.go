package ossfake_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc64"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// refused checks that an error is OSS's answer, by its code, and by its finer one if that is given, and returns it.
func refused(t *testing.T, err error, status int, code string, ec ...string) *oss.ServiceError {
	t.Helper()
	var e *oss.ServiceError
	if !errors.As(err, &e) {
		t.Errorf("%v, want %d %s", err, status, code)
		return &oss.ServiceError{}
	}
	if e.StatusCode != status || e.Code != code || e.RequestID == "" || e.Message == "" && status != http.StatusNotModified {
		t.Errorf("%d %s %q, want %d %s", e.StatusCode, e.Code, e.Message, status, code)
	}
	if len(ec) > 0 && e.EC != ec[0] {
		t.Errorf("EC %q of %s, want %q", e.EC, code, ec[0])
	}
	return e
}

// refusal is the same of a call, as must is: refusal(client.PutObject(…))(t, 403, "AccessDenied").
func refusal[T any](_ T, err error) func(t *testing.T, status int, code string, ec ...string) *oss.ServiceError {
	return func(t *testing.T, status int, code string, ec ...string) *oss.ServiceError {
		t.Helper()
		return refused(t, err, status, code, ec...)
	}
}

// each runs a test with both signatures, over http and over https.
func each(t *testing.T, test func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string)) {
	for name, version := range versions {
		for _, tls := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, TLS %v", name, tls), func(t *testing.T) {
				server := ossfake.Start(t, ossfake.Options{TLS: tls})
				test(t, server, client(t, server, version), server.CreateBucket(t))
				for _, r := range server.Requests() {
					if r.SignatureVersion != name {
						t.Errorf("%s is signed by %q", r.Operation, r.SignatureVersion)
					}
				}
			})
		}
	}
}

// pattern is data that differs at every place.
func pattern(size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i>>16) ^ byte(i>>8) ^ byte(i)*7
	}
	return data
}

func put(t *testing.T, c *oss.Client, bucket, key string, data []byte) *oss.PutObjectResult {
	t.Helper()
	return must(c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)}))(t)
}

func get(t *testing.T, c *oss.Client, request *oss.GetObjectRequest) (*oss.GetObjectResult, []byte) {
	t.Helper()
	result := must(c.GetObject(t.Context(), request))(t)
	defer result.Body.Close()
	return result, must(io.ReadAll(result.Body))(t)
}

func TestObjects(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		for _, key := range []string{"key", "a/b c+d&e=f%g", "ключ/日本語", "a//b/", "~!@#$^*()'?;:,", "..", "a/../b"} {
			data := []byte("the data of " + key)
			made := must(c.PutObject(t.Context(), &oss.PutObjectRequest{
				Bucket: &bucket, Key: &key, Body: bytes.NewReader(data), Metadata: map[string]string{"Who": "me"},
				CacheControl: oss.Ptr("no-cache"), ContentType: oss.Ptr("text/x"), ContentDisposition: oss.Ptr("attachment"),
				ContentEncoding: oss.Ptr("br"), Expires: oss.Ptr("Wed, 21 Oct 2026 07:28:00 GMT"), StorageClass: oss.StorageClassIA,
				ServerSideEncryption: oss.Ptr("AES256"), Tagging: oss.Ptr("a=1&b=2"),
			}))(t)
			got, body := get(t, c, &oss.GetObjectRequest{Bucket: &bucket, Key: &key})
			if !bytes.Equal(body, data) || *got.ETag != *made.ETag || *got.HashCRC64 != *made.HashCRC64 || got.Metadata["who"] != "me" {
				t.Errorf("%q: %q, %+v", key, body, got)
			}
			if crc := strconv.FormatUint(crc64.Checksum(data, crc64.MakeTable(crc64.ECMA)), 10); *made.HashCRC64 != crc {
				t.Errorf("the CRC is %s, want %s", *made.HashCRC64, crc)
			}
			head := must(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: &key}))(t)
			if head.ContentLength != int64(len(data)) || *head.ObjectType != "Normal" || *head.StorageClass != "IA" || *head.ETag != *made.ETag ||
				*head.ServerSideEncryption != "AES256" || head.Metadata["who"] != "me" || *head.HashCRC64 != *made.HashCRC64 || head.TaggingCount != 2 {
				t.Errorf("%+v", head)
			}
			for name, value := range map[string]string{
				"Cache-Control": "no-cache", "Content-Type": "text/x", "Content-Disposition": "attachment", "Content-Encoding": "br",
				"Expires": "Wed, 21 Oct 2026 07:28:00 GMT",
			} {
				if got := head.Headers.Get(name); got != value {
					t.Errorf("%s: %q, want %q", name, got, value)
				}
			}
			meta := must(c.GetObjectMeta(t.Context(), &oss.GetObjectMetaRequest{Bucket: &bucket, Key: &key}))(t)
			if meta.ContentLength != int64(len(data)) || *meta.ETag != *made.ETag {
				t.Errorf("%+v", meta)
			}
			must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: &key}))(t)
			must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: &key}))(t)
			refusal(c.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: &bucket, Key: &key}))(t, 404, "NoSuchKey")
			refusal(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: &key}))(t, 404, "NoSuchKey", "0026-00000001")
		}
		if left := server.Objects(bucket); len(left) != 0 {
			t.Errorf("left: %+v", left)
		}
	})
}

func TestContentTypeWithoutOne(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	bucket := server.CreateBucket(t)
	server.Put(bucket, "key", nil, nil)
	if object, _ := server.Object(bucket, "key"); object.Header.Get("Content-Type") != "application/octet-stream" || object.ETag != `"D41D8CD98F00B204E9800998ECF8427E"` {
		t.Errorf("%+v", object)
	}
}

func TestRange(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		data := pattern(1000)
		server.Put(bucket, "key", data, nil)
		// The examples of https://www.alibabacloud.com/help/en/oss/developer-reference/getobject.
		for _, test := range []struct {
			header   string
			standard bool
			status   int
			want     []byte
		}{
			{"bytes=0-499", false, 206, data[:500]},
			{"bytes=500-", false, 206, data[500:]},
			{"bytes=-100", false, 206, data[900:]},
			{"bytes=0-999", false, 206, data},
			{"bytes=500-1000", false, 200, data},
			{"bytes=500-1000", true, 206, data[500:]},
			{"bytes=1000-2000", false, 200, data},
			{"bytes=1000-2000", true, 416, nil},
			{"bytes=1000-", true, 416, nil},
			{"bytes=-2000", false, 200, data},
			{"bytes=-2000", true, 206, data},
			{"bytes=500-100", true, 200, data},
			{"bytes=a-b", true, 200, data},
		} {
			request := &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("key"), Range: &test.header}
			if test.standard {
				request.RangeBehavior = oss.Ptr("standard")
			}
			if test.status == 416 {
				refusal(c.GetObject(t.Context(), request))(t, 416, "InvalidRange")
				continue
			}
			got, body := get(t, c, request)
			if got.StatusCode != test.status || !bytes.Equal(body, test.want) || (got.Headers.Get("Content-Range") != "") != (test.status == 206) {
				t.Errorf("%s, standard %v: %d, %d bytes", test.header, test.standard, got.StatusCode, len(body))
			}
		}
	})
}

func TestConditions(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		key := "key"
		etag := put(t, c, bucket, key, []byte("data")).ETag
		object, _ := server.Object(bucket, key)
		past, now := oss.Ptr(object.LastModified.Add(-time.Hour).Format(http.TimeFormat)), oss.Ptr(object.LastModified.Format(http.TimeFormat))
		for name, test := range map[string]struct {
			request oss.GetObjectRequest
			status  int
		}{
			"match":            {oss.GetObjectRequest{IfMatch: etag}, 200},
			"no match":         {oss.GetObjectRequest{IfMatch: oss.Ptr(`"x"`)}, 412},
			"none match":       {oss.GetObjectRequest{IfNoneMatch: etag}, 304},
			"another":          {oss.GetObjectRequest{IfNoneMatch: oss.Ptr(`"x"`)}, 200},
			"modified":         {oss.GetObjectRequest{IfModifiedSince: past}, 200},
			"not modified":     {oss.GetObjectRequest{IfModifiedSince: now}, 304},
			"unmodified":       {oss.GetObjectRequest{IfUnmodifiedSince: now}, 200},
			"modified after":   {oss.GetObjectRequest{IfUnmodifiedSince: past}, 412},
			"match of another": {oss.GetObjectRequest{IfMatch: etag, IfNoneMatch: oss.Ptr(`"x"`)}, 200},
		} {
			test.request.Bucket, test.request.Key = &bucket, &key
			if test.status == 200 {
				get(t, c, &test.request)
				continue
			}
			_, err := c.GetObject(t.Context(), &test.request)
			var e *oss.ServiceError
			if !errors.As(err, &e) || e.StatusCode != test.status {
				t.Errorf("%s: %v, want %d", name, err, test.status)
			}
		}
	})
}

func TestForbidOverwrite(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		forbid := func(key string) error {
			_, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: &key, Body: strings.NewReader("second"), ForbidOverwrite: oss.Ptr("true")})
			return err
		}
		put(t, c, bucket, "key", []byte("first"))
		refused(t, forbid("key"), 409, "FileAlreadyExists")
		if object, _ := server.Object(bucket, "key"); string(object.Data) != "first" {
			t.Errorf("%q", object.Data)
		}
		if err := forbid("another"); err != nil {
			t.Error(err)
		}
		refusal(c.CopyObject(t.Context(), &oss.CopyObjectRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), SourceKey: oss.Ptr("another"), ForbidOverwrite: oss.Ptr("true"),
		}))(t, 409, "FileAlreadyExists")
		refusal(c.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), ForbidOverwrite: oss.Ptr("true"),
		}))(t, 409, "FileAlreadyExists")
		// A bucket with versions does not heed it.
		server.CreateBucketNamed(bucket, ossfake.BucketOptions{Versioning: true})
		put(t, c, bucket, "key", []byte("first"))
		if err := forbid("key"); err != nil {
			t.Error(err)
		}
	})
}

func TestMetadataLimit(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		for size, ok := range map[int]bool{8<<10 - 1: true, 8 << 10: false} {
			_, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key"), Metadata: map[string]string{"a": strings.Repeat("x", size)}})
			if ok != (err == nil) {
				t.Errorf("%d bytes: %v", size, err)
			}
		}
	})
}

func TestNames(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		for _, key := range []string{"/key", `\key`, strings.Repeat("x", 1024)} {
			refusal(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: &key}))(t, 400, "InvalidObjectName")
		}
		refusal(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: &bucket, Key: oss.Ptr(strings.Repeat("x", 1023))}))(t, 404, "NoSuchKey")
		refusal(c.HeadObject(t.Context(), &oss.HeadObjectRequest{Bucket: oss.Ptr("no-such-bucket"), Key: oss.Ptr("key")}))(t, 404, "NoSuchBucket", "0015-00000101")
	})
}
