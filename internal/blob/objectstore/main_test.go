package objectstore_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	partSize = 64 << 10
	large    = 2*partSize + 1000 // three parts
)

// behind is a store with a proxy before its server.
type behind struct {
	*objectstore.Store

	config mapstore.Config
	server *mapstore.Server
	proxy  *faultproxy.Proxy
	bucket string
}

func start(t *testing.T, change func(*mapstore.Config)) behind {
	t.Helper()
	server := mapstore.Start(t)
	proxy := faultproxy.Start(t, server.URL, "")
	config := mapstore.Config{Endpoint: proxy.URL}
	config.Budget = multipart.NewBudgetOf(4, partSize)
	if change != nil {
		change(&config)
	}
	b := behind{config: config, server: server, proxy: proxy, bucket: server.CreateBucket(false)}
	return b.again(t, b.bucket)
}

// again is another store of the same configuration, which copies by parts what has more than 1000 bytes.
func (b behind) again(t *testing.T, bucket string) behind {
	b.bucket = bucket
	b.Store = mapstore.New(t, b.config, bucket, objectstore.Tuning{CopyLimit: 1000, CopyPart: partSize})
	return b
}

// sent are the requests that passed the proxy, in the order in which they came.
func (b behind) sent() []string {
	var names []string
	for _, r := range b.proxy.Requests() {
		names = append(names, nameOf(r.Method, r.Query))
	}
	return names
}

// nameOf is a request as the constants below have it.
func nameOf(method string, query url.Values) string {
	for _, of := range []string{"list-type", "uploads", "uploadId", "partNumber"} {
		if query.Has(of) {
			method += " " + of
		}
	}
	return method
}

const (
	head     = "HEAD"
	get      = "GET"
	put      = "PUT"
	patch    = "PATCH"
	remove   = "DELETE"
	begin    = "POST uploads"
	part     = "PUT uploadId partNumber"
	finish   = "POST uploadId"
	abort    = "DELETE uploadId"
	listOpen = "GET uploads"
)

func (b behind) expectSent(t *testing.T, want ...string) {
	t.Helper()
	if got := b.sent(); !slices.Equal(got, want) {
		t.Errorf("sent %q, want %q", got, want)
	}
	b.proxy.Clear()
}

func (b behind) expect(t *testing.T, key string, data []byte) {
	t.Helper()
	got, exists := b.server.Object(b.bucket, key)
	if exists != (data != nil) || string(got) != string(data) {
		t.Errorf("%q: exists %t, with %d bytes, want %d", key, exists, len(got), len(data))
	}
}

func (b behind) expectOpen(t *testing.T, want ...string) {
	t.Helper()
	var keys []string
	for _, open := range b.server.OpenUploads(b.bucket) {
		key, _, _ := strings.Cut(open, "\x00")
		keys = append(keys, key)
	}
	if !slices.Equal(keys, want) {
		t.Errorf("open: %q, want %q", keys, want)
	}
}

func someBytes(n int) []byte {
	data := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(data)
	return data
}

var mine = blob.Attrs{Owner: "me"}

func (b behind) write(ctx context.Context, key string, data []byte, cond blob.Cond) error {
	_, _, err := blob.Put(ctx, b.Store, key, blobtest.BytesSource(data), nil, blob.PutOptions{Cond: cond, Attrs: mine})
	return err
}

func (b behind) mustWrite(t *testing.T, key string, data []byte) blob.Info {
	t.Helper()
	if err := b.write(t.Context(), key, data, blob.Cond{}); err != nil {
		t.Fatal(err)
	}
	info, err := b.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	b.proxy.Clear()
	return info
}

func own(a *blob.Attrs) { a.Owner = "somebody else" }

// on calls do when a request comes that matches.
func (b behind) on(method, query string, do func()) {
	b.proxy.OnRequest(func(r *http.Request) {
		if r.Method == method && (query == "" || r.URL.Query().Has(query)) {
			do()
		}
	})
}

const day = 24 * time.Hour
