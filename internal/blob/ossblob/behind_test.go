package ossblob

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// behind is a store behind a fault proxy.
type behind struct {
	*Store
	config Config
	server *ossfake.Server
	proxy  *faultproxy.Proxy
	bucket string
}

func startBehind(t *testing.T, change func(*Config)) behind {
	t.Helper()
	return startBehindBucket(t, ossfake.BucketOptions{}, change)
}

func startBehindBucket(t *testing.T, options ossfake.BucketOptions, change func(*Config)) behind {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{})
	proxy := faultproxy.Start(t, server.Endpoint, "")
	const bucket = "acme-flink"
	server.CreateBucketNamed(bucket, options)
	config := configFor(server)
	config.Endpoint = proxy.URL
	if change != nil {
		change(&config)
	}
	return behind{newStore(t, config, bucket), config, server, proxy, bucket}
}

// tuned opens the store anew.
func (b behind) tuned(t *testing.T, tuning objectstore.Tuning) behind {
	t.Helper()
	b.Store = newTunedStore(t, b.config, b.bucket, tuning)
	return b
}

// byParts are copies of all that is larger than a file or two.
var byParts = objectstore.Tuning{CopyLimit: 1000, CopyPart: smallestPart}

// driverOf opens the store, which sends nothing.
func driverOf(t testing.TB, store *Store) *driver {
	t.Helper()
	d, err := store.lazy.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// inFront puts a handler between the store and the server, which it may call.
func inFront(t *testing.T, handle func(w http.ResponseWriter, r *http.Request, server http.Handler)) behind {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{})
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handle(w, r, server) }))
	t.Cleanup(front.Close)
	bucket := server.CreateBucket(t)
	config := configFor(server)
	config.Endpoint = front.URL
	return behind{Store: newStore(t, config, bucket), config: config, server: server, bucket: bucket}
}

// rewrite lets the server answer, and changes the header of the answer.
func rewrite(w http.ResponseWriter, r *http.Request, server http.Handler, change func(http.Header)) {
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, r)
	for name, values := range recorder.Header() {
		w.Header()[name] = values
	}
	change(w.Header())
	w.WriteHeader(recorder.Code)
	w.Write(recorder.Body.Bytes())
}

// asked are the operations that the server was asked for.
func (b behind) asked() []string {
	var operations []string
	for _, r := range b.server.Requests() {
		operations = append(operations, r.Operation)
	}
	return operations
}

// passed counts requests at the proxy, which writes them down a little after the client has its answer.
func (b behind) passed(match func(faultproxy.Request) bool) int {
	n := 0
	for start := time.Now(); n == 0 && time.Since(start) < 5*time.Second; {
		time.Sleep(20 * time.Millisecond)
		for _, r := range b.proxy.Requests() {
			if match(r) {
				n++
			}
		}
	}
	return n
}

func (b behind) expectAsked(t *testing.T, want ...string) {
	t.Helper()
	if got := b.asked(); !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	b.server.ClearRequests()
}

func someBytes(n int) []byte {
	return bytes.Repeat([]byte("0123456789abcde\n"), n/16+1)[:n]
}

func put(t *testing.T, store blob.Store, key string, data []byte, cond blob.Cond) (blob.Info, error) {
	t.Helper()
	return putWith(t, store, key, data, blob.PutOptions{Cond: cond})
}

func putWith(t *testing.T, store blob.Store, key string, data []byte, options blob.PutOptions) (blob.Info, error) {
	t.Helper()
	options.Attrs.Owner = "me"
	info, _, err := blob.Put(t.Context(), store, key, blobtest.BytesSource(data), blobtest.Sum(data), options)
	return info, err
}

func mustPut(t *testing.T, store blob.Store, key string, data []byte) blob.Info {
	t.Helper()
	info, err := put(t, store, key, data, blob.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func (b behind) expect(t *testing.T, key string, data []byte) {
	t.Helper()
	object, ok := b.server.Object(b.bucket, key)
	if !ok || !bytes.Equal(object.Data, data) {
		t.Errorf("%q: %t, %d bytes; want %d", key, ok, len(object.Data), len(data))
	}
	b.expectNothingOpen(t)
}

func (b behind) expectAbsent(t *testing.T, key string) {
	t.Helper()
	if _, ok := b.server.Object(b.bucket, key); ok {
		t.Errorf("%q is there", key)
	}
	b.expectNothingOpen(t)
}

func (b behind) expectNothingOpen(t *testing.T) {
	t.Helper()
	if open := b.server.OpenUploads(b.bucket); len(open) > 0 {
		t.Errorf("left open: %q", open)
	}
}

func read(t *testing.T, store blob.Store, key string) []byte {
	t.Helper()
	object, err := store.Open(t.Context(), key, blob.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	data, err := io.ReadAll(object)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func codeOf(err error) string {
	var failure *blob.Error
	if errors.As(err, &failure) {
		return failure.Code
	}
	return ""
}

func failureOf(t *testing.T, err error) *blob.Error {
	t.Helper()
	var failure *blob.Error
	if !errors.As(err, &failure) {
		t.Fatalf("%v is no *blob.Error", err)
	}
	return failure
}
