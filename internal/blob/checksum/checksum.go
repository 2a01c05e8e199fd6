// Package checksum has the checksums by which stores compare bytes: as sets that a driver names, over one part after the other, and put
// together to those of the whole.
package checksum

import (
	"crypto/sha256"
	"hash"
	"hash/crc64"

	"github.com/minio/crc64nvme"
)

// Set names checksums. The zero Set is none.
type Set uint8

// The checksums that stores in use compare.
const (
	CRC64NVME Set = 1 << iota // S3; parts are compared with it while they are sent, to every store
	CRC64ECMA                 // CRC-64/XZ, which OSS calls CRC-64 (ECMA-182)
	SHA256                    // S3, as the hash of a signed payload
)

// Has reports whether all of other are in the set.
func (s Set) Has(other Set) bool { return s&other == other }

// Sums are the checksums of some bytes. Those that nobody named are zero.
type Sums struct {
	CRC64NVME uint64
	CRC64ECMA uint64
	SHA256    [sha256.Size]byte
}

// Hash takes the checksums of a set in one pass. Its Write never fails.
type Hash struct {
	nvme   hash.Hash64 // nil: not in the set
	ecma   hash.Hash64
	sha256 hash.Hash
}

// New returns a Hash of a set.
func New(set Set) *Hash {
	h := &Hash{}
	if set.Has(CRC64NVME) {
		h.nvme = crc64nvme.New()
	}
	if set.Has(CRC64ECMA) {
		h.ecma = crc64.New(crc64.MakeTable(crc64.ECMA))
	}
	if set.Has(SHA256) {
		h.sha256 = sha256.New()
	}
	return h
}

// Of returns the checksums of bytes in memory.
func Of(set Set, data []byte) Sums {
	h := New(set)
	_, _ = h.Write(data)
	return h.Next()
}

// Write implements io.Writer.
func (h *Hash) Write(p []byte) (int, error) {
	if h.nvme != nil {
		h.nvme.Write(p)
	}
	if h.ecma != nil {
		h.ecma.Write(p)
	}
	if h.sha256 != nil {
		h.sha256.Write(p)
	}
	return len(p), nil
}

// Next returns the checksums of what was written since the last call, and begins anew.
func (h *Hash) Next() Sums {
	var sums Sums
	if h.nvme != nil {
		sums.CRC64NVME = h.nvme.Sum64()
		h.nvme.Reset()
	}
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
