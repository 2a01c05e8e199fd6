package s3blob

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// What a network does to a source that lies here.
func TestAsASource(t *testing.T) {
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
			none := 0
			b := startBehind(t, func(config *Config) { config.MaxRetries = &none })
			data := someBytes(large)
			mustPut(t, b, "libs/a b.jar", data)
			b.proxy.Inject(faultproxy.Match{Method: http.MethodGet, Path: "/libs/"}, c.fault, 1, c.times)
			object := source.Object{Store: b.Store, Key: "libs/a b.jar", Name: "x://bucket/libs/a b.jar"}
			sums, err := blob.HashOf(t.Context(), object)
			if c.breaks {
				var failure *source.Error
				if !errors.Is(err, source.ErrTruncated) || !errors.Is(err, blob.ErrUnreachable) || !errors.As(err, &failure) || failure.Source != object.Name {
					t.Errorf("%v", err)
				}
				return
			}
			if err != nil || sums.SHA256 != *blobtest.Sum(data) {
				t.Errorf("%+v, %v", sums, err)
			}
			for _, request := range b.proxy.Requests() {
				if request.Method == http.MethodGet && bytes.Contains([]byte(request.Path), []byte("libs")) && request.Header.Get("If-Match") == "" {
					t.Errorf("read without a condition: %v", request.Header)
				}
			}
		})
	}
}

// An object that is replaced while it is read, between a reading that broke off and the one that goes on.
func TestASourceThatIsReplaced(t *testing.T) {
	b := startBehind(t, nil)
	data, other := someBytes(large), bytes.Repeat([]byte("other bytes"), large/11)
	mustPut(t, b, "key", data)
	b.proxy.Inject(faultproxy.Match{Method: http.MethodGet, Path: "/key"}, faultproxy.TruncateBody, 1, 1)
	b.proxy.OnRequest(func(r *http.Request) {
		if r.Header.Get("Range") != "" {
			b.proxy.OnRequest(nil)
			mustPut(t, b, "key", other)
		}
	})
	object := source.Object{Store: b.Store, Key: "key", Name: "x://bucket/key"}
	if sums, err := blob.HashOf(t.Context(), object); err != nil || sums.SHA256 != *blobtest.Sum(other) {
		t.Errorf("%+v, %v; want the later bytes", sums, err)
	}

	ranges, err := object.Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.proxy.Clear()
	p := make([]byte, 10)
	if _, err := ranges.ReadAt(p, 11); err != nil || string(p) != "other byte" || len(b.proxy.Requests()) != 1 {
		t.Errorf("%q, %v, %d requests", p, err, len(b.proxy.Requests()))
	}
	if n, err := ranges.ReadAt(p, ranges.Size()-3); n != 3 || !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v", n, err)
	}
	mustPut(t, b, "key", data)
	if _, err := ranges.ReadAt(p, 11); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("%v", err)
	}
}

func TestASourceThatIsNotThere(t *testing.T) {
	b := startBehind(t, nil)
	absent := newStore(t, b.config, b.bucket+"-absent")
	if _, err := (source.Object{Store: absent, Key: "key", Name: "x://absent/key"}).Open(t.Context()); !errors.Is(err, blob.ErrNoBucket) {
		t.Errorf("%v", err)
	}
}

// A source here is copied.
func TestASourceIsCopied(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "source", someBytes(large))
	b.proxy.Clear()
	object := source.Object{Store: b.Store, Key: "source", Name: "x://bucket/source"}
	if _, _, err := blob.Put(t.Context(), b, "copy", object, nil, blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, request := range b.proxy.Requests() {
		if request.Method == http.MethodPut && request.Bytes > 0 {
			t.Errorf("%d bytes were sent", request.Bytes)
		}
	}
	b.expect(t, "copy", someBytes(large))
}
