package s3blob

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// counting counts the connections that are made.
func counting(dialed *atomic.Int64) wire.Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// Nothing is sent that need not be, and one request after the other needs one connection: each further one costs a handshake, and its memory.
func TestNoRequestThatNeedNotBe(t *testing.T) {
	var dialed atomic.Int64
	store := startBehind(t, func(s *setup) { s.Dial = counting(&dialed) })
	write := func(key string, size int) func() error {
		return func() error {
			_, err := blobtest.Put(t, store, key, blobtest.SomeBytes(size), blob.Cond{IfAbsent: true})
			return err
		}
	}
	edit := func() error { _, err := store.SetAttrs(t.Context(), "key", blob.Cond{}, own); return err }
	for _, step := range []struct {
		name, want string
		do         func() error
	}{
		{"a small object", "PUT", write("key", 4)},
		{"an empty object", "PUT", write("dir/", 0)},
		{"Head", "HEAD", func() error { _, err := store.Head(t.Context(), "key"); return err }},
		{"Delete of nothing", "DELETE", func() error { return store.Delete(t.Context(), "nothing", blob.Cond{}) }},
		{"Bucket", "GET", func() error { return store.Bucket(t.Context()) }},
		{"SetAttrs", "HEAD PUT", edit},
		{"SetAttrs that changes nothing", "HEAD", edit},
		{"List", "GET", func() error { _, err := store.List(t.Context(), blob.Query{}); return err }},
		{"Delete", "DELETE", func() error { return store.Delete(t.Context(), "key", blob.Cond{}) }},
		{"Presign", "", func() error { _, err := store.Presign(t.Context(), http.MethodGet, "key", 1e12); return err }},
		{"a large object", "GET POST PUT PUT PUT POST", write("large", large)},
	} {
		store.proxy.Clear()
		if err := step.do(); err != nil {
			t.Errorf("%s: %v", step.name, err)
		}
		if got := strings.Join(store.proxy.Methods(), " "); got != step.want {
			t.Errorf("%s sent %q, want %q", step.name, got, step.want)
		}
	}
	// net/http gives a connection up that does not know 50 ms after an answer that its request was written, as now and then on a busy machine.
	if n := dialed.Load(); n > 4+2 { // parts are sent side by side, and a completion has a connection of its own
		t.Errorf("18 requests took %d connections", n)
	}
}

// counted is a file that counts how often its bytes are read.
type counted struct {
	*bytes.Reader
	byReadAt atomic.Int64
}

func (c *counted) Close() error { return nil }

func (c *counted) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.Reader.ReadAt(p, offset)
	c.byReadAt.Add(int64(n))
	return n, err
}

func TestTheSDKHashesNothingAgain(t *testing.T) {
	for name, c := range map[string]struct {
		checksums string
		host      string // in place of loopback
		payload   int    // characters of what is signed of a part
	}{
		"loopback, when required":  {WhenRequired, "", len(unsignedPayload)},
		"loopback, when supported": {WhenSupported, "", len(unsignedPayload)},
		"plain http on a network":  {WhenRequired, "s3.test", 64}, // a SHA-256
	} {
		t.Run(name, func(t *testing.T) {
			store := startBehind(t, func(s *setup) {
				s.Checksums = c.checksums
				if c.host != "" {
					address, _ := url.Parse(s.Endpoint)
					s.Endpoint = "http://" + c.host + ":" + address.Port()
					s.Dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
						return (&net.Dialer{}).DialContext(ctx, network, address.Host)
					}
				}
			})
			data := blobtest.SomeBytes(large)
			store.proxy.Inject(faultproxy.Match{Query: "partNumber"}, faultproxy.Refuse503, 2, 1) // a part is sent again
			file := &counted{Reader: bytes.NewReader(data)}
			src := blobtest.SourceFunc(func(context.Context) (blob.Content, error) { return file, nil })
			if _, _, err := blob.Put(t.Context(), store, "large", src, blobtest.Sum(data), blob.PutOptions{}); err != nil {
				t.Fatal(err)
			}
			blobtest.MustPut(t, store, "small", []byte("small"))
			store.expect(t, "large", data)
			sent := int64(0)
			for _, r := range store.proxy.Requests() {
				hash, checksum := r.Header.Get("X-Amz-Content-Sha256"), r.Header.Get("X-Amz-Checksum-Crc64nvme")
				isPart, isSmall := r.Query.Has("partNumber"), strings.HasSuffix(r.Path, "small")
				if isPart {
					sent += r.Bytes
				}
				wrong := strings.Contains(r.Header.Get("Content-Encoding"), "aws-chunked") || r.Header.Get("X-Amz-Trailer") != "" || strings.HasPrefix(hash, "STREAMING") ||
					isPart && len(hash) != c.payload || isSmall && hash != blobtest.Sum([]byte("small")).String() ||
					(isPart || isSmall || r.Query.Has("uploadId")) && (checksum != "") != (c.checksums == WhenSupported)
				for name := range r.Header {
					wrong = wrong || c.checksums == WhenRequired && (strings.HasPrefix(name, "X-Amz-Checksum") || strings.HasPrefix(name, "X-Amz-Sdk-Checksum"))
				}
				if wrong {
					t.Errorf("%s %s %v: %v", r.Method, r.Path, r.Query, r.Header)
				}
			}
			// Once to hash ahead, and once for each time that a part is sent.
			if read := file.byReadAt.Load(); read != large+sent {
				t.Errorf("%d bytes were read; hashed ahead %d, sent %d", read, large, sent)
			}
		})
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// Over TLS the SDK would sign no hash at all.
func TestAnObjectIsSignedWithItsHashOverTLS(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{TLS: true})
	store := newStore(t, configFor(server), server.CreateBucket(t))
	client, signed := behind{Store: store}.driver(t).quick, ""
	inner := client.Transport
	client.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		signed += r.Header.Get("X-Amz-Content-Sha256")
		return inner.RoundTrip(r)
	})
	t.Cleanup(func() { client.Transport = inner })
	if blobtest.MustPut(t, store, "key", []byte("data")); signed != blobtest.Sum([]byte("data")).String() {
		t.Errorf("signed %q", signed)
	}
}

func TestWhichPartsAreSigned(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://s3.example.com": true, "http://10.0.0.1:9000": true, "HTTP://[fe80::1]:9000": true, "http://127.0.0.1.example.com": true,
		"https://s3.example.com": false, "http://localhost:9000": false, "http://127.0.0.1:9000": false, "http://127.8.8.8": false, "http://[::1]:9000": false,
	} {
		if got := signParts(endpoint); got != want {
			t.Errorf("%s: %t", endpoint, got)
		}
	}
}

// A conditional write that meets another one is refused with 409, and sent again, but for a completion, which has lost its parts.
// One without an end is a condition that does not hold.
func TestConflicts(t *testing.T) {
	store := startBehind(t, func(s *setup) { s.MaxRetries = aws.Int(1) })
	for name, c := range map[string]struct {
		size, times int
		want        error // nil: a success
		sent        string
	}{
		"one":                 {100, 1, nil, "PUT PUT"},
		"many":                {100, 100, fs.ErrExist, "PUT PUT HEAD"}, // Put itself looks what became of it
		"one of a completion": {large, 1, fs.ErrExist, "GET POST PUT PUT PUT POST HEAD DELETE"},
	} {
		store.proxy.Clear()
		store.proxy.Inject(faultproxy.Match{Header: "If-None-Match"}, faultproxy.Conflict409, 1, c.times)
		if _, err := blobtest.Put(t, store, name, blobtest.SomeBytes(c.size), blob.Cond{IfAbsent: true}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if sent := strings.Join(store.proxy.Methods(), " "); sent != c.sent {
			t.Errorf("%s: sent %s", name, sent)
		}
	}
}

// As Ceph before 2024 and others: 501 for the header. Then a look comes before each attempt.
func TestAStoreWithoutConditions(t *testing.T) {
	store := startBehind(t, nil)
	store.proxy.Inject(faultproxy.Match{Header: "If-Match"}, faultproxy.Refuse501, 1, 1000)
	for i, want := range []string{"PUT PUT HEAD PUT", "PUT HEAD HEAD"} { // Put itself looks what became of it
		before := len(store.proxy.Requests())
		info := blobtest.MustPut(t, store, "key", []byte("old"))
		_, err := blobtest.Put(t, store, "key", []byte("new"), blob.Cond{IfMatch: info.ETag + strings.Repeat("stale", i)})
		if got := strings.Join(store.proxy.Methods()[before:], " "); got != want || (err == nil) != (i == 0) {
			t.Errorf("%v, sent %s, want %s", err, got, want)
		}
	}
}

// An ETag that stays proves that the object which was found was copied: nothing is read.
func TestRequestsOfAttributesThatAreChecked(t *testing.T) {
	b := startBehind(t, func(s *setup) { s.ConditionalWrites = Checked })
	blobtest.MustPut(t, b, "key", []byte("data"))
	b.proxy.Clear()
	if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, own); err != nil {
		t.Error(err)
	}
	if got := strings.Join(b.proxy.Methods(), " "); got != "HEAD PUT HEAD" {
		t.Errorf("sent %s", got)
	}
}

func TestADeleteMarkerAndNoMore(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{Versioning: true})
	bucket := server.CreateBucket(t)
	store := newStore(t, configFor(server), bucket)
	first, second := blobtest.MustPut(t, store, "key", []byte("first")), blobtest.MustPut(t, store, "key", []byte("second"))
	if head, err := store.Head(t.Context(), "key"); err != nil || first.VersionID == "" || head.VersionID != second.VersionID || first.VersionID == second.VersionID {
		t.Errorf("versions %q and %q; Head: %+v, %v", first.VersionID, second.VersionID, head, err)
	}
	if err := store.Delete(t.Context(), "key", blob.Cond{IfMatch: second.ETag}); err != nil {
		t.Fatal(err)
	}
	_, headErr := store.Head(t.Context(), "key")
	left, err := server.Client().ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	if err != nil || len(left.Versions) != 2 || len(left.DeleteMarkers) != 1 || !errors.Is(headErr, fs.ErrNotExist) {
		t.Errorf("%d versions and %d delete markers are left, %v, %v", len(left.Versions), len(left.DeleteMarkers), err, headErr)
	}
}

// BenchmarkPut is one artifact from a file on the disk, the look before it included; with many at once as Terraform has them.
// The server answers as S3 does and keeps nothing, so that what is measured is this side of the wire.
func BenchmarkPut(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("ETag", `"etag"`)
		w.Header().Set("X-Amz-Request-Id", "1")
		switch {
		case r.Method == http.MethodHead:
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodPost && r.URL.Query().Has("uploads"):
			io.WriteString(w, `<InitiateMultipartUploadResult><UploadId>1</UploadId></InitiateMultipartUploadResult>`)
		case r.Method == http.MethodPost:
			io.WriteString(w, `<CompleteMultipartUploadResult><ETag>"etag"</ETag></CompleteMultipartUploadResult>`)
		}
	}))
	b.Cleanup(server.Close)
	for _, c := range []struct{ size, atOnce int }{{256 << 10, 1}, {256 << 10, 10}, {64 << 20, 1}} {
		b.Run(fmt.Sprintf("%dKiB/%d", c.size>>10, c.atOnce), func(b *testing.B) {
			store, path := newStore(b, unretried(server.URL), "bucket"), blobtest.WriteFile(b, blobtest.SomeBytes(c.size))
			hash := blobtest.Sum(blobtest.SomeBytes(c.size))
			b.SetBytes(int64(c.size))
			b.ReportAllocs()
			b.SetParallelism(c.atOnce) // times the processors
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					store.Head(b.Context(), "key")
					if _, _, err := blob.Put(b.Context(), store, "key", blobtest.FileSource(path), hash, blob.PutOptions{}); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
