// Package bucketsuite is the suite of what some stores can do with a bucket beyond its objects: CORS rules, transfer acceleration, signed
// addresses.
package bucketsuite

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// Store is a store that can do all of it.
type Store interface {
	blob.Store
	blob.CORSConfigurer
	blob.Accelerator
	blob.Presigner
}

// Harness is an empty bucket, which was never accelerated, and whose requests pass proxies.
type Harness struct {
	Store          Store
	Another        blob.Store        // another bucket, which is reached in the same way
	Stranger       blob.Store        // one that is reached by somebody else
	Regional, Fast *faultproxy.Proxy // before the usual endpoint, and before the accelerated one
	OpenUploads    func() []string
	Rules          blob.CORSConfig // that the store keeps as they are
	Large          int             // bytes that are sent in three parts
}

// Run runs the suite.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for name, test := range map[string]func(*testing.T, Harness){
		"CORS": keepsRules, "CORS rules are sent once": sendsRulesOnce, "acceleration": accelerates, "accelerated writes": writesAccelerated, "copies": copies, "signed addresses": signs,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func keepsRules(t *testing.T, h Harness) {
	for i, want := range []blob.CORSConfig{{}, h.Rules, {}} {
		if i > 0 {
			if err := h.Store.SetCORS(t.Context(), want); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := h.Store.CORS(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v; want %+v", got, err, want)
		}
	}
}

// All rules are sent, so that a repetition of them would undo what another program has written since: whoever made them makes them anew.
func sendsRulesOnce(t *testing.T, h Harness) {
	for _, rules := range []blob.CORSConfig{h.Rules, {}} {
		for _, fault := range []faultproxy.Fault{faultproxy.Reset, faultproxy.LoseAnswer, faultproxy.Refuse429, faultproxy.Refuse500, faultproxy.Refuse503} {
			h.Regional.Clear()
			h.Regional.Inject(faultproxy.Match{Query: "cors"}, fault, 1, 1)
			if err := h.Store.SetCORS(t.Context(), rules); !errors.Is(err, blob.ErrUnreachable) {
				t.Errorf("%s: %v", fault, err)
			}
			if requests := h.Regional.Methods(); len(requests) != 1 {
				t.Errorf("%s: sent by %v", fault, requests)
			}
		}
	}
}

func accelerates(t *testing.T, h Harness) {
	if on, err := h.Store.Acceleration(t.Context()); on || err != nil {
		t.Errorf("never set: %t, %v; want off", on, err)
	}
	for _, want := range []bool{false, true, false, true} {
		if err := h.Store.SetAcceleration(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if on, err := h.Store.Acceleration(t.Context()); err != nil || on != want {
			t.Errorf("after it was set to %t: %t, %v", want, on, err)
		}
		h.Regional.Clear()
		h.Fast.Clear()
		if err := h.Store.TryAcceleration(t.Context()); (err == nil) != want || !want && !errors.Is(err, blob.ErrNotAccelerated) {
			t.Errorf("tried while it is %t: %v", want, err)
		}
		if len(h.Regional.Requests()) != 0 || len(h.Fast.Requests()) != 1 {
			t.Errorf("tried by %q and by %q", h.Regional.Methods(), h.Fast.Methods())
		}
	}
	h.Fast.Clear()
	if endpoint, err := h.Store.AccelerationEndpoint(t.Context()); endpoint != h.Fast.URL || err != nil || len(h.Fast.Requests()) > 0 {
		t.Errorf("%q, %v", endpoint, err)
	}
}

// The bytes alone go to the accelerated endpoint, where that is wanted, and once where it refuses them.
func writesAccelerated(t *testing.T, h Harness) {
	put := func(size int, accelerate bool) error {
		h.Regional.Clear()
		h.Fast.Clear()
		_, _, err := blob.Put(t.Context(), h.Store, "key", blobtest.BytesSource(blobtest.SomeBytes(size)), nil, blob.PutOptions{Attrs: blob.Attrs{Owner: "me"}, Accelerate: accelerate})
		return err
	}
	carry := func(p *faultproxy.Proxy) map[string]int {
		carriers := map[string]int{}
		for _, r := range p.Requests() {
			if r.Method == http.MethodPut {
				carriers[r.Query.Get("partNumber")]++
			}
		}
		return carriers
	}
	for _, size := range []int{1000, h.Large} {
		err := put(size, true)
		var failure *blob.Error
		if !errors.Is(err, blob.ErrNotAccelerated) || !errors.As(err, &failure) || failure.Endpoint != h.Fast.URL {
			t.Errorf("%d bytes while it is off: %v", size, err)
		}
		if len(carry(h.Fast)) == 0 || len(carry(h.Regional)) > 0 {
			t.Errorf("%d bytes while it is off: by %v and %v", size, carry(h.Fast), carry(h.Regional))
		}
		for part, times := range carry(h.Fast) {
			if times > 1 {
				t.Errorf("part %q was sent %d times", part, times)
			}
		}
		if _, err := h.Store.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the object exists: %v", err)
		}
		if open := h.OpenUploads(); len(open) > 0 {
			t.Errorf("open uploads: %v", open)
		}
	}
	if err := h.Store.SetAcceleration(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for size, parts := range map[int]int{1000: 1, h.Large: 3} {
		for _, accelerate := range []bool{true, false} {
			if err := put(size, accelerate); err != nil {
				t.Fatal(err)
			}
			carrier, other := h.Regional, h.Fast
			if accelerate {
				carrier, other = h.Fast, h.Regional
			}
			if len(carry(carrier)) != parts || len(carry(other)) > 0 || accelerate && len(carrier.Requests()) != parts || !accelerate && len(other.Requests()) > 0 {
				t.Errorf("%d bytes, accelerated %t: by %q, and %q at the other endpoint", size, accelerate, carrier.Methods(), other.Methods())
			}
			if info, err := h.Store.Head(t.Context(), "key"); err != nil || info.Size != int64(size) {
				t.Errorf("%+v, %v", info, err)
			}
		}
	}
}

// A copy to another bucket has no bytes that could be accelerated, and is made although the acceleration is off.
func copies(t *testing.T, h Harness) {
	data := blobtest.SomeBytes(h.Large)
	blobtest.MustPut(t, h.Store, "from", data)
	stage, err := h.Another.Stage(t.Context(), "copy", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	if to := stage.(blob.CopyStage); !to.CanCopy(h.Store) || to.CanCopy(h.Stranger) {
		t.Error("what is reached in the same way is not copied, or anything else is")
	}
	h.Regional.Clear()
	if _, _, err := blob.Put(t.Context(), h.Another, "copy", blobtest.StoredSource(h.Store, "from", nil), blobtest.Sum(data), blob.PutOptions{Accelerate: true}); err != nil {
		t.Fatal(err)
	}
	for _, r := range append(h.Fast.Requests(), h.Regional.Requests()...) {
		if len(h.Fast.Requests()) > 0 || r.Method == http.MethodPut && r.Bytes > 0 {
			t.Errorf("%d bytes were sent, and to the accelerated endpoint %q", r.Bytes, h.Fast.Methods())
		}
	}
	if sums, err := blob.HashOf(t.Context(), blobtest.StoredSource(h.Another, "copy", nil)); err != nil || sums.SHA256 != *blobtest.Sum(data) {
		t.Errorf("%+v, %v", sums, err)
	}
}

func signs(t *testing.T, h Harness) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	do := func(method, key, body string) (*http.Response, string) {
		t.Helper()
		address, err := h.Store.Presign(t.Context(), method, key, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, address, bytes.NewReader([]byte(body)))
		if err != nil {
			t.Fatal(err)
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode/100 != 2 {
			t.Errorf("%s %q: %s %s %v", method, key, response.Status, text, err)
		}
		return response, string(text)
	}
	for _, key := range []string{"key", "a b/key+1", "ä?x=1"} {
		do(http.MethodPut, key, "data")
		if response, _ := do(http.MethodHead, key, ""); response.ContentLength != 4 {
			t.Errorf("HEAD: %v", response.Header)
		}
		if _, text := do(http.MethodGet, key, ""); text != "data" {
			t.Errorf("GET: %q", text)
		}
		do(http.MethodDelete, key, "")
		if _, err := h.Store.Head(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("after DELETE: %v", err)
		}
	}
	if _, err := h.Store.Presign(t.Context(), http.MethodPost, "key", time.Minute); err == nil {
		t.Error("POST was signed")
	}
}
