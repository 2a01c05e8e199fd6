package checksum

import (
	"crypto/sha256"
	"hash/crc64"
	"slices"
	"testing"

	"github.com/minio/crc64nvme"
	"pgregory.net/rapid"
)

func TestChecksumsOfParts(t *testing.T) {
	const all = CRC64NVME | CRC64ECMA | SHA256
	rapid.Check(t, func(t *rapid.T) {
		a := rapid.SliceOf(rapid.Byte()).Draw(t, "first")
		b := rapid.SliceOf(rapid.Byte()).Draw(t, "second")
		whole := slices.Concat(a, b)
		want := Sums{crc64nvme.Checksum(whole), crc64.Checksum(whole, crc64.MakeTable(crc64.ECMA)), sha256.Sum256(whole)}
		hash := New(all)
		for _, part := range [][]byte{a, b} {
			hash.Write(part)
		}
		if got := hash.Next(); got != want {
			t.Fatalf("in one go: %x, want %x", got, want)
		}
		hash.Write(b)
		if got := hash.Next(); got != Of(all, b) {
			t.Fatalf("after another part: %x, want %x", got, Of(all, b))
		}
		want.SHA256 = [sha256.Size]byte{}
		if got := all.Append(Of(all, a), Of(all, b), int64(len(b))); got != want {
			t.Fatalf("put together: %x, want %x", got, want)
		}
	})
}

func TestOnlyWhatIsNamed(t *testing.T) {
	data := []byte("some bytes")
	for set, want := range map[Set]Sums{
		0:         {},
		CRC64NVME: {CRC64NVME: crc64nvme.Checksum(data)},
		CRC64ECMA: {CRC64ECMA: crc64.Checksum(data, crc64.MakeTable(crc64.ECMA))},
		SHA256:    {SHA256: sha256.Sum256(data)},
	} {
		if got := Of(set, data); got != want {
			t.Errorf("set %b: %x, want %x", set, got, want)
		}
		if sum := set.Append(want, want, 1); set != CRC64NVME && sum.CRC64NVME != 0 || set != CRC64ECMA && sum.CRC64ECMA != 0 {
			t.Errorf("set %b put together: %x", set, sum)
		}
	}
}
