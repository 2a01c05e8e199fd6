package s3blob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

const oddKey = "odd/a b+c%d%2F/ü&'\"<>?#.jar"

// What others set on an object survives a change of what is ours, by one copy and by parts.
func TestForeignAttributesSurvive(t *testing.T) {
	for name, limit := range map[string]int64{"one copy": 0, "by parts": 100} {
		t.Run(name, func(t *testing.T) {
			store := startBehind(t, func(s *setup) { s.CopyLimit, s.CopyPart = limit, smallestPart })
			client, data, key := store.server.Client(), blobtest.SomeBytes(large), oddKey
			_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &store.bucket, Key: &key, Body: bytes.NewReader(data), CacheControl: aws.String("max-age=60"), ContentType: aws.String("application/java-archive"),
				Metadata: map[string]string{"foreign": "kept"}, Tagging: aws.String("team=a%2Bb&stage=prod"),
			})
			if err != nil {
				t.Fatal(err)
			}
			info, err := store.SetAttrs(t.Context(), key, blob.Cond{}, own)
			if err != nil {
				t.Fatal(err)
			}
			head, headErr := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &store.bucket, Key: &key})
			tags, tagErr := client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: &store.bucket, Key: &key})
			if headErr != nil || tagErr != nil {
				t.Fatal(headErr, tagErr)
			}
			got := []string{aws.ToString(head.CacheControl), aws.ToString(head.ContentType), head.Metadata["foreign"], head.Metadata[blob.OwnerKey], unquote(head.ETag)}
			for _, tag := range tags.TagSet {
				got = append(got, aws.ToString(tag.Key)+"="+aws.ToString(tag.Value))
			}
			slices.Sort(got[5:])
			if want := []string{"max-age=60", "application/java-archive", "kept", "you", info.ETag, "stage=prod", "team=a+b"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
			store.expect(t, key, data)
			for _, r := range store.proxy.Requests() {
				if r.Header.Get("X-Amz-Copy-Source") != "" && r.Header.Get("X-Amz-Copy-Source-If-Match") == "" {
					t.Errorf("copied without a condition: %v", r.Query)
				}
			}
		})
	}
}

// Expires may hold anything; what stores rarely tell goes out as it came.
func TestWhatACopyResends(t *testing.T) {
	store := startBehind(t, nil)
	blobtest.MustPut(t, store, "key", []byte("data"))
	store.proxy.Clear()
	found := objectstore.Found{Info: blob.Info{Key: "key"}, Raw: &s3.HeadObjectOutput{
		ExpiresString: aws.String("never"), StorageClass: types.StorageClassStandard, WebsiteRedirectLocation: aws.String("/other"),
		CacheControl: aws.String("no-cache"), ContentDisposition: aws.String("inline"), ContentEncoding: aws.String("gzip"), ContentLanguage: aws.String("fr"),
		ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: aws.Time(time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC)), ObjectLockLegalHoldStatus: types.ObjectLockLegalHoldStatusOn,
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, SSEKMSKeyId: aws.String("key-id"), BucketKeyEnabled: aws.Bool(true),
	}}
	_, err := store.driver(t).Rewrite(t.Context(), found, blob.Attrs{})
	upload, _ := store.driver(t).Upload(t.Context(), objectstore.Target{Key: "key", Kept: &found})
	_, beginErr := upload.Begin(t.Context(), objectstore.Begin{})
	requests := store.proxy.Requests()
	if len(requests) != 3 { // the tags come before the second
		t.Fatalf("sent %q: %v, %v", store.proxy.Methods(), err, beginErr)
	}
	for header, want := range map[string]string{
		"Expires": "never", "X-Amz-Storage-Class": "STANDARD", "X-Amz-Website-Redirect-Location": "/other", "X-Amz-Server-Side-Encryption": "aws:kms",
		"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "key-id", "X-Amz-Server-Side-Encryption-Bucket-Key-Enabled": "true",
		"Cache-Control": "no-cache", "Content-Disposition": "inline", "Content-Encoding": "gzip", "Content-Language": "fr",
		"X-Amz-Object-Lock-Mode": "GOVERNANCE", "X-Amz-Object-Lock-Retain-Until-Date": "2099-01-01T00:00:00Z", "X-Amz-Object-Lock-Legal-Hold": "ON",
	} {
		if copied, begun := requests[0].Header.Get(header), requests[2].Header.Get(header); copied != want || begun != want {
			t.Errorf("%s is %q of a copy, and %q of one by parts", header, copied, begun)
		}
	}
}

// Buckets of AWS are those of a partition, and others' those of an endpoint; only others are looked at before a copy is completed.
func TestReach(t *testing.T) {
	for account, config := range map[string]Config{
		"aws eu-central-1": {Region: "eu-central-1"}, "http://localhost:9000": {Endpoint: "http://localhost:9000/"},
		"aws cn-north-1": {Endpoint: "https://s3.cn-north-1.amazonaws.com.cn", Region: "cn-north-1"},
	} {
		driver := behind{Store: newStore(t, config, "bucket")}.driver(t)
		reach, enforcement := driver.Reach(), driver.Conditions()[objectstore.CopyIfMatch]
		if isAWS := strings.HasPrefix(account, "aws"); reach.Account != account || (reach.Endpoint == "") != isAWS || (enforcement == objectstore.ByStore) != isAWS {
			t.Errorf("%+v, %d; want %s", reach, enforcement, account)
		}
	}
}

func TestStoredHash(t *testing.T) {
	for _, checksums := range []string{WhenSupported, WhenRequired} {
		server := versitygw.Start(t, versitygw.Options{})
		config, bucket, data := configFor(server), server.CreateBucket(t), []byte("data")
		config.Checksums = checksums
		store := newStore(t, config, bucket)
		for key, algorithm := range map[string]types.ChecksumAlgorithm{"sha": types.ChecksumAlgorithmSha256, "crc": types.ChecksumAlgorithmCrc32} {
			in := &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data), ChecksumAlgorithm: algorithm}
			in.Metadata = map[string]string{blob.SHA256Key: strings.Repeat("0", 64)} // what anybody wrote is no proof
			if _, err := server.Client().PutObject(t.Context(), in); err != nil {
				t.Fatal(err)
			}
			info, err := store.Head(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			changed, gone := blob.Info{Key: key, ETag: "other"}, blob.Info{Key: "gone", ETag: info.ETag}
			for _, seen := range []blob.Info{info, changed, gone} {
				hash, err := store.StoredHash(t.Context(), seen)
				known := seen == info && key == "sha" && checksums == WhenSupported
				if err != nil || (hash != nil) != known || known && *hash != *blobtest.Sum(data) {
					t.Errorf("%s, %+v: %v, %v", checksums, seen, hash, err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := store.StoredHash(ctx, info); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		}
	}
}

func TestWholeSHA256(t *testing.T) {
	sum := aws.String("Om6weQ85rIfJT6KCxwBFLWSGKRsFxQ0eZWoQYqs+sSc=") // of any 32 bytes
	for i, out := range []s3.HeadObjectOutput{
		// The first two are of the whole.
		{ChecksumSHA256: sum, ChecksumType: types.ChecksumTypeFullObject},
		{ChecksumSHA256: sum, ETag: aws.String(`"one part"`)},
		{ChecksumSHA256: sum, ETag: aws.String(`"parts-2"`)},
		{ChecksumSHA256: sum, ChecksumType: types.ChecksumTypeComposite},
		{ChecksumSHA256: aws.String(*sum + "-2")},
		{ChecksumSHA256: aws.String("YWJj")},
		{ChecksumCRC32: aws.String("YWJjZA==")},
	} {
		if got := wholeSHA256(&out); (got != nil) != (i < 2) {
			t.Errorf("%+v: %v", out, got)
		}
	}
}

// Uploads that are open are listed with their keys as they are, and by the store's own clock.
func TestOpenUploads(t *testing.T) {
	b := startBehind(t, nil)
	for _, key := range []string{"with space", "plus+plus", "percent%41", "ümläut", "a&b=<c>", "日本語.jar"} {
		begun, err := b.server.Client().CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		b.server.AgeUploads(t, b.bucket, time.Hour)
		open, err := b.driver(t).ListUploads(t.Context(), key, objectstore.Marker{})
		if err != nil || len(open.Uploads) != 1 || open.Uploads[0].Key != key || open.Uploads[0].ID != *begun.UploadId {
			t.Fatalf("%q: %+v, %v", key, open, err)
		}
		if age := open.Now.Sub(open.Uploads[0].Begun); age < time.Hour-2*time.Second || age > time.Hour+time.Minute {
			t.Errorf("%q is %s old", key, age)
		}
		if err := b.driver(t).AbortUpload(t.Context(), key, *begun.UploadId, true); err != nil || len(b.server.OpenUploads(t, b.bucket)) > 0 {
			t.Errorf("%q is not aborted: %v", key, err)
		}
	}
}

// What is listed, and what is no listing. FuzzListing has the keys.
func TestListing(t *testing.T) {
	answer, query := "", ""
	store := fakeStore(t, func(w http.ResponseWriter, r *http.Request) {
		query = r.URL.RawQuery
		io.WriteString(w, `<?xml version="1.0"?><ListBucketResult>`+answer+`</ListBucketResult>`)
	})
	answer = `<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>n</NextContinuationToken>` +
		`<Contents><Key>a+b%0A</Key><Size>7</Size><ETag>&quot;e&quot;</ETag><LastModified>2026-01-02T03:04:05.678Z</LastModified></Contents>`
	page, err := store.List(t.Context(), blob.Query{Delimiter: "/", Token: "t"})
	want := blob.Info{Key: "a b\n", Size: 7, ETag: "e", ModTime: time.Date(2026, 1, 2, 3, 4, 5, 678e6, time.UTC)}
	if err != nil || len(page.Infos) != 1 || page.Infos[0] != want || page.Next != "n" || query != "continuation-token=t&delimiter=%2F&encoding-type=url&list-type=2&max-keys=1000" {
		t.Errorf("%+v, %v, requested by %s", page, err, query)
	}
	for _, answer = range []string{
		`<EncodingType>url</EncodingType><Contents><Key>a%zz</Key></Contents>`, `<IsTruncated>true</IsTruncated>`,
		`<EncodingType>url</EncodingType><CommonPrefixes><Prefix>%</Prefix></CommonPrefixes>`,
	} {
		if page, err := store.List(t.Context(), blob.Query{}); !errors.Is(err, blob.ErrNotAStore) {
			t.Errorf("%s: %+v, %v", answer, page, err)
		}
	}
}

// Some stores send no header of their own: their listing proves them, and a success without a body is one.
func TestAStoreWithoutHeadersOfItsOwn(t *testing.T) {
	b := startBehind(t, nil)
	target, err := url.Parse(b.proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	front := httptest.NewServer(&httputil.ReverseProxy{
		Transport: transport,
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Host = r.In.Host
		},
		ModifyResponse: func(response *http.Response) error {
			for name := range response.Header {
				if strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "X-Amz-Meta-") {
					response.Header.Del(name)
				}
			}
			return nil
		},
	})
	t.Cleanup(front.Close)
	config := b.setup.Config
	config.Endpoint = front.URL
	store := newStore(t, config, b.bucket, objectstore.Tuning{})
	for _, size := range []int{0, 100, large} {
		blobtest.MustPut(t, store, "key", blobtest.SomeBytes(size))
		b.expect(t, "key", blobtest.SomeBytes(size))
	}
	if _, _, err := blob.Put(t.Context(), store, "key", blobtest.StreamSource(blobtest.SomeBytes(large)), blobtest.Sum(nil), blob.PutOptions{}); err == nil {
		t.Error("other bytes than planned were published")
	}
	if open := b.server.OpenUploads(t, b.bucket); len(open) > 0 {
		t.Errorf("open: %q", open)
	}
	if err := store.Delete(t.Context(), "key", blob.Cond{}); err != nil {
		t.Error(err)
	}
	if _, exists := b.server.Object(t, b.bucket, "key"); exists {
		t.Error("it was not deleted")
	}
}
