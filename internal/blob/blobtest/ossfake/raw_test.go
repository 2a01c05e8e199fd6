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

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/ossfake"
)

// Both SDKs sort the parts before they send them: a body in another order goes by a signed URL.
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
		sha, sum := sha256.Sum256([]byte("data")), md5.Sum([]byte("data"))
		for name, value := range map[string]string{
			"x-oss-content-sha256": hex.EncodeToString(sha[:]), "Content-MD5": base64.StdEncoding.EncodeToString(sum[:]),
		} {
			request := &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}
			request.Headers = map[string]string{name: value}
			address := must(c.Presign(t.Context(), request))(t)
			code := map[string]string{"x-oss-content-sha256": "InvalidArgument", "Content-MD5": "InvalidDigest"}[name]
			if status, got, _ := fetch(t, server, http.MethodPut, address.URL, map[string]string{name: value}, "else"); status != 400 || got != code {
				t.Errorf("%s: %d %s, want %s", name, status, got, code)
			}
			if status, got, _ := fetch(t, server, http.MethodPut, address.URL, map[string]string{name: value}, "data"); status != 200 {
				t.Errorf("%s: %d %s", name, status, got)
			}
		}
	})
}

// What this server has not is said, and never answered as something else.
func TestForeignOperations(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		_, err := c.GetBucketPolicy(t.Context(), &oss.GetBucketPolicyRequest{Bucket: &bucket})
		refused(t, err, 501, "NotImplemented")
		_, err = c.AppendObject(t.Context(), &oss.AppendObjectRequest{Bucket: &bucket, Key: oss.Ptr("key"), Position: oss.Ptr(int64(0)), Body: strings.NewReader("data")})
		refused(t, err, 501, "NotImplemented")
	})
}
