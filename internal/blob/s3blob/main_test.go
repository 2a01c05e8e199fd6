package s3blob

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

func TestMain(m *testing.M) {
	blobtest.ClearEnvironment("AWS_")
	os.Setenv("AWS_CONFIG_FILE", "/nonexistent")
	os.Setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
	os.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	goleak.VerifyTestMain(m)
}

const (
	smallestPart = 5 << 20 // what S3 takes for a part that is not the last
	large        = 2*smallestPart + 1000
	secret       = "a-very-secret-key"
)

// setup is what a test may set otherwise.
type setup struct {
	Config
	objectstore.Tuning
}

// configFor reaches a server with its root account.
func configFor(server *versitygw.Server) Config {
	return Config{
		Common: objectstore.Common{CABundle: server.CAFile},
		Region: versitygw.Region, Endpoint: server.Endpoint, AccelerateEndpoint: server.Endpoint,
		AccessKey: server.AccessKey, SecretKey: server.SecretKey, ConditionalWrites: Trusted,
	}
}

// unretried is a store at an endpoint, whose requests are sent once.
func unretried(endpoint string) Config {
	return Config{
		Common:   objectstore.Common{MaxRetries: new(int)},
		Endpoint: endpoint, AccelerateEndpoint: endpoint, AccessKey: "key", SecretKey: secret, Token: secret,
	}
}

// newStore is New, with its connections closed in the end.
func newStore(t testing.TB, config Config, bucket string, tuning ...objectstore.Tuning) *Store {
	store := newTuned(config, bucket, append(tuning, objectstore.Tuning{})[0])
	t.Cleanup(func() {
		if driver := store.lazy.Opened(); driver != nil {
			driver.quick.CloseIdleConnections()
			driver.slow.CloseIdleConnections()
		}
	})
	return store
}

// fakeStore answers everything in the same way.
func fakeStore(t *testing.T, handler http.HandlerFunc) *Store {
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newStore(t, unretried(server.URL), "bucket")
}

// refusing refuses everything, and tells the bucket's region; "": it does not.
func refusing(t *testing.T, status int, code, region string) hostile.Store {
	return vendor.Answering(t, hostile.Answer{
		Status: status, Header: genuine + "\r\nX-Amz-Bucket-Region: " + region, Body: "<Error><Code>" + code + "</Code><Message>so it is</Message></Error>",
	})
}

// behind is a store behind a fault proxy.
type behind struct {
	*Store
	server *versitygw.Server
	proxy  *faultproxy.Proxy
	setup  setup
	bucket string
}

func startBehind(t *testing.T, change func(*setup)) behind {
	server := versitygw.Start(t, versitygw.Options{})
	b := behind{server: server, proxy: faultproxy.Start(t, server.Endpoint, ""), setup: setup{Config: configFor(server)}, bucket: server.CreateBucket(t)}
	b.setup.Endpoint, b.setup.Budget = b.proxy.URL, multipart.NewBudgetOf(4, smallestPart)
	if change != nil {
		change(&b.setup)
	}
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

// expect looks behind the store.
func (b behind) expect(t *testing.T, key string, data []byte) {
	t.Helper()
	if got, exists := b.server.Object(t, b.bucket, key); !exists || !bytes.Equal(got, data) {
		t.Errorf("%q: exists %t, with %d bytes, want %d", key, exists, len(got), len(data))
	}
	if open := b.server.OpenUploads(t, b.bucket); len(open) > 0 {
		t.Errorf("uploads are open: %q", open)
	}
}

// every calls every operation of a store.
func every(t *testing.T, store *Store) map[string]error {
	return vendor.Every(t.Context(), under(store))
}
