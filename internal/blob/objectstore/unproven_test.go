package objectstore_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// unproven is a bucket of a store of which nobody knows what it does with conditions.
func unproven(t *testing.T) behind {
	return start(t, func(c *mapstore.Config) { c.Conditions = mapstore.All(objectstore.Unproven) })
}

// changes are what is sent under a condition, of an object that was written before or, for "create", was not.
var changes = map[string]struct {
	size    int
	absent  bool
	publish string // the request that the condition is on
	refused error  // what a caller is told where another client was first
	do      func(ctx context.Context, b behind, cond blob.Cond) error
}{
	"create":          {100, true, put, fs.ErrExist, writing(100)},
	"create by parts": {large, true, finish, fs.ErrExist, writing(large)},
	"update":          {100, false, put, blob.ErrChanged, writing(100)},
	"update by parts": {large, false, finish, blob.ErrChanged, writing(large)},
	"attributes": {100, false, patch, blob.ErrChanged, func(ctx context.Context, b behind, cond blob.Cond) error {
		_, err := b.SetAttrs(ctx, "key", cond, marked)
		return err
	}},
	"attributes of a large one": {large, false, finish, blob.ErrChanged, func(ctx context.Context, b behind, cond blob.Cond) error {
		_, err := b.SetAttrs(ctx, "key", cond, marked)
		return err
	}},
	"delete": {100, false, remove, blob.ErrChanged, func(ctx context.Context, b behind, cond blob.Cond) error { return b.Delete(ctx, "key", cond) }},
}

func writing(size int) func(ctx context.Context, b behind, cond blob.Cond) error {
	return func(ctx context.Context, b behind, cond blob.Cond) error {
		return b.write(ctx, "key", someBytes(size), cond)
	}
}

func marked(a *blob.Attrs) { a.Metadata = map[string]string{"build": "2"} }

// conditionFor prepares the bucket for a change, and returns the change's condition.
func (b behind) conditionFor(t *testing.T, absent bool, size int) blob.Cond {
	t.Helper()
	if err := b.Delete(t.Context(), "key", blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	if absent {
		b.proxy.Clear()
		return blob.Cond{IfAbsent: true}
	}
	return blob.Cond{IfMatch: b.mustWrite(t, "key", someBytes(size)).ETag}
}

// A store that refuses what holds is sent it twice, and then no more in this bucket; what does not hold is still refused.
func TestAConditionThatIsRefusedThoughItHolds(t *testing.T) {
	for name, change := range changes {
		if name == "attributes" {
			continue // sent again in place of the copy, and so as an update: see TestAttributesThatAreSentAgain
		}
		b := unproven(t)
		b.server.Denies = []string{"If-Match", "If-None-Match"}
		for round, want := range []int{2, 0} {
			cond := b.conditionFor(t, change.absent, change.size)
			if err := change.do(t.Context(), b, cond); err != nil {
				t.Errorf("%s, round %d: %v", name, round, err)
			}
			sent := 0
			for _, r := range b.proxy.Requests() {
				if r.Method != http.MethodGet && (r.Header.Get("If-Match") != "" || r.Header.Get("If-None-Match") != "") {
					sent++
				}
			}
			if sent != want {
				t.Errorf("%s, round %d: %d conditions were sent, want %d: %q", name, round, sent, want, b.sent())
			}
		}
		cond := b.conditionFor(t, change.absent, change.size)
		b.server.Put(b.bucket, "key", []byte("foreign"))
		if err := change.do(t.Context(), b, cond); !errors.Is(err, change.refused) {
			t.Errorf("%s of another object: %v", name, err)
		}
		b.expect(t, "key", []byte("foreign"))
		b.expectOpen(t)
	}
}

// Two states that race are one winner, also where the store refuses everything at first.
func TestARefusalThatIsTrue(t *testing.T) {
	for name, change := range changes {
		b := unproven(t)
		cond := b.conditionFor(t, change.absent, change.size)
		plant := sync.OnceFunc(func() { b.server.Put(b.bucket, "key", []byte("foreign")) })
		b.proxy.OnRequest(func(r *http.Request) {
			if nameOf(r.Method, r.URL.Query()) == change.publish {
				plant()
			}
		})
		if err := change.do(t.Context(), b, cond); !errors.Is(err, change.refused) {
			t.Errorf("%s: %v", name, err)
		}
		b.expect(t, "key", []byte("foreign"))
		b.expectOpen(t)
	}
}

// On a store that looks at no condition, another client writes as each request comes: the object is whole and of one of the two, and
// whoever lost is told, but for one moment, between the look and the request that publishes.
func TestTwoWritersOnAStoreThatIgnoresConditions(t *testing.T) {
	for name, change := range changes {
		for moment := 0; ; moment++ {
			b := unproven(t)
			b.server.Ignores = []string{"If-Match", "If-None-Match"}
			cond := b.conditionFor(t, change.absent, change.size)
			var seen atomic.Int64
			met := make(chan string, 1)
			b.proxy.OnRequest(func(r *http.Request) {
				if seen.Add(1) == int64(moment+1) {
					met <- nameOf(r.Method, r.URL.Query())
					b.server.Put(b.bucket, "key", []byte("foreign"))
				}
			})
			err := change.do(t.Context(), b, cond)
			at := ""
			select {
			case at = <-met:
			default:
			}
			if at == "" {
				break // there is no such request
			}
			data, exists := b.server.Object(b.bucket, "key")
			isForeign := exists && string(data) == "foreign"
			now, _ := b.Head(t.Context(), "key")
			isMarked := now.Owner() != ""
			told := change.refused
			if sent := b.sent(); slices.Contains(sent[:moment+1], change.publish) {
				told = blob.ErrLost
			}
			switch {
			case at == change.publish && name != "attributes":
				if err != nil || isForeign {
					t.Errorf("%s, as %s comes: %v, foreign %t", name, at, err, isForeign)
				}
			case !isForeign || isMarked || !errors.Is(err, told):
				t.Errorf("%s, as %s (%d) comes: %v, want %v; foreign %t, marked as ours %t", name, at, moment, err, told, isForeign, isMarked)
			}
			if at == patch && slices.Contains(b.sent(), get) {
				t.Errorf("%s: an object of another size is read: %q", name, b.sent())
			}
			if slices.Contains(b.sent(), abort) && told == blob.ErrLost { //nolint:errorlint // this very one
				t.Errorf("%s, as %s comes: what was published is aborted: %q", name, at, b.sent())
			}
			b.expectOpen(t)
		}
	}
}

// Another client's object is known by its ETag, and where the answer to the write had none by its size or its owner.
func TestWhoseObjectExistsAfterAWrite(t *testing.T) {
	for name, c := range map[string]struct {
		noETags bool
		size    int
		owner   string
	}{"ETag": {false, 100, "me"}, "size": {true, 99, "me"}, "owner": {true, 100, "somebody else"}} {
		b := unproven(t)
		b.server.NoETags = c.noETags
		behindTheProxy := mapstore.New(t, mapstore.Config{Endpoint: b.server.URL}, b.bucket, objectstore.Tuning{})
		looks := 0
		b.on(http.MethodHead, "", func() {
			if looks++; looks == 2 {
				b.server.NoETags = false
				_, _, err := blob.Put(t.Context(), behindTheProxy, "key", blobtest.BytesSource(make([]byte, c.size)), nil, blob.PutOptions{Attrs: blob.Attrs{Owner: c.owner}})
				if err != nil {
					t.Error(err)
				}
			}
		})
		if err := b.write(t.Context(), "key", someBytes(100), blob.Cond{IfAbsent: true}); !errors.Is(err, blob.ErrLost) {
			t.Errorf("known by its %s: %v", name, err)
		}
	}
}

// A refusal that is true, or that is none of the condition, is not sent again.
func TestRefusalsThatAreNotRepeated(t *testing.T) {
	b := unproven(t)
	stale := blob.Cond{IfMatch: b.mustWrite(t, "key", someBytes(100)).ETag}
	b.server.Put(b.bucket, "key", []byte("foreign"))
	if err := b.Delete(t.Context(), "key", stale); !errors.Is(err, blob.ErrChanged) {
		t.Error(err)
	}
	b.expectSent(t, head)
	info, err := b.Head(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	b.on(http.MethodDelete, "", func() { b.server.Put(b.bucket, "key", []byte("foreign again")) })
	if err := b.Delete(t.Context(), "key", blob.Cond{IfMatch: info.ETag}); !errors.Is(err, blob.ErrChanged) {
		t.Error(err)
	}
	if sent := b.sent(); !slices.Equal(sent[len(sent)-3:], []string{head, remove, head}) {
		t.Errorf("sent %q", sent)
	}

	b = unproven(t)
	b.on(http.MethodPost, "uploadId", func() { b.server.EndUploads(b.bucket) })
	if err := b.write(t.Context(), "key", someBytes(large), blob.Cond{IfAbsent: true}); !errors.Is(err, blob.ErrChanged) {
		t.Error(err)
	}
	if sent := b.sent(); strings.Count(strings.Join(sent, ", "), finish) != 1 {
		t.Errorf("sent %q", sent)
	}
}

// A conflict with another request in flight is no refusal in vain: the condition is never given up for it.
func TestAConflictIsNoRefusal(t *testing.T) {
	var sent atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Map-Store", "1")
		if r.Method == http.MethodHead {
			w.Header().Set("X-Map-Code", "NoSuchKey")
			w.WriteHeader(http.StatusNotFound)
			return
		}
		if sent.Add(1); r.Header.Get("If-None-Match") == "" {
			t.Error("the condition was given up")
		}
		w.Header().Set("X-Map-Code", "Conflict")
		w.WriteHeader(http.StatusConflict)
	}))
	t.Cleanup(server.Close)
	store := mapstore.New(t, mapstore.Config{Endpoint: server.URL, Conditions: mapstore.All(objectstore.Unproven)}, "bucket", objectstore.Tuning{})
	for range 2 {
		_, _, err := blob.Put(t.Context(), store, "key", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{Cond: blob.Cond{IfAbsent: true}, Attrs: mine})
		if !errors.Is(err, blob.ErrChanged) && !errors.Is(err, fs.ErrExist) {
			t.Error(err)
		}
	}
	if sent.Load() != 2 {
		t.Errorf("sent %d times", sent.Load())
	}
}

// A store that keeps no metadata tells no owner: then the ETag is enough.
func TestAStoreThatKeepsNoOwner(t *testing.T) {
	var exists atomic.Bool
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Map-Store", "1")
		w.Header().Set("ETag", `"etag"`)
		switch {
		case r.Method == http.MethodPut:
			exists.Store(true)
		case exists.Load():
			w.Header().Set("Content-Length", "4")
		default:
			w.Header().Set("X-Map-Code", "NoSuchKey")
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	t.Cleanup(server.Close)
	store := mapstore.New(t, mapstore.Config{Endpoint: server.URL, Conditions: mapstore.All(objectstore.Unproven)}, "bucket", objectstore.Tuning{})
	if _, _, err := blob.Put(t.Context(), store, "key", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{Cond: blob.Cond{IfAbsent: true}, Attrs: mine}); err != nil {
		t.Error(err)
	}
}

// However the copy of another client's object ends, that object is not taken for ours, and nobody takes equal attributes for a proof.
func TestACopyOfAnotherObjectThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		faults func(b behind)
		told   error
		marked bool // nothing could be done about that
	}{
		"lost answer": {func(b behind) {
			b.proxy.Inject(faultproxy.Match{Method: http.MethodPatch}, faultproxy.LoseAnswer, 1, 10)
		}, blob.ErrLost, false},
		"no look": {func(b behind) {
			b.proxy.Inject(faultproxy.Match{Method: http.MethodHead}, faultproxy.Refuse503, 2, 100)
		}, blob.ErrUnconfirmed, true},
		"no reading": {func(b behind) { b.proxy.Inject(faultproxy.Match{Method: http.MethodGet}, faultproxy.Refuse503, 1, 100) }, blob.ErrUnconfirmed, true},
		"no repair": {func(b behind) {
			b.proxy.Inject(faultproxy.Match{Method: http.MethodPatch}, faultproxy.Refuse503, 2, 100)
		}, blob.ErrLost, true},
		"a cancelled caller": {func(behind) {}, blob.ErrLost, false},
	} {
		b := unproven(t)
		b.server.Ignores = []string{"If-Match"}
		b.mustWrite(t, "key", someBytes(100))
		ctx, cancel := context.WithCancel(t.Context())
		c.faults(b)
		plant := sync.OnceFunc(func() {
			b.server.Put(b.bucket, "key", slices.Repeat([]byte("x"), 100)) // of the same size, so that it is read
			if name == "a cancelled caller" {
				cancel()
			}
		})
		b.proxy.OnRequest(func(r *http.Request) {
			if r.Method == http.MethodPatch {
				plant()
			}
		})
		_, err := b.SetAttrs(ctx, "key", blob.Cond{}, marked)
		cancel()
		b.proxy.Clear()
		now, headErr := b.Head(t.Context(), "key")
		if !errors.Is(err, c.told) || headErr != nil || (now.Owner() != "") != c.marked {
			t.Errorf("%s: %v, want %v; the object is of %q, %v", name, err, c.told, now.Owner(), headErr)
		}
		b.expect(t, "key", slices.Repeat([]byte("x"), 100))
	}
}

// A copy that took place although its answer was lost is a success, and one that did not is none.
func TestACopyWhoseAnswerIsLost(t *testing.T) {
	for fault, fails := range map[faultproxy.Fault]bool{faultproxy.LoseAnswer: false, faultproxy.Refuse503: true} {
		b := unproven(t)
		b.mustWrite(t, "key", someBytes(100))
		b.proxy.Inject(faultproxy.Match{Method: http.MethodPatch}, fault, 1, 10)
		info, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, marked)
		if (err != nil) != fails || !fails && info.Attrs.Metadata["build"] != "2" {
			t.Errorf("%v: %+v, %v", fault, info, err)
		}
	}
}

// What is not copied is sent again, with the attributes, and only if it has its known hash.
func TestAttributesThatAreSentAgain(t *testing.T) {
	for name, key := range map[string]string{"a name that could be decoded twice": "100%", "a refused copy": "key"} {
		b := unproven(t)
		if key == "key" {
			b.server.Denies = []string{"If-Match"}
		}
		b.mustWrite(t, key, someBytes(100))
		info, err := b.SetAttrs(t.Context(), key, blob.Cond{}, marked)
		if err != nil || info.Attrs.Metadata["build"] != "2" || !slices.Contains(b.sent(), put) {
			t.Errorf("%s: %+v, %v, sent %q", name, info, err, b.sent())
		}
		b.expect(t, key, someBytes(100))
	}
	b := unproven(t)
	b.mustWrite(t, "100%", someBytes(100))
	b.proxy.Inject(faultproxy.Match{Method: http.MethodGet}, faultproxy.GarbleBody, 1, 1)
	if _, err := b.SetAttrs(t.Context(), "100%", blob.Cond{}, marked); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("other bytes than those that were written: %v", err)
	}
	b.expect(t, "100%", someBytes(100))
}

// What the answer to a write lacks, a look tells.
func TestAnswersWithoutETags(t *testing.T) {
	for name, change := range changes {
		if strings.HasPrefix(name, "attributes") {
			continue // of an object that exists, whose copy's answer is about nothing else
		}
		b := unproven(t)
		b.server.NoETags = true
		b.server.Put(b.bucket, "key", someBytes(100))
		present, err := b.Head(t.Context(), "key")
		if err != nil {
			t.Fatal(err)
		}
		cond := blob.Cond{IfMatch: present.ETag}
		if change.absent {
			cond = b.conditionFor(t, true, 0)
		}
		if err := change.do(t.Context(), b, cond); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A store that may copy another object than the one that is meant copies none.
func TestAnUnprovenStoreCopiesNothing(t *testing.T) {
	b := unproven(t)
	b.mustWrite(t, "key", someBytes(large))
	if err := b.copyFrom(t, b, "key"); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(b.proxy.Requests(), func(r faultproxy.Request) bool { return r.Header.Get("X-Map-Copy-Source") != "" }) {
		t.Errorf("sent %q", b.sent())
	}
	b.expect(t, "copy", someBytes(large))
}

// A small write costs a look before and one after, and one by parts two more than on a store that is trusted.
func TestRequestsOfAnUnprovenStore(t *testing.T) {
	for name, want := range map[string][]string{
		"create": {head, put, head}, "update": {head, put, head}, "attributes": {head, patch, head, get}, "delete": {head, remove},
		"create by parts": {listOpen, begin, part, part, part, head, finish, head},
	} {
		b, change := unproven(t), changes[name]
		cond := b.conditionFor(t, change.absent, change.size)
		if err := change.do(t.Context(), b, cond); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		b.expectSent(t, want...)
	}
	b := unproven(t)
	if err := b.write(t.Context(), "key", someBytes(100), blob.Cond{}); err != nil {
		t.Error(err)
	}
	b.expectSent(t, put)
}
