package s3blob

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

const day = 24 * time.Hour

// begin opens an upload with one part behind the store's back.
func (b behind) begin(t *testing.T, key string) (id string) {
	t.Helper()
	client := b.server.Client()
	begun, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.UploadPart(t.Context(), &s3.UploadPartInput{
		Bucket: &b.bucket, Key: &key, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: bytes.NewReader([]byte("part")),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *begun.UploadId
}

// driver is what the store sends its requests with.
func (b behind) driver(t *testing.T) *driver {
	t.Helper()
	driver, err := b.lazy.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

// open are the keys of the uploads that are open now.
func (b behind) open(t *testing.T) []string {
	t.Helper()
	keys := b.server.OpenUploads(t, b.bucket)
	slices.Sort(keys)
	return keys
}

func (b behind) expectOpen(t *testing.T, want ...string) {
	t.Helper()
	if got := b.open(t); !slices.Equal(got, want) {
		t.Errorf("open: %q, want %q", got, want)
	}
}

// own gives a store a ledger in a folder of the test.
func own(t *testing.T) *ledger.Ledger {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	return ledger.New()
}

// What is older than a day goes, of exactly this key, whoever began it. A write in one request asks for nothing.
func TestSweepByAge(t *testing.T) {
	b := startBehind(t, nil)
	for _, key := range []string{"a/key", "a/key", "a/key2", "a/key/below", "a/ke", "b/a/key"} {
		b.begin(t, key)
	}
	b.server.AgeUploads(t, b.bucket, day-time.Minute)
	if _, err := put(t, b, "a/key", someBytes(large), blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	b.expectOpen(t, "a/ke", "a/key", "a/key", "a/key/below", "a/key2", "b/a/key")

	b.server.AgeUploads(t, b.bucket, 2*time.Minute)
	b.proxy.Clear()
	if _, err := put(t, b, "a/key", []byte("small"), blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	if got := b.proxy.Methods(); !slices.Equal(got, []string{"PUT"}) {
		t.Errorf("a small write sent %q", got)
	}
	young := b.begin(t, "a/key")
	b.proxy.Clear()
	if _, err := put(t, b, "a/key", someBytes(large), blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	if got, want := b.proxy.Methods(), []string{"GET", "DELETE", "DELETE", "POST", "PUT", "PUT", "PUT", "POST"}; !slices.Equal(got, want) {
		t.Errorf("the sweep sent %q, want %q", got, want)
	}
	b.expectOpen(t, "a/ke", "a/key", "a/key/below", "a/key2", "b/a/key")
	left, err := b.driver(t).ListUploads(t.Context(), "a/key", objectstore.Marker{})
	if err != nil || len(left.Uploads) != 3 || left.Uploads[0].ID != young {
		t.Errorf("left %+v, %v; want %s", left, err, young)
	}
}

// A copy of an object onto itself by parts is a write as well.
func TestSweepBeforeACopyByParts(t *testing.T) {
	b := startBehind(t, func(s *setup) {
		copying(true)(s)
		s.Ledger = own(t)
	})
	mustPut(t, b, "key", someBytes(large))
	b.begin(t, "key")
	b.server.AgeUploads(t, b.bucket, day+time.Minute)
	if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" }); err != nil {
		t.Fatal(err)
	}
	b.expectOpen(t)
	expectNoEntries(t)
}

// Odd names are listed as they are.
func TestOpenUploadsOfOddKeys(t *testing.T) {
	b := startBehind(t, nil)
	for _, key := range []string{"with space", "plus+plus", "percent%41", "ümläut", "a&b=<c>", "日本語.jar"} {
		id := b.begin(t, key)
		open, err := b.driver(t).ListUploads(t.Context(), key, objectstore.Marker{})
		if err != nil || len(open.Uploads) != 1 || open.Uploads[0].ID != id || open.Uploads[0].Key != key {
			t.Errorf("%q: %+v, %v", key, open, err)
			continue
		}
		if age := open.Now.Sub(open.Uploads[0].Begun); age < -2*time.Second || age > time.Minute {
			t.Errorf("%q is %s old", key, age)
		}
		if err := b.driver(t).AbortUpload(t.Context(), key, id); err != nil {
			t.Error(err)
		}
	}
	b.expectOpen(t)
}

// Nobody hears of a sweep that fails. Where listing is refused, it is not asked for again.
func TestSweepThatFails(t *testing.T) {
	listing := faultproxy.Match{Method: http.MethodGet, Query: "uploads"}
	for fault, lists := range map[faultproxy.Fault]int{
		faultproxy.Deny403: 1, faultproxy.Refuse501: 1, faultproxy.Stall: 1,
		faultproxy.Refuse500: 2, faultproxy.Refuse503: 2, faultproxy.TruncateBody: 2, faultproxy.ErrorIn200: 2,
		faultproxy.Reset: 0, faultproxy.LoseAnswer: 0, // package net/http asks again by itself where a connection was in use before
	} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			b := startBehind(t, nil)
			b.begin(t, "key")
			b.server.AgeUploads(t, b.bucket, 2*day)
			b.proxy.Inject(listing, fault, 1, 100)
			for range 2 {
				mustPut(t, b, "key", someBytes(large))
			}
			n := 0
			for _, request := range b.proxy.Requests() {
				if request.Method == http.MethodGet && request.Query.Has("uploads") {
					n++
				}
			}
			if n != lists && lists > 0 {
				t.Errorf("%d listings, want %d", n, lists)
			}
			b.expectOpen(t, "key")
		})
	}
	t.Run("abort", func(t *testing.T) {
		b := startBehind(t, nil)
		b.begin(t, "key")
		b.server.AgeUploads(t, b.bucket, 2*day)
		b.proxy.Inject(faultproxy.Match{Method: http.MethodDelete}, faultproxy.Deny403, 1, 1)
		mustPut(t, b, "key", someBytes(large))
		b.expectOpen(t, "key")
	})
}

// An upload whose ID never arrived is in no ledger. Nobody can tell it from another writer's, so that it goes by its age.
func TestSweepOfAnUploadWhoseAnswerWasLost(t *testing.T) {
	b := startBehind(t, func(s *setup) { s.Ledger = own(t) })
	b.proxy.Inject(faultproxy.Match{Method: http.MethodPost, Query: "uploads"}, faultproxy.LoseAnswer, 1, 1)
	mustPut(t, b, "key", someBytes(large)) // the SDK asks again
	b.expectOpen(t, "key")
	expectNoEntries(t)
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t, "key")
	b.server.AgeUploads(t, b.bucket, day+time.Minute)
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t)
}

// What could not be aborted stays in the ledger. Its process lives, so that nothing of it is taken away; the next process finds it.
func TestLedgerOfAnUploadThatWasNotAborted(t *testing.T) {
	b := startBehind(t, func(s *setup) { s.Ledger = own(t) })
	b.proxy.Inject(faultproxy.Match{Method: http.MethodDelete, Query: "uploadId"}, faultproxy.Deny403, 1, 10)
	_, _, err := blob.Put(t.Context(), b, "key", blobtest.StreamSource(someBytes(large)), blobtest.Sum(nil), blob.PutOptions{})
	if err == nil {
		t.Fatal("other bytes than planned were published")
	}
	b.expectOpen(t, "key")
	if left := entries(t); len(left) != 1 {
		t.Errorf("the ledger has %q", left)
	}
	b.proxy.Clear()
	mustPut(t, b, "key", []byte("small"))
	if got := b.proxy.Methods(); !slices.Equal(got, []string{"PUT"}) {
		t.Errorf("sent %q", got)
	}
	b.server.AgeUploads(t, b.bucket, 2*day)
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t, "key") // old, and of a process that lives
	if left := entries(t); len(left) != 1 {
		t.Errorf("the ledger has %q", left)
	}
}

// The entry is there before the first part, and gone in the end.
func TestLedgerOfAnUpload(t *testing.T) {
	b := startBehind(t, func(s *setup) { s.Ledger = own(t) })
	var seen atomic.Int32 // parts arrive side by side
	b.proxy.OnRequest(func(r *http.Request) {
		if r.URL.Query().Has("partNumber") {
			if left := entries(t); len(left) == 1 {
				seen.Add(1)
			}
		}
	})
	mustPut(t, b, "key", someBytes(large))
	if n := seen.Load(); n != 3 {
		t.Errorf("an entry was there for %d parts of 3", n)
	}
	expectNoEntries(t)
	b.proxy.OnRequest(nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.proxy.OnRequest(func(r *http.Request) {
		if r.URL.Query().Has("partNumber") {
			cancel()
		}
	})
	if _, _, err := blob.Put(ctx, b, "key", blobtest.StreamSource(someBytes(large)), nil, blob.PutOptions{}); err == nil {
		t.Error("no error")
	}
	b.expectOpen(t)
	expectNoEntries(t)
}

// entries are the names in the ledger of the test.
func entries(t *testing.T) []string {
	t.Helper()
	base, err := filepath.Glob(filepath.Join(cacheDirectory(t), "terraform-provider-flink", "uploads", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range base {
		if strings.HasPrefix(filepath.Base(name), ".") {
			t.Errorf("a temporary file: %s", name)
		}
	}
	return base
}

func expectNoEntries(t *testing.T) {
	t.Helper()
	if left := entries(t); len(left) > 0 {
		t.Errorf("the ledger has %q", left)
	}
}
