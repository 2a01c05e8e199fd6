package ossblob

import (
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// smallestPart is what OSS takes for a part that is not the last.
const smallestPart = 100 << 10

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name      string
		options   ossfake.Options
		signature string
		buckets   ossfake.BucketOptions
	}{
		{"http, V4", ossfake.Options{}, "", ossfake.BucketOptions{}},
		{"https, V1", ossfake.Options{TLS: true}, SignatureV1, ossfake.BucketOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := ossfake.Start(t, c.options)
			blobtest.Run(t, func(t *testing.T) blobtest.Harness {
				bucket := server.CreateBucket(t)
				config := configFor(server)
				config.SignatureVersion = c.signature
				return blobtest.Harness{
					Store:     newTunedStore(t, config, bucket, objectstore.Tuning{CopyPart: smallestPart}),
					Absent:    newStore(t, config, bucket+"-absent"),
					Plant:     func(_ *testing.T, key string, data []byte) { server.Put(bucket, key, data, nil) },
					Leftovers: func(*testing.T) []string { return server.OpenUploads(bucket) },
					LargeSize: 10*smallestPart + 100_000,
				}
			})
		})
	}
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
func newStore(t testing.TB, config Config, bucket string) *Store {
	return newTunedStore(t, config, bucket, objectstore.Tuning{})
}

func newTunedStore(t testing.TB, config Config, bucket string, tuning objectstore.Tuning) *Store {
	tuning.FirstPause = time.Millisecond
	store := newTuned(config, bucket, tuning)
	t.Cleanup(func() { closeIdle(store) })
	return store
}

func closeIdle(store *Store) {
	if d := store.lazy.Opened(); d != nil {
		for _, transport := range d.transports {
			transport.CloseIdleConnections()
		}
	}
}
