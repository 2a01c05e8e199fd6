package ossfake_test

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// Both SDKs sort the parts before they send them: a body in another order is sent by a signed URL.
func TestPartOrder(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		id, parts := begin(t, c, bucket, "key", 100<<10, 100<<10)
		address := must(c.Presign(t.Context(), &oss.CompleteMultipartUploadRequest{Bucket: &bucket, Key: oss.Ptr("key"), UploadId: &id}))(t)
		send := func(numbers ...int) (int, string) {
			body := "<CompleteMultipartUpload>"
			for _, number := range numbers {
				body += fmt.Sprintf("<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", number, *parts[number-1].ETag)
			}
			status, code, _ := fetch(t, server, http.MethodPost, address.URL, address.SignedHeaders, body+"</CompleteMultipartUpload>")
			return status, code
		}
		for _, order := range [][]int{{2, 1}, {1, 1}} {
			if status, code := send(order...); status != 400 || code != "InvalidPartOrder" {
				t.Errorf("%v: %d %s", order, status, code)
			}
		}
		if status, code, _ := fetch(t, server, http.MethodPost, address.URL, address.SignedHeaders, "<not XML"); status != 400 || code != "MalformedXML" {
			t.Errorf("%d %s", status, code)
		}
		if status, code := send(1, 2); status != 200 {
			t.Errorf("%d %s", status, code)
		}
	})
}

func TestHashesOfBodies(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		sum, sha := md5.Sum([]byte("data")), sha256.Sum256([]byte("data"))
		send := func(name, value, body string) (int, string, string) {
			request := &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}
			request.Headers = map[string]string{name: value}
			address := must(c.Presign(t.Context(), request))(t)
			return fetch(t, server, http.MethodPut, address.URL, map[string]string{name: value}, body)
		}
		if status, code, _ := send("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]), "else"); status != 400 || code != "InvalidDigest" {
			t.Errorf("%d %s", status, code)
		}
		if status, code, _ := send("Content-MD5", base64.StdEncoding.EncodeToString(sum[:]), "data"); status != 200 {
			t.Errorf("%d %s", status, code)
		}
		// V4 knows UNSIGNED-PAYLOAD alone, and not even the right hash of the body. To V1 it is a header like others.
		status, code, text := send("x-oss-content-sha256", hex.EncodeToString(sha[:]), "data")
		if v4 := strings.HasPrefix(t.Name(), "TestHashesOfBodies/V4"); v4 && (status != 400 || code != "InvalidArgument" || !strings.Contains(text, "0002-00000214")) || !v4 && status != 200 {
			t.Errorf("%d %s", status, text)
		}
		if status, code, _ := send("x-oss-content-sha256", "UNSIGNED-PAYLOAD", "data"); status != 200 {
			t.Errorf("%d %s", status, code)
		}
	})
}

// What this server has not is said, and never answered as something else.
func TestForeignOperations(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		refusal(c.GetBucketPolicy(t.Context(), &oss.GetBucketPolicyRequest{Bucket: &bucket}))(t, 501, "NotImplemented")
		refusal(c.AppendObject(t.Context(), &oss.AppendObjectRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("data"),
		}))(t, 501, "NotImplemented")
		refusal(c.DeleteBucketTags(t.Context(), &oss.DeleteBucketTagsRequest{Bucket: &bucket}))(t, 501, "NotImplemented")
		refusal(c.GetBucketTags(t.Context(), &oss.GetBucketTagsRequest{Bucket: &bucket}))(t, 501, "NotImplemented")
		refusal(c.PutBucketAcl(t.Context(), &oss.PutBucketAclRequest{Bucket: &bucket, Acl: oss.BucketACLPublicRead}))(t, 501, "NotImplemented")
		refusal(c.GetBucketHttpsConfig(t.Context(), &oss.GetBucketHttpsConfigRequest{Bucket: &bucket}))(t, 501, "NotImplemented")
		refusal(c.DescribeRegions(t.Context(), &oss.DescribeRegionsRequest{}))(t, 501, "NotImplemented")
		refusal(c.PutObject(t.Context(), &oss.PutObjectRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), Callback: oss.Ptr("e30="), Body: strings.NewReader("data"),
		}))(t, 501, "NotImplemented")
		must(c.GetBucketInfo(t.Context(), &oss.GetBucketInfoRequest{Bucket: &bucket}))(t)
	})
}
