package ossfake_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	sdk "github.com/aliyun/aliyun-oss-go-sdk/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// TestSDKv3 is aliyun-oss-go-sdk, an older client, whose V4 signs the header Date.
func TestSDKv3(t *testing.T) {
	for name, version := range map[string]sdk.AuthVersionType{"V1": sdk.AuthV1, "V4": sdk.AuthV4} {
		for _, token := range []string{"", "to+ken/=="} {
			t.Run(fmt.Sprintf("%s, token %q", name, token), func(t *testing.T) {
				server := ossfake.Start(t, ossfake.Options{CopyLimit: 300 << 10})
				name := server.CreateBucket(t)
				server.AddKey(ossfake.Key{AccessKey: "id", SecretKey: "secret", SecurityToken: token})
				options := []sdk.ClientOption{
					sdk.AuthVersion(version), sdk.Region(server.Region), sdk.HTTPClient(httpClient(t, server)), sdk.SecurityToken(token),
					sdk.AdditionalHeaders([]string{"host"}),
				}
				client := must(sdk.New(server.Endpoint, "id", "secret", options...))(t)
				bucket := must(client.Bucket(name))(t)
				checkSDKv3(t, server, client, bucket)
				for _, r := range server.Requests() {
					if r.SignatureVersion != t.Name()[len("TestSDKv3/"):][:2] || version == sdk.AuthV4 && r.Header.Get("X-Oss-Date") != "" {
						t.Errorf("%s is signed by %q, %v", r.Operation, r.SignatureVersion, r.Header)
					}
				}
				wrong := must(must(sdk.New(server.Endpoint, "id", "wrong", options...))(t).Bucket(name))(t)
				var e sdk.ServiceError
				if err := wrong.PutObject("key", strings.NewReader("x")); !errors.As(err, &e) || e.Code != "SignatureDoesNotMatch" {
					t.Errorf("%v", err)
				}
			})
		}
	}
}

func checkSDKv3(t *testing.T, server *ossfake.Server, client *sdk.Client, bucket *sdk.Bucket) {
	fatal := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	data := pattern(500 << 10)
	for _, key := range []string{"a b+c&d", "ключ/x"} {
		fatal(bucket.PutObject(key, bytes.NewReader(data), sdk.Meta("who", "me"), sdk.ContentType("text/x"), sdk.ForbidOverWrite(true)))
		var e sdk.ServiceError
		if err := bucket.PutObject(key, strings.NewReader("x"), sdk.ForbidOverWrite(true)); !errors.As(err, &e) || e.StatusCode != http.StatusConflict || e.Code != "FileAlreadyExists" || e.Ec != "0026-00000002" {
			t.Errorf("%v", err)
		}
		body := must(bucket.GetObject(key, sdk.Range(1, 9)))(t)
		if got := must(io.ReadAll(body))(t); !bytes.Equal(got, data[1:10]) {
			t.Errorf("%q", got)
		}
		body.Close()
		header := must(bucket.GetObjectDetailedMeta(key))(t)
		if header.Get("X-Oss-Meta-Who") != "me" || header.Get("Content-Length") != "512000" {
			t.Errorf("%v", header)
		}
		if _, err := bucket.GetObjectDetailedMeta(key + "x"); !errors.As(err, &e) || e.StatusCode != http.StatusNotFound || e.Code != "NoSuchKey" {
			t.Errorf("%v", err)
		}
		upload := must(bucket.InitiateMultipartUpload("copy of " + key))(t)
		var parts []sdk.UploadPart
		for number, start := range []int64{0, 200 << 10, 400 << 10} {
			parts = append(parts, must(bucket.UploadPartCopy(upload, bucket.BucketName, key, start, min(200<<10, 500<<10-start), number+1))(t))
		}
		must(bucket.CompleteMultipartUpload(upload, parts))(t)
		if object, _ := server.Object(bucket.BucketName, "copy of "+key); !bytes.Equal(object.Data, data) {
			t.Errorf("%d bytes", len(object.Data))
		}
		if _, err := bucket.CopyObject(key, "c"); !errors.As(err, &e) || e.Code != "EntityTooLarge" {
			t.Errorf("%v", err)
		}
		for _, method := range []sdk.HTTPMethod{sdk.HTTPPut, sdk.HTTPGet} {
			address := must(bucket.SignURL(key, method, 60))(t)
			if status, code, _ := fetch(t, server, string(method), address, nil, "data"); status != 200 {
				t.Errorf("%s %d %s", method, status, code)
			}
			u := must(url.Parse(address))(t)
			u.Path, u.RawPath = u.Path+"x", ""
			if status, code, _ := fetch(t, server, string(method), u.String(), nil, "data"); status != 403 || code != "SignatureDoesNotMatch" {
				t.Errorf("%s %d %s", method, status, code)
			}
		}
	}
	upload := must(bucket.InitiateMultipartUpload("parts"))(t)
	first := must(bucket.UploadPart(upload, bytes.NewReader(data[:100<<10]), 100<<10, 1))(t)
	second := must(bucket.UploadPart(upload, bytes.NewReader(data[100<<10:]), 400<<10, 2))(t)
	must(bucket.CompleteMultipartUpload(upload, []sdk.UploadPart{first, second}))(t)
	aborted := must(bucket.InitiateMultipartUpload("parts"))(t)
	if uploads := must(bucket.ListMultipartUploads())(t); len(uploads.Uploads) != 1 {
		t.Errorf("%+v", uploads)
	}
	fatal(bucket.AbortMultipartUpload(aborted))
	if list := must(bucket.ListObjects(sdk.MaxKeys(3), sdk.Delimiter("/")))(t); len(list.Objects)+len(list.CommonPrefixes) != 3 || !list.IsTruncated {
		t.Errorf("%+v", list)
	}
	if list := must(bucket.ListObjectsV2(sdk.Prefix("copy of ")))(t); len(list.Objects) != 2 || list.Objects[0].LastModified.Before(time.Now().Add(-time.Hour)) {
		t.Errorf("%+v", list)
	}
	fatal(client.SetBucketCORS(bucket.BucketName, []sdk.CORSRule{{AllowedOrigin: []string{"*"}, AllowedMethod: []string{http.MethodGet}}}))
	if rules := must(client.GetBucketCORS(bucket.BucketName))(t).CORSRules; len(rules) != 1 {
		t.Errorf("%+v", rules)
	}
	var acceleration sdk.TransferAccConfiguration
	acceleration.Enabled = true
	fatal(client.SetBucketTransferAcc(bucket.BucketName, acceleration))
	if got := must(client.GetBucketTransferAcc(bucket.BucketName))(t); !got.Enabled {
		t.Errorf("%+v", got)
	}
	if info := must(client.GetBucketInfo(bucket.BucketName))(t).BucketInfo; info.Location != "oss-"+server.Region || info.TransferAcceleration != "Enabled" {
		t.Errorf("%+v", info)
	}
	if deleted := must(bucket.DeleteObjects([]string{"parts", "a b+c&d"}))(t); len(deleted.DeletedObjects) != 2 {
		t.Errorf("%+v", deleted)
	}
}
