package objectstore_test

import (
	"context"
	"errors"
	"io/fs"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// Which requests carry a condition, and where a look comes before them.
func TestEnforcement(t *testing.T) {
	for enforcement, looks := range map[objectstore.Enforcement]bool{objectstore.ByStore: false, objectstore.ByBoth: true, objectstore.ByLook: true} {
		b := start(t, func(c *mapstore.Config) { c.Conditions = mapstore.All(enforcement) })
		for name, do := range map[string]func(cond blob.Cond) error{
			put:    func(cond blob.Cond) error { return b.write(t.Context(), "old", []byte("new"), cond) },
			finish: func(cond blob.Cond) error { return b.write(t.Context(), "old", someBytes(large), cond) },
			remove: func(cond blob.Cond) error { return b.Delete(t.Context(), "old", cond) },
		} {
			for met, want := range map[string]error{"stale": blob.ErrChanged, "absent": fs.ErrExist, "": nil} {
				old := b.mustWrite(t, "old", []byte("old"))
				cond := blob.Cond{IfMatch: old.ETag + met}
				if met == "absent" {
					cond = blob.Cond{IfAbsent: true}
				}
				if name == remove && cond.IfAbsent {
					continue
				}
				if err := do(cond); !errors.Is(err, want) {
					t.Errorf("enforcement %d, %s, %s: %v", enforcement, name, met, err)
				}
				sent := b.sent()
				publishes, looked := slices.Index(sent, name), slices.Index(sent, head) // after a refusal Put looks what became of it
				if isFirst := looked >= 0 && (publishes < 0 || looked < publishes); isFirst != looks || publishes < 0 && want == nil {
					t.Errorf("enforcement %d, %s, %s: sent %q", enforcement, name, met, sent)
				}
				isSent := slices.ContainsFunc(b.proxy.Requests(), func(r faultproxy.Request) bool {
					return r.Header.Get("If-Match")+r.Header.Get("If-None-Match") != ""
				})
				if isSent != (publishes >= 0 && enforcement != objectstore.ByLook) {
					t.Errorf("enforcement %d, %s, %s: a condition was sent: %t", enforcement, name, met, isSent)
				}
				if want != nil {
					b.expect(t, "old", []byte("old"))
				}
			}
		}
	}
}

// A look that the caller has just had counts, once.
// An older one does not, nor does it before a repetition.
func TestACallersLook(t *testing.T) {
	b := start(t, func(c *mapstore.Config) { c.Conditions = mapstore.All(objectstore.ByLook) })
	// A minute ahead: a busy machine may take the second for which a look counts.
	justNow, longAgo := time.Now().Add(time.Minute), time.Now().Add(-time.Minute)
	old := b.mustWrite(t, "key", []byte("old"))
	write := func(seen time.Time) {
		t.Helper()
		if err := b.write(t.Context(), "key", []byte("new"), blob.Cond{IfMatch: old.ETag, Seen: seen}); err != nil {
			t.Error(err)
		}
	}
	write(justNow)
	b.expectSent(t, put)
	old = b.mustWrite(t, "key", []byte("old"))
	write(longAgo)
	b.expectSent(t, head, put)
	old = b.mustWrite(t, "key", []byte("old"))
	b.proxy.Inject(faultproxy.Match{Method: http.MethodPut}, faultproxy.Refuse503, 1, 1)
	write(justNow)
	b.expectSent(t, put, head, put)
	old = b.mustWrite(t, "key", []byte("old"))
	if err := b.Delete(t.Context(), "key", blob.Cond{IfMatch: old.ETag, Seen: justNow}); err != nil {
		t.Error(err)
	}
	b.expectSent(t, remove)
}

// What a condition was compared with may have changed before a repetition.
func TestALookBeforeARepetition(t *testing.T) {
	b := start(t, func(c *mapstore.Config) { c.Conditions = mapstore.All(objectstore.ByLook) })
	old := b.mustWrite(t, "key", []byte("old"))
	b.proxy.Inject(faultproxy.Match{Method: http.MethodPut}, faultproxy.Refuse503, 1, 1)
	b.on(http.MethodPut, "", func() { b.server.Put(b.bucket, "key", []byte("newer")) })
	if err := b.write(t.Context(), "key", []byte("mine"), blob.Cond{IfMatch: old.ETag}); !errors.Is(err, blob.ErrChanged) {
		t.Error(err)
	}
	b.expect(t, "key", []byte("newer"))
}

// A store that turns out not to know a condition is not sent it again.
func TestAConditionThatIsRefused(t *testing.T) {
	b := start(t, nil)
	b.server.Refuses = []string{"If-Match", "If-None-Match"}
	old := b.mustWrite(t, "key", []byte("old"))
	if err := b.write(t.Context(), "key", []byte("new"), blob.Cond{IfMatch: "stale"}); !errors.Is(err, blob.ErrChanged) {
		t.Errorf("a stale ETag: %v", err)
	}
	b.expectSent(t, put, head, head) // Put itself looks what became of it
	for _, want := range [][]string{{put, head, put}, {head, put}} {
		if err := b.write(t.Context(), "key", []byte("new"), blob.Cond{IfMatch: old.ETag}); err != nil {
			t.Error(err)
		}
		b.expectSent(t, want...)
		old = b.mustWrite(t, "key", []byte("old"))
	}
	if err := b.write(t.Context(), "new", []byte("new"), blob.Cond{IfAbsent: true}); err != nil {
		t.Error(err)
	}
	b.expectSent(t, put, head, put)
	if err := b.write(t.Context(), "key", []byte("another"), blob.Cond{IfAbsent: true}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("over an object: %v", err)
	}
}

// The look just before an object is published is not yet the request that publishes it: a caller who gives up meanwhile has nothing
// published, and waits for nothing.
func TestCancelledWhileLooking(t *testing.T) {
	for _, stalls := range []bool{false, true} {
		for name, do := range map[string]func(ctx context.Context, b behind) error{
			"put": func(ctx context.Context, b behind) error {
				return b.write(ctx, "key", []byte("new"), blob.Cond{IfAbsent: true})
			},
			"complete": func(ctx context.Context, b behind) error {
				return b.write(ctx, "key", someBytes(large), blob.Cond{IfAbsent: true})
			},
			"complete a copy onto itself": func(ctx context.Context, b behind) error {
				_, err := b.SetAttrs(ctx, "planted", blob.Cond{}, own)
				return err
			},
		} {
			b := start(t, func(c *mapstore.Config) { c.Conditions = mapstore.All(objectstore.ByLook) })
			b.server.Put(b.bucket, "planted", someBytes(large))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			look := 1
			if name == "complete a copy onto itself" {
				look = 2
			}
			if stalls {
				b.proxy.Inject(faultproxy.Match{Method: http.MethodHead}, faultproxy.Stall, look, 1)
			}
			seen := 0
			b.on(http.MethodHead, "", func() {
				if seen++; seen == look {
					cancel()
				}
			})
			if err := do(ctx, b); !errors.Is(err, context.Canceled) {
				t.Errorf("%s, stalls %t: %v", name, stalls, err)
			}
			if sent := b.sent(); slices.Contains(sent, put) || slices.Contains(sent, finish) {
				t.Errorf("%s, stalls %t: sent %q", name, stalls, sent)
			}
			b.expect(t, "key", nil)
			b.expectOpen(t)
		}
	}
}

// An upload that ended meanwhile is no object that exists, whatever the condition.
func TestAnUploadThatEnded(t *testing.T) {
	for _, cond := range []blob.Cond{{}, {IfAbsent: true}} {
		b := start(t, nil)
		b.proxy.OnRequest(func(r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Query().Has("uploadId") {
				b.server.EndUploads(b.bucket)
			}
		})
		err := b.write(t.Context(), "key", someBytes(large), cond)
		var failure *blob.Error
		if !errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrExist) || !errors.As(err, &failure) || failure.Code != "NoSuchUpload" {
			t.Errorf("%+v: %v", cond, err)
		}
		b.expectOpen(t)
	}
}
