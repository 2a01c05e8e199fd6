package digestcache

import (
	"bytes"
	"crypto/sha256"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// entryVersion is what an entry begins with.
const entryVersion = "flink digest v1\n"

// entry is what a file of the cache has: the version, the fingerprint of a source, its SHA-256, and the SHA-256 of these three. So an entry
// that was cut off or damaged is none, and nobody has to wait for a disk.
type entry struct{ fingerprint, hash blob.Hash }

const entrySize = len(entryVersion) + 3*sha256.Size

func (e entry) encode() []byte {
	data := append([]byte(entryVersion), e.fingerprint[:]...)
	data = append(data, e.hash[:]...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

func parseEntry(data []byte) (entry, bool) {
	rest, ok := bytes.CutPrefix(data, []byte(entryVersion))
	var e entry
	if ok {
		copy(e.hash[:], rest[copy(e.fingerprint[:], rest):])
	}
	return e, ok && bytes.Equal(data, e.encode())
}
