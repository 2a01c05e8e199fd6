package ossblob

import (
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

const day = 24 * time.Hour

// begin opens an upload as any other program would.
func (b behind) begin(t *testing.T, key string) (id string) {
	t.Helper()
	upload, err := driverOf(t, newStore(t, configFor(b.server), b.bucket)).Upload(t.Context(), objectstore.Target{Key: key})
	if err == nil {
		id, err = upload.Begin(t.Context(), objectstore.Begin{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (b behind) expectOpen(t *testing.T, want ...string) {
	t.Helper()
	var keys []string
	for _, open := range b.server.OpenUploads(b.bucket) {
		key, _, _ := strings.Cut(open, " ")
		keys = append(keys, key)
	}
	if !slices.Equal(keys, want) {
		t.Errorf("open: %q, want %q", keys, want)
	}
}

// What is older than a day goes, of exactly this key, whoever began it. A write in one request asks for nothing.
func TestSweepByAge(t *testing.T) {
	b := startBehind(t, nil)
	for _, key := range []string{"a/key", "a/key", "a/key2", "a/key/below", "a/ke", "b/a/key"} {
		b.begin(t, key)
	}
	b.server.AgeUploads(b.bucket, day-time.Minute)
	mustPut(t, b, "a/key", someBytes(large))
	b.expectOpen(t, "a/ke", "a/key", "a/key", "a/key/below", "a/key2", "b/a/key")

	b.server.AgeUploads(b.bucket, 2*time.Minute)
	b.server.ClearRequests()
	mustPut(t, b, "a/key", []byte("small"))
	b.expectAsked(t, "PutObject")
	young := b.begin(t, "a/key")
	b.server.ClearRequests()
	mustPut(t, b, "a/key", someBytes(large))
	b.expectAsked(t, "ListMultipartUploads", "AbortMultipartUpload", "AbortMultipartUpload",
		"InitiateMultipartUpload", "UploadPart", "UploadPart", "UploadPart", "CompleteMultipartUpload")
	b.expectOpen(t, "a/ke", "a/key", "a/key/below", "a/key2", "b/a/key")
	if left := b.server.OpenUploads(b.bucket); !slices.Contains(left, "a/key "+young) {
		t.Errorf("left %q, want %s", left, young)
	}
}

// The age counts by OSS's clock: a machine whose clock is wrong takes nobody's upload away. OSS itself refuses one that is wrong by more.
func TestSweepByTheStoresClock(t *testing.T) {
	b := startBehind(t, nil)
	b.server.SetClock(-10 * time.Minute)
	b.begin(t, "key")
	b.server.AgeUploads(b.bucket, day-5*time.Minute) // by our clock it is older than a day
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t, "key")
	b.server.SetClock(10 * time.Minute)
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t)
}

// A bucket with very many open uploads is listed page by page.
func TestOpenUploadsOfManyPages(t *testing.T) {
	b := startBehind(t, nil)
	const odd = "odd + näme%41"
	for range maxKeys + 1 {
		b.begin(t, odd)
	}
	seen := map[string]bool{}
	var after objectstore.Marker
	for n := range []int{maxKeys, maxKeys + 1} {
		page, err := driverOf(t, b.Store).ListUploads(t.Context(), odd, after)
		if err != nil || page.Now.IsZero() || (page.Next == objectstore.Marker{}) != (n == 1) {
			t.Fatalf("page %d: %d uploads at %s, then %+v; %v", n, len(page.Uploads), page.Now, page.Next, err)
		}
		for _, upload := range page.Uploads {
			seen[upload.ID] = upload.Key == odd && !upload.Begun.IsZero()
		}
		after = page.Next
	}
	if len(seen) != maxKeys+1 || slices.Contains(slices.Collect(maps.Values(seen)), false) {
		t.Errorf("%d uploads", len(seen))
	}
}

// Nobody hears of a sweep that fails, and it is not tried again. Where listing is refused, it is not asked for in the next write either.
func TestSweepThatFails(t *testing.T) {
	b := startBehind(t, nil)
	b.begin(t, "key")
	b.server.AgeUploads(b.bucket, 2*day)
	lists := func() (n int) {
		for _, operation := range b.asked() {
			if operation == "ListMultipartUploads" {
				n++
			}
		}
		return n
	}
	b.server.Throttle(func(r ossfake.Request) bool { return r.Operation == "ListMultipartUploads" }, 2, ossfake.Refusal{})
	b.server.ClearRequests()
	for range 2 {
		mustPut(t, b, "key", someBytes(large))
	}
	b.expectOpen(t, "key")
	if n := lists(); n != 2 {
		t.Errorf("%d listings in two writes", n)
	}

	b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: "s", Denied: []string{"ListMultipartUploads"}})
	config := b.config
	config.AccessKey, config.SecretKey = "poor", "s"
	poor := newStore(t, config, b.bucket)
	b.server.ClearRequests()
	for range 2 {
		mustPut(t, poor, "key", someBytes(large))
	}
	b.expectOpen(t, "key")
	if n := lists(); n != 1 {
		t.Errorf("%d listings in two writes of somebody who may not", n)
	}

	b.server.AddKey(ossfake.Key{AccessKey: "poorer", SecretKey: "s", Denied: []string{"AbortMultipartUpload"}})
	config.AccessKey = "poorer"
	mustPut(t, newStore(t, config, b.bucket), "key", someBytes(large))
	b.expectOpen(t, "key")
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t)
}

// Where a listing is unknown, or takes too long, it is not asked for again.
func TestSweepThatWouldFailAgain(t *testing.T) {
	for _, fault := range []faultproxy.Fault{faultproxy.Refuse501, faultproxy.Stall} {
		b := startBehind(t, nil)
		b.proxy.Inject(faultproxy.Match{Method: http.MethodGet, Query: "uploads"}, fault, 1, 100)
		for range 2 {
			mustPut(t, b, "key", someBytes(large))
		}
		if n := b.passed(func(r faultproxy.Request) bool { return r.Method == http.MethodGet && r.Query.Has("uploads") }); n != 1 {
			t.Errorf("%s: %d listings in two writes", fault, n)
		}
	}
}

// An upload whose ID never arrived is in no ledger. Nobody can tell it from another writer's, so that it goes by its age.
func TestSweepOfAnUploadWhoseAnswerWasLost(t *testing.T) {
	b := startBehind(t, nil)
	b.proxy.Inject(faultproxy.Match{Method: http.MethodPost, Query: "uploads"}, faultproxy.LoseAnswer, 1, 1)
	if _, err := put(t, b, "key", someBytes(large), blob.Cond{}); err == nil {
		t.Error("no error")
	}
	b.expectOpen(t, "key")
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t, "key")
	b.server.AgeUploads(b.bucket, day+time.Minute)
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t)
}

// The entry is there before the first part, and gone in the end; one of an upload that could not be aborted stays.
func TestLedgerOfAnUpload(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	entries := func() int {
		base, err := os.UserCacheDir()
		if err != nil {
			t.Fatal(err)
		}
		names, _ := filepath.Glob(filepath.Join(base, "terraform-provider-flink", "uploads", "*"))
		return len(names)
	}
	b := startBehind(t, func(c *Config) { c.Ledger = ledger.New() }).tuned(t, byParts)
	var mu sync.Mutex // parts arrive side by side
	atParts := map[int]int{}
	b.server.OnRequest(func(r ossfake.Request) {
		if strings.HasPrefix(r.Operation, "UploadPart") {
			mu.Lock()
			defer mu.Unlock()
			atParts[entries()]++
		}
	})
	mustPut(t, b, "key", someBytes(large))
	if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" }); err != nil {
		t.Fatal(err)
	}
	if atParts[1] != 6 || len(atParts) != 1 || entries() != 0 {
		t.Errorf("parts by entries: %v; in the end %d", atParts, entries())
	}
	b.server.OnRequest(nil)
	b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: "s", Denied: []string{"AbortMultipartUpload"}})
	config := b.config
	config.AccessKey, config.SecretKey = "poor", "s"
	_, _, err := blob.Put(t.Context(), newStore(t, config, b.bucket), "key", blobtest.StreamSource(someBytes(large)), blobtest.Sum(nil), blob.PutOptions{})
	if err == nil || entries() != 1 {
		t.Errorf("%v; the ledger has %d entries", err, entries())
	}
	b.server.AgeUploads(b.bucket, 2*day)
	mustPut(t, b, "key", someBytes(large))
	b.expectOpen(t, "key") // old, and of a process that lives
}
