package ossfake_test

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/signer"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// A path that begins with two slashes is signed as the service's, and is not the service.
func TestPathWithoutBucket(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	for name, sign := range map[string]signer.Signer{"V1": &signer.SignerV1{}, "V4": &signer.SignerV4{}} {
		for path, want := range map[string]string{"/": "200 ", "//": "400 InvalidBucketName", "//key": "400 InvalidBucketName"} {
			request := must(http.NewRequestWithContext(t.Context(), http.MethodGet, server.Endpoint, nil))(t)
			request.URL.Path = path
			if err := sign.Sign(t.Context(), &signer.SigningContext{
				Product: oss.Ptr("oss"), Region: &server.Region, Request: request,
				Credentials: &credentials.Credentials{AccessKeyID: server.AccessKey, AccessKeySecret: server.SecretKey},
			}); err != nil {
				t.Fatal(err)
			}
			header := map[string]string{}
			for name := range request.Header {
				header[name] = request.Header.Get(name)
			}
			if status, code, _ := fetch(t, server, http.MethodGet, server.Endpoint+path, header, ""); fmt.Sprint(status, " ", code) != want {
				t.Errorf("%s %s: %d %s, want %s", name, path, status, code, want)
			}
		}
	}
}

// TestLengths writes requests that no client of HTTP would.
func TestLengths(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		address := must(url.Parse(must(c.Presign(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}))(t).URL))(t)
		for header, want := range map[string]string{
			"": "411 MissingContentLength", "Content-Length: 6442450944\r\nExpect: 100-continue\r\n": "400 EntityTooLarge",
			"Content-Length: 0\r\n": "200 ", "Transfer-Encoding: chunked\r\n": "200 ",
		} {
			connection := must(new(net.Dialer).DialContext(t.Context(), "tcp", address.Host))(t)
			if address.Scheme == "https" {
				connection = tls.Client(connection, &tls.Config{InsecureSkipVerify: true})
			}
			fmt.Fprintf(connection, "PUT %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n%s\r\n", address.RequestURI(), address.Host, header)
			if strings.Contains(header, "chunked") {
				fmt.Fprint(connection, "0\r\n\r\n")
			}
			response := must(http.ReadResponse(bufio.NewReader(connection), nil))(t)
			response.Body.Close()
			connection.Close()
			requests := server.Requests()
			if got := fmt.Sprint(response.StatusCode, " ", requests[len(requests)-1].Code); got != want {
				t.Errorf("%q: %s, want %s", header, got, want)
			}
		}
	})
}

func TestUnrecorded(t *testing.T) {
	done := make(chan ossfake.Request, 1)
	server := ossfake.Start(t, ossfake.Options{Unrecorded: true, Done: func(r ossfake.Request) { done <- r }})
	must(client(t, server, oss.SignatureVersionV4).ListBuckets(t.Context(), nil))(t)
	if r := <-done; r.Operation != "ListBuckets" || len(server.Requests()) != 0 {
		t.Errorf("%+v, and %d are kept", r, len(server.Requests()))
	}
}

// The body of a 412 is an error: it is not encoded as the object is.
func TestHeaderOfFailedCondition(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		server.Put(bucket, "key", []byte("data"), http.Header{"Content-Encoding": {"gzip"}, "Content-Disposition": {"attachment"}})
		if e := refusal(c.GetObject(t.Context(), &oss.GetObjectRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), IfMatch: oss.Ptr(`"x"`),
		}))(t, 412, "PreconditionFailed"); e.Headers.Get("Content-Encoding") != "" || e.Headers.Get("Content-Disposition") != "" {
			t.Errorf("%v", e.Headers)
		}
	})
}

func TestRangeOfNothing(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		server.Put(bucket, "empty", nil, nil)
		for _, ask := range []string{"bytes=-5", "bytes=0-", "bytes=0-0"} {
			request := &oss.GetObjectRequest{Bucket: &bucket, Key: oss.Ptr("empty"), Range: &ask}
			if result, body := get(t, c, request); result.StatusCode != http.StatusOK || len(body) != 0 || result.ContentRange != nil {
				t.Errorf("%s: %d", ask, result.StatusCode)
			}
			request.RangeBehavior = oss.Ptr("standard")
			refusal(c.GetObject(t.Context(), request))(t, 416, "InvalidRange")
		}
	})
}

// A deletion of many that is refused deleted none.
func TestRefusedDeletion(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		server.Put(bucket, "keep", nil, nil)
		for _, bad := range []string{"", "/key", strings.Repeat("x", 1024)} {
			request := &oss.DeleteMultipleObjectsRequest{Bucket: &bucket, Delete: &oss.Delete{Objects: []oss.ObjectIdentifier{{Key: oss.Ptr("keep")}, {Key: &bad}}}}
			refusal(c.DeleteMultipleObjects(t.Context(), request))(t, 400, "InvalidObjectName")
		}
		if len(server.Objects(bucket)) != 1 {
			t.Error("deleted")
		}
	})
}

func TestVersionsByPages(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		must(c.PutBucketVersioning(t.Context(), &oss.PutBucketVersioningRequest{Bucket: &bucket, VersioningConfiguration: &oss.VersioningConfiguration{Status: oss.VersionEnabled}}))(t)
		for _, key := range []string{"a", "a", "d/1", "d/2", "d/2", "e/1", "f", "f"} {
			server.Put(bucket, key, nil, nil)
		}
		// Common prefixes count, and each comes once.
		for size := 1; size <= 7; size++ {
			var got []string
			pages := c.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: &bucket, Delimiter: oss.Ptr("/"), MaxKeys: int32(size)})
			for pages.HasNext() {
				page := must(pages.NextPage(t.Context()))(t)
				if n := len(page.ObjectVersions) + len(page.CommonPrefixes); n > size {
					t.Errorf("%d of at most %d", n, size)
				}
				for _, version := range page.ObjectVersions {
					got = append(got, *version.Key)
				}
				for _, prefix := range page.CommonPrefixes {
					got = append(got, *prefix.Prefix)
				}
			}
			slices.Sort(got)
			if text := strings.Join(got, " "); text != "a a d/ e/ f f" {
				t.Errorf("by %d: %s", size, text)
			}
		}
		// Whoever empties a bucket deletes the version after which the next page begins.
		pages := c.NewListObjectVersionsPaginator(&oss.ListObjectVersionsRequest{Bucket: &bucket, MaxKeys: 1})
		for pages.HasNext() {
			for _, version := range must(pages.NextPage(t.Context()))(t).ObjectVersions {
				must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: version.Key, VersionId: version.VersionId}))(t)
			}
		}
		must(c.DeleteBucket(t.Context(), &oss.DeleteBucketRequest{Bucket: &bucket}))(t)
	})
}

func TestCopySource(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, _ string) {
		bucket := "versioned"
		server.CreateBucketNamed(bucket, ossfake.BucketOptions{Versioning: true})
		server.Put(bucket, "key", []byte("data"), nil)
		marker := must(c.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}))(t).VersionId
		copied := func(version *string) error {
			_, err := c.CopyObject(t.Context(), &oss.CopyObjectRequest{Bucket: &bucket, Key: oss.Ptr("copy"), SourceKey: oss.Ptr("key"), SourceVersionId: version})
			return err
		}
		refused(t, copied(nil), 404, "NoSuchKey")
		refused(t, copied(marker), 400, "InvalidArgument", "0016-00000307")
		server.Put(bucket, "source", []byte("data"), nil)
		for source, want := range map[string]int{"/versioned/source": 200, "versioned/source": 400, "/versioned/": 400, "/versioned": 400} {
			request := &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("copy")}
			request.Headers = map[string]string{"x-oss-copy-source": source}
			address := must(c.Presign(t.Context(), request))(t)
			if status, code, _ := fetch(t, server, http.MethodPut, address.URL, request.Headers, ""); status != want {
				t.Errorf("%s: %d %s, want %d", source, status, code, want)
			}
		}
	})
}

func TestCompletionHeader(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		id, parts := begin(t, c, bucket, "key", 10)
		_, err := c.CompleteMultipartUpload(t.Context(), &oss.CompleteMultipartUploadRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), UploadId: &id, ForbidOverwrite: oss.Ptr("yes"),
			CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: parts},
		})
		refused(t, err, 400, "InvalidArgument", "0017-00000279")
	})
}

// A copy has the source's metadata, and not its encryption.
func TestEncryptionOfCopies(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		server.Put(bucket, "key", nil, http.Header{"X-Oss-Server-Side-Encryption": {"KMS"}, "X-Oss-Server-Side-Encryption-Key-Id": {"1"}, "X-Oss-Meta-A": {"b"}})
		for _, algorithm := range []string{"", "AES256"} {
			request := &oss.CopyObjectRequest{Bucket: &bucket, Key: oss.Ptr("copy"), SourceKey: oss.Ptr("key")}
			if algorithm != "" {
				request.ServerSideEncryption = &algorithm
			}
			must(c.CopyObject(t.Context(), request))(t)
			object, _ := server.Object(bucket, "copy")
			if h := object.Header; h.Get("X-Oss-Server-Side-Encryption") != algorithm || h.Get("X-Oss-Server-Side-Encryption-Key-Id") != "" || h.Get("X-Oss-Meta-A") != "b" {
				t.Errorf("%q: %v", algorithm, h)
			}
		}
		if source, _ := server.Object(bucket, "key"); source.Header.Get("X-Oss-Server-Side-Encryption") != "KMS" {
			t.Errorf("%v", source.Header)
		}
	})
}

func TestBadArguments(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		id, _ := begin(t, c, bucket, "key", 10)
		refusal(c.ListParts(t.Context(), &oss.ListPartsRequest{
			Bucket: &bucket, Key: oss.Ptr("key"), UploadId: &id, EncodingType: oss.Ptr("base64"),
		}))(t, 400, "InvalidArgument")
		refusal(c.ListMultipartUploads(t.Context(), &oss.ListMultipartUploadsRequest{Bucket: &bucket, EncodingType: oss.Ptr("base64")}))(t, 400, "InvalidArgument")
		for key, ec := range map[string]string{"/key": "0016-00000005", `\key`: "0016-00000005", strings.Repeat("x", 1024): ""} {
			refusal(c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: &key}))(t, 400, "InvalidObjectName", ec)
		}
	})
}
