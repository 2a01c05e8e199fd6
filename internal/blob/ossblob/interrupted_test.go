package ossblob

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// grace is how long package multipart waits for answers that nobody needs any more.
const grace = 5 * time.Second

// The look just before an object is published is not yet the request that publishes it: a caller who gives up meanwhile has nothing
// published, and waits for nothing.
func TestCancelledWhileLooking(t *testing.T) {
	for _, stalls := range []bool{false, true} {
		for name, do := range map[string]func(ctx context.Context, b behind) error{
			"PutObject":               func(ctx context.Context, b behind) error { return putUnder(ctx, b, 100) },
			"CompleteMultipartUpload": func(ctx context.Context, b behind) error { return putUnder(ctx, b, large) },
			"copy by parts": func(ctx context.Context, b behind) error {
				_, err := b.tuned(t, byParts).SetAttrs(ctx, "planted", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "me" })
				return err
			},
		} {
			b := startBehind(t, nil)
			b.server.Put(b.bucket, "planted", someBytes(large), nil)
			ctx, cancel := context.WithCancel(t.Context())
			looks := faultproxy.Match{Method: http.MethodHead}
			look := 1
			if name == "copy by parts" {
				look = 2
			}
			if stalls {
				b.proxy.Inject(looks, faultproxy.Stall, look, 1)
			}
			seen := 0
			b.proxy.OnRequest(func(r *http.Request) {
				if r.Method == http.MethodHead {
					if seen++; seen == look {
						cancel()
					}
				}
			})
			start := time.Now()
			err := do(ctx, b)
			if took := time.Since(start); !errors.Is(err, context.Canceled) || took > grace-500*time.Millisecond {
				t.Errorf("%s, stalls %t: %v after %s", name, stalls, err, took)
			}
			if asked := b.asked(); slices.Contains(asked, "PutObject") || slices.Contains(asked, "CompleteMultipartUpload") {
				t.Errorf("%s, stalls %t: asked for %q", name, stalls, asked)
			}
			b.expectAbsent(t, "key")
			cancel()
		}
	}
}

func putUnder(ctx context.Context, store blob.Store, size int) error {
	_, _, err := blob.Put(ctx, store, "key", blobtest.BytesSource(someBytes(size)), nil, blob.PutOptions{Cond: blob.Cond{IfAbsent: true}, Attrs: blob.Attrs{Owner: "me"}})
	return err
}

// Without its answer nobody could abort the upload that was begun.
func TestACopyCancelledAsItBegins(t *testing.T) {
	b := startBehind(t, nil).tuned(t, byParts)
	b.server.Put(b.bucket, "key", someBytes(large), nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.server.OnRequest(func(r ossfake.Request) {
		if r.Operation == "InitiateMultipartUpload" {
			cancel()
			time.Sleep(50 * time.Millisecond) // what listens no longer has gone by then
		}
	})
	if _, err := b.SetAttrs(ctx, "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "me" }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.expect(t, "key", someBytes(large))
	if !slices.Contains(b.asked(), "AbortMultipartUpload") {
		t.Errorf("asked for %q", b.asked())
	}
}

// A copy that nobody waits for goes on in OSS, and its part may come after the abort.
func TestAFailedCopyIsAbortedTwice(t *testing.T) {
	b := startBehind(t, nil).tuned(t, byParts)
	b.server.Put(b.bucket, "key", someBytes(large), nil)
	b.proxy.Inject(faultproxy.Match{Header: "X-Oss-Copy-Source-Range"}, faultproxy.Refuse501, 1, 1)
	if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "me" }); err == nil {
		t.Error("no error")
	}
	aborts := 0
	for _, operation := range b.asked() {
		if operation == "AbortMultipartUpload" {
			aborts++
		}
	}
	if aborts != 2 {
		t.Errorf("asked for %q", b.asked())
	}
	b.expectNothingOpen(t)
}

// That the time is over while an answer comes in is no failure of the network, and a pause that would outlast it is not waited for.
func TestDeadlines(t *testing.T) {
	b := inFront(t, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("X-Oss-Request-Id", "R")
		w.Write([]byte("<ListBucketResult>"))
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := b.Bucket(ctx); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, blob.ErrUnreachable) {
		t.Errorf("%v", err)
	}
	b = startBehind(t, nil)
	b.server.Throttle(nil, 1, ossfake.Refusal{RetryAfter: 20 * time.Second})
	ctx, cancel = context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	start := time.Now()
	if err := b.Bucket(ctx); failureOf(t, err).Code != "QpsLimitExceeded" || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}
