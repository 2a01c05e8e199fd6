package ossblob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

const large = 3 * smallestPart

// What a write costs in requests.
func TestRequestsOfAWrite(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "small", someBytes(100))
	b.expectAsked(t, "PutObject")
	if _, err := put(t, b, "created", someBytes(100), blob.Cond{IfAbsent: true}); err != nil {
		t.Fatal(err)
	}
	b.expectAsked(t, "HeadObject", "PutObject")
	info, err := put(t, b, "large", someBytes(large), blob.Cond{IfAbsent: true})
	if err != nil {
		t.Fatal(err)
	}
	b.expectAsked(t, "ListMultipartUploads", "InitiateMultipartUpload", "UploadPart", "UploadPart", "UploadPart", "HeadObject", "CompleteMultipartUpload")
	if _, err := put(t, b, "large", someBytes(100), blob.Cond{IfMatch: info.ETag}); err != nil {
		t.Fatal(err)
	}
	b.expectAsked(t, "HeadObject", "PutObject")
}

func TestHeadersOfAWrite(t *testing.T) {
	b := startBehind(t, nil)
	for _, size := range []int{0, 100, large} {
		attrs := blob.Attrs{ContentType: "application/java-archive", Metadata: map[string]string{"build": "1"}}
		if _, err := putWith(t, b, "key", someBytes(size), blob.PutOptions{Attrs: attrs}); err != nil {
			t.Fatal(err)
		}
		object, _ := b.server.Object(b.bucket, "key")
		if object.Header.Get("Content-Type") != "application/java-archive" || object.Header.Get("X-Oss-Meta-Build") != "1" || object.Header.Get("X-Oss-Meta-Flink-Owner") != "me" {
			t.Errorf("%d bytes: %v", size, object.Header)
		}
		for _, r := range b.server.Requests() {
			if r.Operation == "PutObject" && r.Header.Get("Content-Md5") == "" {
				t.Errorf("%s of %d bytes without a hash of them", r.Operation, size)
			}
			if (r.Operation == "PutObject" || r.Operation == "UploadPart") && (r.Header.Get("Content-Length") == "" || r.Header.Get("Transfer-Encoding") != "") {
				t.Errorf("%s: %v", r.Operation, r.Header)
			}
		}
		b.server.ClearRequests()
	}
}

// OSS forbids an overwrite by itself, which closes the window that the look before leaves open.
func TestForbidOverwrite(t *testing.T) {
	b := startBehind(t, nil)
	for _, size := range []int{100, large} {
		key := fmt.Sprint("key-", size)
		b.server.OnRequest(func(r ossfake.Request) {
			if r.Operation == "PutObject" || r.Operation == "CompleteMultipartUpload" {
				b.server.Put(b.bucket, key, []byte("of somebody else"), nil)
			}
		})
		if _, err := put(t, b, key, someBytes(size), blob.Cond{IfAbsent: true}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%d bytes: %v", size, err)
		}
		b.server.OnRequest(nil)
		b.expect(t, key, []byte("of somebody else"))
	}
	// Where something is there from the beginning, no part is sent.
	b.server.ClearRequests()
	if _, err := put(t, b, "key-100", someBytes(large), blob.Cond{IfAbsent: true}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
	if slices.Contains(b.asked(), "UploadPart") {
		t.Errorf("asked for %q", b.asked())
	}
}

// Buckets with versions ignore x-oss-forbid-overwrite: the look before has to see it.
func TestIfAbsentInABucketWithVersions(t *testing.T) {
	b := startBehindBucket(t, ossfake.BucketOptions{Versioning: true}, nil)
	for _, size := range []int{100, large} {
		old := mustPut(t, b, "key", []byte("old"))
		if old.VersionID == "" {
			t.Error("no version")
		}
		if _, err := put(t, b, "key", someBytes(size), blob.Cond{IfAbsent: true}); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%d bytes over an object: %v", size, err)
		}
		b.expect(t, "key", []byte("old"))
		// While the bytes were on their way.
		appears := blobtest.InterruptedSource(blobtest.BytesSource(someBytes(size)), int64(size), func() { b.server.Put(b.bucket, "late", []byte("late"), nil) })
		_, _, err := blob.Put(t.Context(), b, "late", appears, nil, blob.PutOptions{Cond: blob.Cond{IfAbsent: true}, Attrs: blob.Attrs{Owner: "me"}})
		if !errors.Is(err, fs.ErrExist) {
			t.Errorf("%d bytes: %v", size, err)
		}
		b.expect(t, "late", []byte("late"))
		// Over a delete marker there is nothing.
		for _, key := range []string{"key", "late"} {
			if err := b.Delete(t.Context(), key, blob.Cond{}); err != nil {
				t.Fatal(err)
			}
		}
		info, err := put(t, b, "key", someBytes(size), blob.Cond{IfAbsent: true})
		if err != nil {
			t.Errorf("%d bytes over a delete marker: %v", size, err)
		}
		head, err := b.Head(t.Context(), "key")
		if err != nil || head.VersionID != info.VersionID || info.VersionID == "" {
			t.Errorf("written %+v, found %+v, %v", info, head, err)
		}
		if err := b.Delete(t.Context(), "key", blob.Cond{}); err != nil {
			t.Fatal(err)
		}
	}
}

// An upload that was begun twice would be left open once.
func TestBegunOnce(t *testing.T) {
	b := startBehind(t, nil)
	begin := faultproxy.Match{Method: http.MethodPost, Query: "uploads"}
	for _, fault := range []faultproxy.Fault{faultproxy.LoseAnswer, faultproxy.Reset, faultproxy.Refuse500} {
		b.proxy.Clear()
		b.proxy.Inject(begin, fault, 1, 1)
		if _, err := put(t, b, "key", someBytes(large), blob.Cond{}); !errors.Is(err, blob.ErrUnreachable) && !errors.Is(err, blob.ErrNotAStore) {
			t.Errorf("fault %d: %v", fault, err)
		}
		if n := b.passed(func(r faultproxy.Request) bool { return r.Method == http.MethodPost }); n != 1 {
			t.Errorf("fault %d: %d requests", fault, n)
		}
	}
}

// Garbled bytes are refused before they are visible, by the MD5; a part by its CRC.
func TestGarbledOnTheWay(t *testing.T) {
	garble := func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		if r.Method == http.MethodPut {
			data, _ := io.ReadAll(r.Body)
			data[len(data)/2] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(data))
		}
		server.ServeHTTP(w, r)
	}
	for _, size := range []int{100, large} {
		b := inFront(t, garble)
		_, err := put(t, b, "key", someBytes(size), blob.Cond{})
		if !errors.Is(err, blob.ErrSourceChanged) || failureOf(t, err).Advice == "" {
			t.Errorf("%d bytes: %v", size, err)
		}
		b.expectAbsent(t, "key")
		if slices.Contains(b.asked(), "CompleteMultipartUpload") {
			t.Errorf("%d bytes: asked for %q", size, b.asked())
		}
	}
}

// What OSS itself says has other bytes does not stay visible.
func TestAnotherCRCAfterTheFact(t *testing.T) {
	for _, size := range []int{100, large} {
		for _, versioned := range []bool{false, true} {
			b := inFront(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
				rewrite(w, r, server, func(header http.Header) {
					if r.Method == http.MethodPost || r.Method == http.MethodPut && !r.URL.Query().Has("uploadId") {
						header.Set("X-Oss-Hash-Crc64ecma", "42")
					}
				})
			})
			b.server.CreateBucketNamed(b.bucket, ossfake.BucketOptions{Versioning: versioned})
			b.server.Put(b.bucket, "key", []byte("old"), nil)
			_, err := put(t, b, "key", someBytes(size), blob.Cond{})
			if !errors.Is(err, blob.ErrSourceChanged) || !strings.Contains(err.Error(), "OSS says that it has 42") {
				t.Errorf("%d bytes: %v", size, err)
			}
			if versioned {
				b.expect(t, "key", []byte("old"))
			} else {
				b.expectAbsent(t, "key")
			}
		}
	}
}

// An answer without the CRC is believed: it is OSS's by x-oss-request-id.
func TestNoCRC(t *testing.T) {
	b := inFront(t, func(w http.ResponseWriter, r *http.Request, server http.Handler) {
		rewrite(w, r, server, func(header http.Header) { header.Del("X-Oss-Hash-Crc64ecma") })
	})
	for _, size := range []int{100, large} {
		if _, err := put(t, b, "key", someBytes(size), blob.Cond{}); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

// What is gone already is what an abort is for.
func TestAbortOfWhatIsGone(t *testing.T) {
	b := startBehind(t, nil)
	err := driverOf(t, b.Store).AbortUpload(t.Context(), "key", "0004B9B2D2F7815C432C9057C03134D4", true)
	if code := codeOf(b.Fail("", "key", err)); code != traits().Aborted {
		t.Errorf("%v", err)
	}
}
