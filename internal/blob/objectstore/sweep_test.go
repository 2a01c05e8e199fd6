package objectstore_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
)

// What is older than a day goes, of exactly this key, whoever began it.
// A write in one request lists nothing.
func TestSweepByAge(t *testing.T) {
	b := start(t, nil)
	for _, key := range []string{"a/key", "a/key", "a/key", "a/key2", "a/key/below", "a/ke", "b/a/key"} { // pages have two of them
		b.server.Begin(b.bucket, key, day+time.Minute)
	}
	b.server.Begin(b.bucket, "a/key", day-time.Minute)
	if err := b.write(t.Context(), "a/key", []byte("small"), blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	b.expectSent(t, put)
	if err := b.write(t.Context(), "a/key", someBytes(large), blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	b.expectSent(t, listOpen, listOpen, listOpen, abort, abort, abort, begin, part, part, part, finish)
	b.expectOpen(t, "a/ke", "a/key", "a/key/below", "a/key2", "b/a/key")
}

// Nobody hears of a sweep that fails, and it is not tried again.
// Where listing is refused, is unknown, or takes too long, it is not tried in the next write either.
func TestSweepThatFails(t *testing.T) {
	for fault, lists := range map[faultproxy.Fault]int{
		faultproxy.Deny403: 1, faultproxy.Refuse501: 1, faultproxy.Stall: 1,
		faultproxy.Refuse429: 2, faultproxy.Refuse500: 2, faultproxy.Refuse503: 2, faultproxy.TruncateBody: 2,
		faultproxy.LoseAnswer: 0, // net/http sends a GET again by itself where a connection was in use before
	} {
		t.Run(fmt.Sprint(fault), func(t *testing.T) {
			t.Parallel()
			b := start(t, nil)
			b.server.Begin(b.bucket, "key", 2*day)
			b.proxy.Inject(faultproxy.Match{Method: http.MethodGet, Query: "uploads"}, fault, 1, 100)
			for range 2 {
				if err := b.write(t.Context(), "key", someBytes(large), blob.Cond{}); err != nil {
					t.Fatal(err)
				}
			}
			n := 0
			for _, name := range b.sent() {
				if name == listOpen {
					n++
				}
			}
			if n != lists && lists > 0 {
				t.Errorf("%d listings in two writes, want %d", n, lists)
			}
			b.expectOpen(t, "key")
		})
	}
	t.Run("abort", func(t *testing.T) {
		b := start(t, nil)
		b.server.Begin(b.bucket, "key", 2*day)
		b.proxy.Inject(faultproxy.Match{Method: http.MethodDelete}, faultproxy.Refuse503, 1, 1) // another abort would be repeated
		b.mustWrite(t, "key", someBytes(large))
		b.expectOpen(t, "key")
		b.mustWrite(t, "key", someBytes(large))
		b.expectOpen(t)
	})
}

// An upload whose ID never arrived is in no ledger.
// Nobody can tell it from another writer's, so that it goes by its age.
func TestSweepOfAnUploadWhoseAnswerWasLost(t *testing.T) {
	entries := newLedger(t)
	b := start(t, func(c *mapstore.Config) { c.Ledger = ledger.New() })
	b.proxy.Inject(faultproxy.Match{Method: http.MethodPost, Query: "uploads"}, faultproxy.LoseAnswer, 1, 1)
	if err := b.write(t.Context(), "key", someBytes(large), blob.Cond{}); err == nil {
		t.Error("no error")
	}
	b.mustWrite(t, "key", someBytes(large))
	b.expectOpen(t, "key")
	if n := entries(); n != 0 {
		t.Errorf("the ledger has %d entries", n)
	}
}

// newLedger gives the test a folder of its own, and counts the entries in it.
func newLedger(t *testing.T) (entries func() int) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	return func() int {
		base, err := os.UserCacheDir()
		if err != nil {
			t.Error(err)
		}
		names, _ := filepath.Glob(filepath.Join(base, "terraform-provider-flink", "uploads", "*"))
		return len(names)
	}
}

// The entry is there before the first part, and gone in the end; one of an upload that could not be aborted stays.
func TestLedgerOfAnUpload(t *testing.T) {
	entries := newLedger(t)
	b := start(t, func(c *mapstore.Config) { c.Ledger = ledger.New() })
	var parts, remembered atomic.Int32 // parts arrive side by side
	b.on(http.MethodPut, "partNumber", func() {
		parts.Add(1)
		if entries() == 1 {
			remembered.Add(1)
		}
	})
	if err := b.write(t.Context(), "key", someBytes(large), blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, own); err != nil {
		t.Fatal(err)
	}
	if err := b.copyFrom(t, b, "key"); err != nil {
		t.Fatal(err)
	}
	if parts.Load() != 9 || remembered.Load() != 9 || entries() != 0 {
		t.Errorf("%d of %d parts had an entry, and %d are left", remembered.Load(), parts.Load(), entries())
	}
	b.proxy.OnRequest(nil)
	b.proxy.Inject(faultproxy.Match{Method: http.MethodDelete, Query: "uploadId"}, faultproxy.Deny403, 1, 10)
	_, _, err := blob.Put(t.Context(), b.Store, "key", blobtest.StreamSource(someBytes(large)), blobtest.Sum(nil), blob.PutOptions{})
	if err == nil || entries() != 1 {
		t.Errorf("%v; the ledger has %d entries", err, entries())
	}
	b.proxy.Clear()
	b.mustWrite(t, "key", someBytes(large))
	b.expectOpen(t, "key") // of a process that lives
}
