package blobtest_test

import (
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

func TestFakeStore(t *testing.T) {
	for name, plan := range map[string]blob.PartPlan{
		"stream": {}, "parts": {Size: 300_000, Sums: checksum.CRC64NVME}, "parts with SHA-256": {Size: 300_000, Sums: checksum.CRC64NVME | checksum.SHA256},
		"parts with CRC-64/ECMA": {Size: 300_000, Sums: checksum.CRC64NVME | checksum.CRC64ECMA},
	} {
		t.Run(name, func(t *testing.T) {
			blobtest.Run(t, func(*testing.T) blobtest.Harness {
				fake := &blobtest.FakeStore{PartPlan: plan, Copies: name != "stream"}
				return blobtest.Harness{
					Store:     fake,
					Absent:    &blobtest.FakeStore{NoBucket: true},
					Plant:     func(_ *testing.T, key string, data []byte) { fake.Plant(key, data) },
					Leftovers: func(*testing.T) []string { return fake.Leftovers() },
					LargeSize: 1 << 20,
				}
			})
		})
	}
}
