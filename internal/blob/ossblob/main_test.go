package ossblob

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestMain(m *testing.M) {
	blobtest.ClearEnvironment("OSS_", "ALIBABA_CLOUD_", "ALICLOUD_", "TFC_", "HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")
	os.Setenv("HOME", "/nonexistent")
	os.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
	goleak.VerifyTestMain(m)
}

const (
	smallestPart = 100 << 10 // what OSS takes for a part that is not the last
	large        = 3 * smallestPart
	secret       = "very-secret"
)

// setup is what a test may set otherwise.
type setup struct {
	Config
	objectstore.Tuning
	ossfake.BucketOptions
}

// configFor reaches a server with its owner's key, in parts as small as OSS takes them.
func configFor(server *ossfake.Server) Config {
	return Config{
		Common: objectstore.Common{CABundle: server.CAFile, Budget: multipart.NewBudgetOf(4, smallestPart)},
		Region: server.Region, Endpoint: server.Endpoint, AccelerateEndpoint: server.AccelerateEndpoint,
		AccessKey: server.AccessKey, SecretKey: server.SecretKey,
	}
}

// newStore is New, with pauses that no test waits for, and with its connections closed in the end.
func newStore(t testing.TB, config Config, bucket string, tuning ...objectstore.Tuning) *Store {
	tuned := append(tuning, objectstore.Tuning{})[0]
	tuned.FirstPause = time.Millisecond
	store := newTuned(config, bucket, tuned)
	t.Cleanup(func() {
		if driver := store.lazy.Opened(); driver != nil {
			for _, transport := range driver.transports {
				transport.CloseIdleConnections()
			}
		}
	})
	return store
}

// behind is a store behind a fault proxy.
type behind struct {
	*Store
	server *ossfake.Server
	proxy  *faultproxy.Proxy
	setup  setup
	bucket string
}

func startBehind(t *testing.T, change func(*setup)) behind {
	server := ossfake.Start(t, ossfake.Options{})
	b := behind{server: server, proxy: faultproxy.Start(t, server.Endpoint, ""), setup: setup{Config: configFor(server)}, bucket: "acme-flink"}
	b.setup.Endpoint = b.proxy.URL
	if change != nil {
		change(&b.setup)
	}
	server.CreateBucketNamed(b.bucket, b.setup.BucketOptions)
	b.Store = newStore(t, b.setup.Config, b.bucket, b.setup.Tuning)
	return b
}

// driver is what the store sends its requests with.
func (b behind) driver(t *testing.T) *driver {
	t.Helper()
	driver, err := b.lazy.Get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return driver
}

func own(a *blob.Attrs) { a.Owner = "you" }

// asked are the operations that the server was asked for since the last time.
func (b behind) asked() string {
	var operations []string
	for _, r := range b.server.Requests() {
		operations = append(operations, r.Operation)
	}
	b.server.ClearRequests()
	return strings.Join(operations, " ")
}

// expect looks behind the store; nil: nothing is there.
func (b behind) expect(t *testing.T, key string, data []byte) {
	t.Helper()
	if object, exists := b.server.Object(b.bucket, key); exists != (data != nil) || !bytes.Equal(object.Data, data) {
		t.Errorf("%q: exists %t, with %d bytes, want %d", key, exists, len(object.Data), len(data))
	}
	if open := b.server.OpenUploads(b.bucket); len(open) > 0 {
		t.Errorf("uploads are open: %q", open)
	}
}
