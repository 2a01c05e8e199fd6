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
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// behind is a store behind a fault proxy.
type behind struct {
	*Store
	server *versitygw.Server
	proxy  *faultproxy.Proxy
	setup  setup
	bucket string
}

// setup is what a test may set otherwise.
type setup struct {
	Config
	objectstore.Tuning
}

func startBehind(t *testing.T, change func(*setup)) behind {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	proxy := faultproxy.Start(t, server.Endpoint, "")
	bucket := server.CreateBucket(t)
	with := setup{Config: configFor(server)}
	with.Endpoint = proxy.URL
	with.Budget = multipart.NewBudgetOf(4, smallestPart)
	if change != nil {
		change(&with)
	}
	return behind{newStore(t, with.Config, bucket, with.Tuning), server, proxy, with, bucket}
}

func someBytes(n int) []byte {
	return bytes.Repeat([]byte("0123456789abcde\n"), n/16+1)[:n]
}

func put(t *testing.T, store blob.Store, key string, data []byte, cond blob.Cond) (blob.Info, error) {
	t.Helper()
	info, _, err := blob.Put(t.Context(), store, key, blobtest.BytesSource(data), blobtest.Sum(data),
		blob.PutOptions{Cond: cond, Attrs: blob.Attrs{Owner: "me"}})
	return info, err
}

func mustPut(t *testing.T, store blob.Store, key string, data []byte) blob.Info {
	t.Helper()
	info, err := put(t, store, key, data, blob.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func (b behind) expect(t *testing.T, key string, data []byte) {
	t.Helper()
	object, err := b.Open(t.Context(), key, blob.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	if got, err := io.ReadAll(object); err != nil || !bytes.Equal(got, data) {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(data))
	}
	if open := b.server.OpenUploads(t, b.bucket); len(open) > 0 {
		t.Errorf("uploads are open: %q", open)
	}
}

const large = 2*smallestPart + 1000

func TestNoRequestThatNeedNotBe(t *testing.T) {
	store := startBehind(t, nil)
	step := func(name string, want []string, do func() error) {
		t.Helper()
		store.proxy.Clear()
		if err := do(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := store.proxy.Methods(); !slices.Equal(got, want) {
			t.Errorf("%s sent %q, want %q", name, got, want)
		}
	}
	edit := func(owner string) func() error {
		return func() error {
			_, err := store.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = owner })
			return err
		}
	}
	step("New", nil, func() error { return nil })
	step("a small object", []string{"PUT"}, func() error { _, err := put(t, store, "key", []byte("data"), blob.Cond{IfAbsent: true}); return err })
	step("an empty object", []string{"PUT"}, func() error { _, err := put(t, store, "dir/", nil, blob.Cond{}); return err })
	step("Head", []string{"HEAD"}, func() error { _, err := store.Head(t.Context(), "key"); return err })
	step("Head of nothing", []string{"HEAD"}, func() error {
		if _, err := store.Head(t.Context(), "nothing"); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	})
	step("Bucket", []string{"GET"}, func() error { return store.Bucket(t.Context()) })
	step("SetAttrs", []string{"HEAD", "PUT"}, edit("you"))
	step("SetAttrs that changes nothing", []string{"HEAD"}, edit("you"))
	step("List", []string{"GET"}, func() error { _, err := store.List(t.Context(), blob.Query{}); return err })
	step("Delete", []string{"DELETE"}, func() error { return store.Delete(t.Context(), "key", blob.Cond{}) })
	step("Presign", nil, func() error { _, err := store.Presign(t.Context(), http.MethodGet, "key", 1e12); return err })
	step("a large object", []string{"GET", "POST", "PUT", "PUT", "PUT", "POST"}, func() error {
		_, err := put(t, store, "large", someBytes(large), blob.Cond{})
		return err
	})
	file := func(size int) func() error {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, someBytes(size), 0o600); err != nil {
			t.Fatal(err)
		}
		return func() error {
			_, _, err := blob.Put(t.Context(), store, "file", blobtest.FileSource(path), nil, blob.PutOptions{})
			return err
		}
	}
	step("a small file", []string{"PUT"}, file(1000))
	step("an empty file", []string{"PUT"}, file(0))
	step("a file of one part", []string{"PUT"}, file(smallestPart))
	step("a large file", []string{"GET", "POST", "PUT", "PUT", "PUT", "POST"}, file(large))
}

// One request after the other needs one connection: each further one costs a handshake, and its memory.
func TestConnectionsAreUsedAgain(t *testing.T) {
	for _, options := range []versitygw.Options{{}, {TLS: true}} {
		server := versitygw.Start(t, options)
		var dialed atomic.Int64
		store := newStore(t, configFor(server), server.CreateBucket(t), objectstore.Tuning{Dial: counting(&dialed)})
		for range 10 {
			mustPut(t, store, "key", []byte("data"))
			if _, err := store.Head(t.Context(), "key"); err != nil {
				t.Fatal(err)
			}
			if _, err := store.List(t.Context(), blob.Query{}); err != nil {
				t.Fatal(err)
			}
			if _, err := store.Head(t.Context(), "nothing"); !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
		}
		// net/http gives a connection up that does not know 50 ms after an answer that its request was written, as now and then on a busy machine.
		if n := dialed.Load(); n > 4 {
			t.Errorf("%+v: 40 requests in a row took %d connections", options, n)
		}
	}
}

// counting counts the connections that are made.
func counting(dialed *atomic.Int64) wire.Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		dialed.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}
}

// counted is a file that counts how often its bytes are read.
type counted struct {
	*bytes.Reader
	byReadAt atomic.Int64
}

func (c *counted) ReadAt(p []byte, offset int64) (int, error) {
	n, err := c.Reader.ReadAt(p, offset)
	c.byReadAt.Add(int64(n))
	return n, err
}

func TestTheSDKHashesNothingAgain(t *testing.T) {
	for _, c := range []struct {
		name      string
		checksums string
		host      string // in place of loopback
		payload   string // of the parts; "": a SHA-256
	}{
		{"loopback, when required", WhenRequired, "", unsignedPayload},
		{"loopback, when supported", WhenSupported, "", unsignedPayload},
		{"plain http on a network", WhenRequired, "s3.test", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
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
			data := someBytes(large)
			store.proxy.Inject(faultproxy.Match{Query: "partNumber"}, faultproxy.Refuse503, 2, 1) // a part is sent again
			file := &counted{Reader: bytes.NewReader(data)}
			src := blobtest.SourceFunc(func(context.Context) (blob.Content, error) { return countedContent{file}, nil })
			_, _, err := blob.Put(t.Context(), store, "large", src, blobtest.Sum(data), blob.PutOptions{})
			if err != nil {
				t.Fatal(err)
			}
			mustPut(t, store, "small", []byte("small"))
			store.expect(t, "large", data)

			sent := int64(0)
			for _, request := range store.proxy.Requests() {
				header, hash := request.Header, request.Header.Get("X-Amz-Content-Sha256")
				if strings.Contains(header.Get("Content-Encoding"), "aws-chunked") || header.Get("X-Amz-Trailer") != "" || strings.HasPrefix(hash, "STREAMING") {
					t.Errorf("%s is sent in chunks: %v", request.Path, header)
				}
				checksum := header.Get("X-Amz-Checksum-Crc64nvme")
				switch {
				case request.Query.Has("partNumber"):
					sent += request.Bytes
					if hash != c.payload && (c.payload != "" || len(hash) != 64) {
						t.Errorf("the payload of a part is %q", hash)
					}
					if (checksum != "") != (c.checksums == WhenSupported) {
						t.Errorf("%s: the checksum of a part is %q", c.checksums, checksum)
					}
				case request.Method == http.MethodPut:
					if hash != blobtest.Sum([]byte("small")).String() {
						t.Errorf("the payload of an object is %q", hash)
					}
				case request.Query.Has("uploadId"):
					if (checksum != "") != (c.checksums == WhenSupported) {
						t.Errorf("%s: the checksum of the whole is %q", c.checksums, checksum)
					}
				}
				for name := range header {
					if c.checksums == WhenRequired && (strings.HasPrefix(name, "X-Amz-Checksum") || strings.HasPrefix(name, "X-Amz-Sdk-Checksum")) {
						t.Errorf("%s %s: %s in spite of %s", request.Method, request.Path, name, c.checksums)
					}
				}
			}
			// Once to hash ahead, and once for each time that a part is sent. One read of one byte looks if the file grew.
			if read := file.byReadAt.Load(); read != large+sent {
				t.Errorf("%d bytes were read; hashed ahead %d, sent %d", read, large, sent)
			}
		})
	}
}

// Over TLS the SDK would sign no hash at all.
func TestAnObjectIsSignedWithItsHashOverTLS(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{TLS: true})
	store := newStore(t, configFor(server), server.CreateBucket(t))
	driver, err := store.lazy.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var hashes []string
	inner := driver.quick.Transport
	driver.quick.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
		hashes = append(hashes, r.Header.Get("X-Amz-Content-Sha256"))
		return inner.RoundTrip(r)
	})
	t.Cleanup(func() { driver.quick.Transport = inner })
	mustPut(t, store, "key", []byte("data"))
	if !slices.Equal(hashes, []string{blobtest.Sum([]byte("data")).String()}) {
		t.Errorf("signed %q", hashes)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

type countedContent struct{ *counted }

func (c countedContent) Close() error { return nil }
func (c countedContent) Size() int64  { return c.Reader.Size() }

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

func TestLostAnswers(t *testing.T) {
	for _, size := range []int{100, large} {
		for _, cond := range []blob.Cond{{}, {IfAbsent: true}} {
			t.Run(fmt.Sprintf("%d bytes, %+v", size, cond), func(t *testing.T) {
				store := startBehind(t, nil)
				last := faultproxy.Match{Method: http.MethodPut}
				if size == large {
					last = faultproxy.Match{Method: http.MethodPost, Query: "uploadId"}
					store.proxy.Inject(faultproxy.Match{Query: "partNumber"}, faultproxy.LoseAnswer, 2, 1)
				}
				store.proxy.Inject(last, faultproxy.LoseAnswer, 1, 1)
				data := someBytes(size)
				info, err := put(t, store, "key", data, cond)
				if err != nil {
					t.Fatalf("%v\n%v", err, store.proxy.Methods())
				}
				head, err := store.Head(t.Context(), "key")
				if err != nil || head.ETag != info.ETag || head.Attrs.Owner != "me" {
					t.Errorf("%+v, %v; Put said %+v", head, err, info)
				}
				store.expect(t, "key", data)
			})
		}
	}
}

func TestFailuresLeaveNothing(t *testing.T) {
	part := faultproxy.Match{Query: "partNumber"}
	complete := faultproxy.Match{Method: http.MethodPost, Query: "uploadId"}
	for name, c := range map[string]struct {
		match faultproxy.Match
		fault faultproxy.Fault
	}{
		"parts fail":                     {part, faultproxy.Refuse500},
		"parts are reset":                {part, faultproxy.Reset},
		"answers to parts are lost":      {part, faultproxy.LoseAnswer},
		"completion fails":               {complete, faultproxy.Refuse503},
		"completion fails late":          {complete, faultproxy.ErrorIn200},
		"completion meets another write": {complete, faultproxy.Conflict409},
	} {
		t.Run(name, func(t *testing.T) {
			store := startBehind(t, func(s *setup) { s.MaxRetries = aws.Int(1) })
			mustPut(t, store, "key", []byte("old"))
			store.proxy.Inject(c.match, c.fault, 1, 1000)
			_, _, err := blob.Put(t.Context(), store, "key", blobtest.BytesSource(someBytes(large)), nil, blob.PutOptions{Attrs: blob.Attrs{Owner: "new"}})
			if err == nil {
				t.Fatal("no error")
			}
			if c.fault == faultproxy.Conflict409 && !errors.Is(err, blob.ErrChanged) {
				t.Errorf("a conflict is %v", err)
			}
			var failure *blob.Error
			if !errors.As(err, &failure) || strings.Contains(err.Error(), "clean-up") {
				t.Errorf("%T %v", err, err)
			}
			store.proxy.Clear()
			store.expect(t, "key", []byte("old"))
		})
	}
}

func TestCancellingAStalledUpload(t *testing.T) {
	store := startBehind(t, nil)
	store.proxy.Inject(faultproxy.Match{Query: "partNumber"}, faultproxy.Stall, 3, 1) // the last one
	ctx, cancel := context.WithCancel(t.Context())
	store.proxy.OnRequest(func(r *http.Request) {
		if r.URL.Query().Get("partNumber") == "2" {
			cancel()
		}
	})
	_, _, err := blob.Put(ctx, store, "key", blobtest.BytesSource(someBytes(large)), nil, blob.PutOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if open := store.server.OpenUploads(t, store.bucket); len(open) > 0 {
		t.Errorf("uploads are open: %q", open)
	}
}

func TestAConflictIsRepeated(t *testing.T) {
	store := startBehind(t, nil)
	store.proxy.Inject(faultproxy.Match{Method: http.MethodPut}, faultproxy.Conflict409, 1, 1)
	if _, err := put(t, store, "key", []byte("data"), blob.Cond{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	store.proxy.Clear()
	store.proxy.Inject(faultproxy.Match{Method: http.MethodPut}, faultproxy.Conflict409, 1, 100)
	if _, err := put(t, store, "key2", []byte("data"), blob.Cond{IfAbsent: true}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("conflicts without an end: %v", err)
	}
}

func TestAStoreWithoutConditions(t *testing.T) {
	store := startBehind(t, nil)
	// As Ceph before 2024 and others: 501 for the header.
	store.proxy.Inject(faultproxy.Match{Header: "If-None-Match"}, faultproxy.Refuse501, 1, 1000)
	store.proxy.Inject(faultproxy.Match{Header: "If-Match"}, faultproxy.Refuse501, 1, 1000)
	for _, size := range []int{100, large} {
		key := fmt.Sprint("key", size)
		data := someBytes(size)
		info, err := put(t, store, key, data, blob.Cond{IfAbsent: true})
		if err != nil {
			t.Fatal(err)
		}
		store.expect(t, key, data)
		if _, err := put(t, store, key, []byte("other"), blob.Cond{IfAbsent: true}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("over an object: %v", err)
		}
		if _, err := put(t, store, key, []byte("other"), blob.Cond{IfMatch: "stale"}); !errors.Is(err, blob.ErrChanged) {
			t.Errorf("over another object: %v", err)
		}
		if err := store.Delete(t.Context(), key, blob.Cond{IfMatch: "stale"}); !errors.Is(err, blob.ErrChanged) {
			t.Errorf("Delete of another object: %v", err)
		}
		store.expect(t, key, data)
		if info, err = put(t, store, key, data, blob.Cond{IfMatch: info.ETag}); err != nil {
			t.Errorf("over the object that was seen: %v", err)
		}
		if err := store.Delete(t.Context(), key, blob.Cond{IfMatch: info.ETag}); err != nil {
			t.Errorf("Delete of the object that was seen: %v", err)
		}
	}
}

func TestConditionsAreSent(t *testing.T) {
	store := startBehind(t, nil)
	for _, size := range []int{100, large} {
		for header, cond := range map[string]blob.Cond{"If-None-Match": {IfAbsent: true}, "If-Match": {IfMatch: "stale"}} {
			store.proxy.Clear()
			_, _ = put(t, store, fmt.Sprint(header, size), someBytes(size), cond)
			sent := slices.ContainsFunc(store.proxy.Requests(), func(r faultproxy.Request) bool {
				last := (size == 100 && r.Method == http.MethodPut) || (r.Method == http.MethodPost && r.Query.Has("uploadId"))
				return last && r.Header.Get(header) != ""
			})
			if !sent {
				t.Errorf("%d bytes with %+v: no %s", size, cond, header)
			}
		}
	}
}

func TestADeleteMarkerAndNoMore(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{Versioning: true})
	bucket := server.CreateBucket(t)
	store := newStore(t, configFor(server), bucket)
	first := mustPut(t, store, "key", []byte("first"))
	second := mustPut(t, store, "key", []byte("second"))
	if first.VersionID == "" || first.VersionID == second.VersionID {
		t.Errorf("versions %q and %q", first.VersionID, second.VersionID)
	}
	head, err := store.Head(t.Context(), "key")
	if err != nil || head.VersionID != second.VersionID {
		t.Errorf("Head: %+v, %v", head, err)
	}
	third, err := store.SetAttrs(t.Context(), "key", blob.Cond{IfMatch: second.ETag}, func(a *blob.Attrs) { a.Owner = "you" })
	if err != nil {
		t.Fatal(err)
	}
	before := versions(t, server, bucket) // versitygw makes none for a copy onto itself, S3 does
	if err := store.Delete(t.Context(), "key", blob.Cond{IfMatch: third.ETag}); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Head after Delete: %v", err)
	}
	after := versions(t, server, bucket)
	if len(before.Versions) < 2 || len(after.Versions) != len(before.Versions) || len(after.DeleteMarkers) != 1 {
		t.Errorf("%d versions of %d and %d delete markers are left", len(after.Versions), len(before.Versions), len(after.DeleteMarkers))
	}
}

func versions(t *testing.T, server *versitygw.Server, bucket string) *s3.ListObjectVersionsOutput {
	t.Helper()
	out, err := server.Client().ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
