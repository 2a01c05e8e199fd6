package s3blob

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// Without its ID nobody could abort the upload that was begun: the answer that names it is awaited a little.
func TestACopyCancelledAsItBegins(t *testing.T) {
	b := startBehind(t, copying(true))
	b.proxy.Finishes = true
	mustPut(t, b, "key", someBytes(large))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	b.proxy.OnRequest(func(r *http.Request) {
		if r.URL.Query().Has("uploads") && r.Method == http.MethodPost {
			cancel()
			select {
			case <-r.Context().Done(): // nobody listens any more
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	if _, err := b.SetAttrs(ctx, "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" }); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	b.proxy.Quiet()
	if methods := b.proxy.Methods(); !slices.Contains(methods, "POST") {
		t.Errorf("nothing was begun: %v", methods)
	}
	b.expect(t, "key", someBytes(large))
}

// A copy that nobody waits for goes on in the store, and its part may come after the abort: so it is waited for when another one fails.
func TestAFailedCopyWaitsForTheOthers(t *testing.T) {
	b := startBehind(t, copying(true))
	mustPut(t, b, "key", someBytes(smallestPart+1000))
	b.proxy.Clear()
	isCopy := func(r *http.Request) bool { return r.Header.Get("X-Amz-Copy-Source-Range") != "" }
	b.proxy.Inject(faultproxy.Match{Header: "X-Amz-Copy-Source-Range", Query: "partNumber"}, faultproxy.Refuse501, 2, 1)
	var arrived atomic.Int32
	b.proxy.OnRequest(func(r *http.Request) {
		if !isCopy(r) {
			return
		}
		if arrived.Add(1) == 1 {
			time.Sleep(300 * time.Millisecond) // the second one is refused meanwhile
		}
	})
	if _, err := b.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" }); err == nil {
		t.Error("no error")
	}
	copies, aborts := 0, 0
	for _, r := range b.proxy.Requests() {
		switch {
		case r.Query.Has("partNumber") && r.Status == http.StatusOK:
			copies++
			if aborts > 0 {
				t.Error("it was aborted before all copies had ended")
			}
		case r.Method == http.MethodDelete:
			aborts++
		}
	}
	if copies != 1 || aborts != 2 {
		t.Errorf("%d copies ended, and %d aborts: %v", copies, aborts, b.proxy.Methods())
	}
	b.expect(t, "key", someBytes(smallestPart+1000))
}
