package ossblob

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

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

// Nobody hears of a sweep that fails, and neither its listing nor its abort is sent again.
func TestSweepThatFails(t *testing.T) {
	b := startBehind(t, nil)
	b.begin(t, "key")
	b.server.AgeUploads(b.bucket, 2*day)
	parts := []string{"InitiateMultipartUpload", "UploadPart", "UploadPart", "UploadPart", "CompleteMultipartUpload"}
	for _, c := range []struct {
		fails string
		asked []string
	}{{"ListMultipartUploads", []string{"ListMultipartUploads"}}, {"AbortMultipartUpload", []string{"ListMultipartUploads", "AbortMultipartUpload"}}} {
		b.server.Throttle(func(r ossfake.Request) bool { return r.Operation == c.fails }, 1, ossfake.Refusal{})
		b.server.ClearRequests()
		mustPut(t, b, "key", someBytes(large))
		b.expectAsked(t, slices.Concat(c.asked, parts)...)
		b.expectOpen(t, "key")
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
