// Package objectsuite tests source.Object on a real server of a store, with a network that breaks.
package objectsuite

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// Harness is a store whose requests pass a proxy.
type Harness struct {
	Store  blob.Store // empty
	Absent blob.Store // of the same kind, without a bucket
	Proxy  *faultproxy.Proxy
	Large  int  // bytes that the store sends in several parts
	IsS3   bool // the proxy's refusals are in S3's words
}

// Run runs the suite. open opens a new store, whose own requests are repeated or not.
func Run(t *testing.T, open func(t *testing.T, retries bool) Harness) {
	t.Helper()
	for name, c := range map[string]struct {
		fault  faultproxy.Fault
		times  int
		breaks bool
	}{
		"truncated":                 {faultproxy.TruncateBody, 3, false},
		"truncated again and again": {faultproxy.TruncateBody, 15, false},
		"reset":                     {faultproxy.Reset, 2, false},
		"lost":                      {faultproxy.LoseAnswer, 2, false},
		"reset each time":           {faultproxy.Reset, 1000, true},
		"overloaded":                {faultproxy.Refuse503, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			if h := open(t, false); h.IsS3 || c.fault != faultproxy.Refuse503 {
				breaksOff(t, h, c.fault, c.times, c.breaks)
			}
		})
	}
	t.Run("replaced while it is read", func(t *testing.T) { isReplaced(t, open(t, true)) })
	t.Run("not there", func(t *testing.T) {
		absent := source.Object{Store: open(t, true).Absent, Key: "key", Name: "x://absent/key"}
		if _, err := absent.Open(t.Context()); !errors.Is(err, blob.ErrNoBucket) {
			t.Errorf("%v", err)
		}
	})
	t.Run("copied", func(t *testing.T) { isCopied(t, open(t, true)) })
}

func (h Harness) put(t *testing.T, key string, data []byte) {
	t.Helper()
	if _, _, err := blob.Put(t.Context(), h.Store, key, blobtest.BytesSource(data), blobtest.Sum(data), blob.PutOptions{Attrs: blob.Attrs{Owner: "me"}}); err != nil {
		t.Fatal(err)
	}
}

func (h Harness) large() []byte {
	return bytes.Repeat([]byte("0123456789abcde\n"), h.Large/16+1)[:h.Large]
}

func breaksOff(t *testing.T, h Harness, fault faultproxy.Fault, times int, breaks bool) {
	t.Helper()
	data := h.large()
	h.put(t, "libs/a b.jar", data)
	h.Proxy.Inject(faultproxy.Match{Method: http.MethodGet, Path: "/libs/"}, fault, 1, times)
	object := source.Object{Store: h.Store, Key: "libs/a b.jar", Name: "x://bucket/libs/a b.jar"}
	sums, err := blob.HashOf(t.Context(), object)
	if breaks {
		var failure *source.Error
		if !errors.Is(err, source.ErrTruncated) || !errors.Is(err, blob.ErrUnreachable) || !errors.As(err, &failure) || failure.Source != object.Name {
			t.Errorf("%v", err)
		}
		return
	}
	if err != nil || sums.SHA256 != *blobtest.Sum(data) {
		t.Errorf("%+v, %v", sums, err)
	}
	for _, request := range h.Proxy.Requests() {
		if request.Method == http.MethodGet && strings.Contains(request.Path, "libs") && request.Header.Get("If-Match") == "" {
			t.Errorf("read without a condition: %v", request.Header)
		}
	}
}

// isReplaced: between a reading that broke off and the one that goes on.
func isReplaced(t *testing.T, h Harness) {
	t.Helper()
	data, other := h.large(), bytes.Repeat([]byte("other bytes"), h.Large/11)
	h.put(t, "key", data)
	h.Proxy.Inject(faultproxy.Match{Method: http.MethodGet, Path: "/key"}, faultproxy.TruncateBody, 1, 1)
	h.Proxy.OnRequest(func(r *http.Request) {
		if r.Header.Get("Range") != "" {
			h.Proxy.OnRequest(nil)
			h.put(t, "key", other)
		}
	})
	object := source.Object{Store: h.Store, Key: "key", Name: "x://bucket/key"}
	if sums, err := blob.HashOf(t.Context(), object); err != nil || sums.SHA256 != *blobtest.Sum(other) {
		t.Errorf("%+v, %v; want the later bytes", sums, err)
	}

	ranges, err := object.Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.Proxy.Clear()
	p := make([]byte, 10)
	if _, err := ranges.ReadAt(p, 11); err != nil || string(p) != "other byte" || len(h.Proxy.Requests()) != 1 {
		t.Errorf("%q, %v, %d requests", p, err, len(h.Proxy.Requests()))
	}
	if n, err := ranges.ReadAt(p, ranges.Size()-3); n != 3 || !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v", n, err)
	}
	h.put(t, "key", data)
	if _, err := ranges.ReadAt(p, 11); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("%v", err)
	}
}

func isCopied(t *testing.T, h Harness) {
	t.Helper()
	data := h.large()
	h.put(t, "source", data)
	h.Proxy.Clear()
	object := source.Object{Store: h.Store, Key: "source", Name: "x://bucket/source"}
	if _, _, err := blob.Put(t.Context(), h.Store, "copy", object, nil, blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, request := range h.Proxy.Requests() {
		if request.Method == http.MethodPut && request.Bytes > 0 {
			t.Errorf("%d bytes were sent", request.Bytes)
		}
	}
	if sums, err := blob.HashOf(t.Context(), source.Object{Store: h.Store, Key: "copy", Name: "x://bucket/copy"}); err != nil || sums.SHA256 != *blobtest.Sum(data) {
		t.Errorf("%+v, %v", sums, err)
	}
}
