package s3blob

import (
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// smallestPart is what S3 takes for a part that is not the last.
const smallestPart = 5 << 20

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name      string
		server    versitygw.Options
		checksums string
	}{
		{"http, when required", versitygw.Options{}, WhenRequired},
		// Not with versions: versitygw 1.8.0 takes a delete marker for an object when it compares If-Match and
		// If-None-Match on a write. What versions are about is in TestADeleteMarkerAndNoMore.
		{"https, when supported", versitygw.Options{TLS: true}, WhenSupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := versitygw.Start(t, c.server)
			blobtest.Run(t, func(t *testing.T) blobtest.Harness {
				bucket := server.CreateBucket(t)
				config := configFor(server)
				config.Checksums = c.checksums
				config.Budget = multipart.NewBudgetOf(4, smallestPart)
				store := newStore(t, config, bucket, objectstore.Tuning{CopyPart: smallestPart})
				return blobtest.Harness{
					Store:  store,
					Absent: newStore(t, config, bucket+"-absent"),
					Plant: func(t *testing.T, key string, data []byte) {
						t.Helper()
						_, err := server.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)})
						if err != nil {
							t.Fatal(err)
						}
					},
					Leftovers: func(t *testing.T) []string { return server.OpenUploads(t, bucket) },
					LargeSize: 2*smallestPart + 1000,
				}
			})
		})
	}
}

// configFor reaches a server with its root account.
func configFor(server *versitygw.Server) Config {
	return Config{
		Common: objectstore.Common{CABundle: server.CAFile},
		Region: versitygw.Region, Endpoint: server.Endpoint, AccelerateEndpoint: server.Endpoint,
		AccessKey: server.AccessKey, SecretKey: server.SecretKey,
	}
}

// newStore is New, with its connections closed in the end.
func newStore(t testing.TB, config Config, bucket string, tuning ...objectstore.Tuning) *Store {
	store := newTuned(config, bucket, append(tuning, objectstore.Tuning{})[0])
	t.Cleanup(func() { closeIdle(store) })
	return store
}

func closeIdle(store *Store) {
	if driver := store.lazy.Opened(); driver != nil {
		driver.quick.CloseIdleConnections()
		driver.slow.CloseIdleConnections()
	}
}
