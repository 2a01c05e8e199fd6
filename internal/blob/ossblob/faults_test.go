package ossblob

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultmatrix"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestFaults(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{Unrecorded: true})
	retries := 1
	faultmatrix.Run(t, faultmatrix.Backend{
		Server: server.Endpoint, Fast: server.AccelerateEndpoint,
		Open: func(t *testing.T, endpoint, bucket, caFile string, tuning objectstore.Tuning) blob.Store {
			config := configFor(server)
			config.Endpoint, config.AccelerateEndpoint, config.CABundle = endpoint, endpoint, caFile
			config.MaxRetries, config.Budget, tuning.CopyPart = &retries, multipart.NewBudgetOf(1, smallestPart), smallestPart
			return newTunedStore(t, config, bucket, tuning)
		},
		NewBucket: func(t *testing.T) string {
			bucket := server.CreateBucket(t)
			t.Cleanup(func() { server.CreateBucketNamed(bucket, ossfake.BucketOptions{}) }) // empties it
			return bucket
		},
		Read: func(_ *testing.T, bucket, key string) ([]byte, bool) {
			object, there := server.Object(bucket, key)
			return object.Data, there
		},
		Leftovers:  func(_ *testing.T, bucket string) []string { return server.OpenUploads(bucket) },
		LargeSize:  smallestPart + 1000,
		CopiedSize: smallestPart + 1000,
		Secrets:    []string{server.SecretKey},
		Unhealed: func(c faultmatrix.Cell) string {
			switch {
			case c.Request == "POST uploads" && c.Fault != faultproxy.Refuse429 && c.Fault != faultproxy.Refuse503:
				return "an upload is begun once: nobody could abort the first one"
			case c.Executes() && (c.Operation == "delete" && c.Request == "DELETE" || c.Operation == "attributes by parts" && c.Request == "POST uploadId"):
				return "the refusal of the repetition may be our own success: the caller looks"
			}
			return ""
		},
	})
}
