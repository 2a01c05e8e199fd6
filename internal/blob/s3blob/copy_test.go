package s3blob

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

func copyOf(t *testing.T, store blob.Store, key string, from *Store, fromKey string, opts blob.PutOptions) (blob.Info, error) {
	t.Helper()
	opts.Attrs.Owner = "me"
	info, _, err := blob.Put(t.Context(), store, key, blobtest.StoredSource(from, fromKey, nil), nil, opts)
	return info, err
}

// A copy sends no byte, and costs one reading. The look before the completion is for stores that are not AWS.
func TestRequestsOfACopy(t *testing.T) {
	store := startBehind(t, func(s *setup) { s.CopyPart = smallestPart })
	other := newStore(t, store.setup.Config, store.server.CreateBucket(t), store.setup.Tuning)
	const odd = "odd/a b+c%d%2F/ü&'\"<>?#.jar"
	mustPut(t, store, odd, someBytes(large))
	mustPut(t, store, "small", []byte("small"))
	for _, c := range []struct {
		key  string
		data []byte
		want []string
	}{
		{odd, someBytes(large), []string{"HEAD", "GET", "GET", "POST", "PUT", "PUT", "PUT", "HEAD", "POST"}},
		{"small", []byte("small"), []string{"HEAD", "GET", "GET", "POST", "PUT", "HEAD", "POST"}},
	} {
		for _, to := range []*Store{store.Store, other} {
			store.proxy.Clear()
			info, err := copyOf(t, to, "copy", store.Store, c.key, blob.PutOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if got := store.proxy.Methods(); !slices.Equal(got, c.want) {
				t.Errorf("%q: sent %q, want %q", c.key, got, c.want)
			}
			for _, request := range store.proxy.Requests() {
				if request.Method == http.MethodPut && (request.Bytes != 0 || request.Header.Get("X-Amz-Copy-Source-If-Match") == "") {
					t.Errorf("a part of %d bytes, %v", request.Bytes, request.Header)
				}
			}
			if info.Attrs.SHA256 == nil || *info.Attrs.SHA256 != *blobtest.Sum(c.data) {
				t.Errorf("the proven hash is not stored: %+v", info.Attrs)
			}
			behind{Store: to, server: store.server, bucket: to.lazy.Opened().bucket}.expect(t, "copy", c.data)
		}
	}
}

// The bytes go to the accelerated endpoint, and a copy has none.
func TestACopyIsNotAccelerated(t *testing.T) {
	fast := faultproxy.Start(t, "http://127.0.0.1:1", "")
	store := startBehind(t, func(s *setup) { s.AccelerateEndpoint = fast.URL })
	mustPut(t, store, "source", []byte("data"))
	if _, err := copyOf(t, store, "copy", store.Store, "source", blob.PutOptions{Accelerate: true}); err != nil {
		t.Fatal(err)
	}
	if got := fast.Requests(); len(got) > 0 {
		t.Errorf("sent to the accelerated endpoint: %v", got)
	}
	store.expect(t, "copy", []byte("data"))
}

func TestOnlyStoresReachedInTheSameWayAreCopied(t *testing.T) {
	config := Config{Region: "eu-central-1", AccessKey: "a", AssumeRole: &AssumeRole{RoleARN: "r"}}
	config.MaxRetries = aws.Int(1)
	stage, err := New(config, "here").Stage(t.Context(), "key", blob.WriteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	to := stage.(blob.CopyStage)
	if !to.CanCopy(New(config, "there")) {
		t.Error("another bucket of the same configuration is not copied")
	}
	for name, change := range map[string]func(*Config){
		"region": func(c *Config) { c.Region = "us-east-1" }, "endpoint": func(c *Config) { c.Endpoint = "http://e" },
		"access key": func(c *Config) { c.AccessKey = "b" }, "profile": func(c *Config) { c.Profile = "p" },
		"role":  func(c *Config) { c.AssumeRole = &AssumeRole{RoleARN: "s"} },
		"files": func(c *Config) { c.SharedConfigFiles = []string{"f"} },
	} {
		other := config
		change(&other)
		if to.CanCopy(New(other, "there")) {
			t.Errorf("another %s, and it is copied", name)
		}
	}
	if to.CanCopy(&blobtest.FakeStore{}) {
		t.Error("another kind of store is copied")
	}
}

// Where a store refuses to copy, the bytes are sent.
func TestARefusedCopyIsSent(t *testing.T) {
	store := startBehind(t, nil)
	mustPut(t, store, "source", someBytes(large))
	store.proxy.Inject(faultproxy.Match{Header: "X-Amz-Copy-Source"}, faultproxy.Refuse501, 1, 1000)
	if _, err := copyOf(t, store, "copy", store.Store, "source", blob.PutOptions{Cond: blob.Cond{IfAbsent: true}}); err != nil {
		t.Fatal(err)
	}
	store.expect(t, "copy", someBytes(large))
}

func TestACopyThatFails(t *testing.T) {
	for _, fault := range []faultproxy.Fault{faultproxy.ErrorIn200, faultproxy.Refuse503, faultproxy.Reset} {
		for times, succeeds := range map[int]bool{1: true, 1000: false} {
			store := startBehind(t, func(s *setup) { s.MaxRetries, s.CopyPart = aws.Int(1), smallestPart })
			mustPut(t, store, "source", someBytes(large))
			mustPut(t, store, "old", []byte("old"))
			store.proxy.Inject(faultproxy.Match{Header: "X-Amz-Copy-Source"}, fault, 2, times)
			_, err := copyOf(t, store, "old", store.Store, "source", blob.PutOptions{})
			want := []byte("old")
			if err == nil {
				want = someBytes(large)
			}
			if (err == nil) != succeeds && fault != faultproxy.ErrorIn200 {
				t.Errorf("fault %d, %d times: %v", fault, times, err)
			}
			store.expect(t, "old", want)
		}
	}
}

// A store that takes no notice of the condition on the source must not make an object of bytes that were never hashed.
func TestASourceThatChangesBeforeTheCompletion(t *testing.T) {
	store := startBehind(t, nil)
	mustPut(t, store, "source", someBytes(large))
	head, err := store.Head(t.Context(), "source")
	if err != nil {
		t.Fatal(err)
	}
	stage, err := store.Stage(t.Context(), "copy", blob.WriteOptions{Size: head.Size})
	if err != nil {
		t.Fatal(err)
	}
	to := stage.(blob.CopyStage)
	if err := to.CopyFrom(t.Context(), store.Store, head); err != nil {
		t.Fatal(err)
	}
	mustPut(t, store, "source", []byte("other"))
	if _, err := to.Commit(t.Context(), blob.Sums{SHA256: *blobtest.Sum(someBytes(large)), Size: large}); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("%v", err)
	}
	if err := to.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := store.Head(t.Context(), "copy"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	store.expect(t, "source", []byte("other"))
}

func TestStoredHash(t *testing.T) {
	for _, checksums := range []string{WhenSupported, WhenRequired} {
		server := versitygw.Start(t, versitygw.Options{})
		config := configFor(server)
		config.Checksums = checksums
		bucket := server.CreateBucket(t)
		store := newStore(t, config, bucket)
		data := []byte("data")
		for key, algorithm := range map[string]types.ChecksumAlgorithm{
			"sha": types.ChecksumAlgorithmSha256, "crc": types.ChecksumAlgorithmCrc32,
		} {
			_, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &bucket, Key: &key, Body: bytes.NewReader(data), ChecksumAlgorithm: algorithm,
				Metadata: map[string]string{blob.SHA256Key: strings.Repeat("0", 64)},
			})
			if err != nil {
				t.Fatal(err)
			}
			info, err := store.Head(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			hash, err := store.StoredHash(t.Context(), info)
			if err != nil || (hash != nil) != (key == "sha" && checksums == WhenSupported) || hash != nil && *hash != *blobtest.Sum(data) {
				t.Errorf("%s, %s: %v, %v", checksums, key, hash, err)
			}
			for what, other := range map[string]blob.Info{"changed": {Key: key, ETag: "other"}, "gone": {Key: "gone", ETag: info.ETag}} {
				if hash, err := store.StoredHash(t.Context(), other); hash != nil || err != nil {
					t.Errorf("%s: %v, %v", what, hash, err)
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := store.StoredHash(ctx, info); !errors.Is(err, context.Canceled) {
				t.Errorf("cancelled: %v", err)
			}
		}
		var read atomic.Int64
		_, _, err := blob.Put(t.Context(), store, "copy", blobtest.StoredSource(store, "sha", &read), blobtest.Sum(data), blob.PutOptions{})
		if err != nil || (read.Load() == 0) != (checksums == WhenSupported) {
			t.Errorf("%s: %v, %d bytes read", checksums, err, read.Load())
		}
	}
}

func TestWholeSHA256(t *testing.T) {
	const sum = "Om6weQ85rIfJT6KCxwBFLWSGKRsFxQ0eZWoQYqs+sSc=" // of any 32 bytes
	for name, c := range map[string]struct {
		out  s3.HeadObjectOutput
		want bool
	}{
		"whole":                   {s3.HeadObjectOutput{ChecksumSHA256: aws.String(sum), ChecksumType: types.ChecksumTypeFullObject}, true},
		"no type, one part":       {s3.HeadObjectOutput{ChecksumSHA256: aws.String(sum), ETag: aws.String(`"abc"`)}, true},
		"no type, parts":          {s3.HeadObjectOutput{ChecksumSHA256: aws.String(sum), ETag: aws.String(`"abc-2"`)}, false},
		"of the parts":            {s3.HeadObjectOutput{ChecksumSHA256: aws.String(sum), ChecksumType: types.ChecksumTypeComposite}, false},
		"of the parts, by suffix": {s3.HeadObjectOutput{ChecksumSHA256: aws.String(sum + "-2")}, false},
		"too short":               {s3.HeadObjectOutput{ChecksumSHA256: aws.String("YWJj")}, false},
		"none":                    {s3.HeadObjectOutput{}, false},
		"another":                 {s3.HeadObjectOutput{ChecksumCRC32: aws.String("YWJjZA==")}, false},
	} {
		if got := wholeSHA256(&c.out); (got != nil) != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
