package mapstore_test

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultmatrix"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/mapstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

const partSize = 64 << 10

func TestConformance(t *testing.T) {
	for name, c := range map[string]struct {
		inOrder    bool
		conditions objectstore.Conditions
	}{
		"by the store":   {},
		"parts in order": {inOrder: true},
		"by both":        {conditions: mapstore.All(objectstore.ByBoth)},
		"unproven":       {conditions: mapstore.All(objectstore.Unproven)},
	} {
		t.Run(name, func(t *testing.T) {
			server := mapstore.Start(t)
			blobtest.Run(t, func(t *testing.T) blobtest.Harness {
				bucket := server.CreateBucket(c.inOrder)
				config := mapstore.Config{Endpoint: server.URL, InOrder: c.inOrder, Conditions: c.conditions}
				config.Budget = multipart.NewBudgetOf(4, partSize)
				tuning := objectstore.Tuning{CopyPart: partSize}
				return blobtest.Harness{
					Store:     mapstore.New(t, config, bucket, tuning),
					Absent:    mapstore.New(t, config, "absent", tuning),
					Plant:     func(_ *testing.T, key string, data []byte) { server.Put(bucket, key, data) },
					Leftovers: func(*testing.T) []string { return server.OpenUploads(bucket) },
					LargeSize: 16*partSize + 1000,
				}
			})
		})
	}
}

func TestFaults(t *testing.T) {
	for name, conditions := range map[string]objectstore.Conditions{"by the store": {}, "unproven": mapstore.All(objectstore.Unproven)} {
		t.Run(name, func(t *testing.T) { breakEverything(t, conditions) })
	}
}

func breakEverything(t *testing.T, conditions objectstore.Conditions) {
	t.Helper()
	unproven := conditions != objectstore.Conditions{}
	server := mapstore.Start(t)
	once := 1
	faultmatrix.Run(t, faultmatrix.Backend{
		Server: server.URL, NoTLS: true,
		Open: func(t *testing.T, endpoint, bucket, _ string, tuning objectstore.Tuning) blob.Store {
			config := mapstore.Config{Endpoint: endpoint, Conditions: conditions}
			config.MaxRetries, config.Budget, tuning.CopyPart = &once, multipart.NewBudgetOf(1, partSize), partSize
			return mapstore.New(t, config, bucket, tuning)
		},
		NewBucket:  func(*testing.T) string { return server.CreateBucket(false) },
		Read:       func(_ *testing.T, bucket, key string) ([]byte, bool) { return server.Object(bucket, key) },
		Leftovers:  func(_ *testing.T, bucket string) []string { return server.OpenUploads(bucket) },
		LargeSize:  partSize + 1000,
		CopiedSize: 2000,
		// An object whose every reading is damaged in the same way cannot be told from one with other bytes.
		Misleads: func(c faultmatrix.Cell) bool {
			return unproven && c.Operation == "attributes" && c.Request == "GET" && c.Fault == faultproxy.GarbleBody && c.Mode != faultmatrix.Once
		},
		Unhealed: func(c faultmatrix.Cell) string {
			switch {
			case c.Request == "POST uploads" && c.Fault != faultproxy.Refuse429:
				return "an upload is begun once: nobody could abort the first one"
			case c.Executes() && (c.Operation == "delete" && c.Request == "DELETE" || c.Request == "PATCH" || c.Operation == "attributes by parts" && c.Request == "POST uploadId"):
				return "the refusal of the repetition may be our own success: the caller looks"
			case unproven && c.Operation == "attributes by parts" && c.Request == "PUT" && c.Executes():
				return "the refusal of the repetition may be our own success: the caller looks"
			case unproven && c.Operation == "attributes by parts" && c.Request == "GET":
				return "what is sent again is read once"
			}
			return ""
		},
	})
}
