package blob

import (
	"crypto/sha256"
	"hash"
	"hash/crc64"

	"github.com/minio/crc64nvme"
)

// partHashes are the checksums of one part after the other.
type partHashes struct {
	nvme   hash.Hash64
	ecma   hash.Hash64 // nil: not wanted
	sha256 hash.Hash   // nil: not wanted
}

func newPartHashes(plan PartPlan) *partHashes {
	hashes := &partHashes{nvme: crc64nvme.New()}
	if plan.CRC64ECMA {
		hashes.ecma = crc64.New(crc64.MakeTable(crc64.ECMA)) // CRC-64/XZ, which OSS calls CRC-64 (ECMA-182)
	}
	if plan.SHA256 {
		hashes.sha256 = sha256.New()
	}
	return hashes
}

// Write never fails.
func (h *partHashes) Write(p []byte) (int, error) {
	h.nvme.Write(p)
	if h.ecma != nil {
		h.ecma.Write(p)
	}
	if h.sha256 != nil {
		h.sha256.Write(p)
	}
	return len(p), nil
}

// sums ends the part, and begins the next.
func (h *partHashes) sums() PartSums {
	sums := PartSums{CRC64NVME: h.nvme.Sum64()}
	h.nvme.Reset()
	if h.ecma != nil {
		sums.CRC64ECMA = h.ecma.Sum64()
		h.ecma.Reset()
	}
	if h.sha256 != nil {
		h.sha256.Sum(sums.SHA256[:0])
		h.sha256.Reset()
	}
	return sums
}
