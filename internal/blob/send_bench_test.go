package blob_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// diskFile is a file on the disk, as source.File has it.
type diskFile struct {
	*os.File
	size int64
}

func (f diskFile) Size() int64 { return f.size }

// diskSource opens a file of so many bytes; asStream hides that parts of it could be read.
type diskSource struct {
	path     string
	asStream bool
}

func (s diskSource) Open(context.Context) (blob.Content, error) {
	file, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if s.asStream {
		return struct{ blob.Content }{diskFile{file, info.Size()}}, nil
	}
	return diskFile{file, info.Size()}, nil
}

func sourceOf(b *testing.B, size int64) diskSource {
	path := filepath.Join(b.TempDir(), "file")
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 7 / 5)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	return diskSource{path: path}
}

// nowhere takes everything and keeps nothing, so that what is measured is what Put itself does before a byte is sent.
type nowhere struct {
	blob.Store
	plan blob.PartPlan
}

func (n nowhere) Stage(context.Context, string, blob.WriteOptions) (blob.Stage, error) { return n, nil }

func (n nowhere) Write(p []byte) (int, error) { return len(p), nil }

func (n nowhere) Parts() blob.PartPlan { return n.plan }

func (n nowhere) SendAt(io.ReaderAt, int64, int64, checksum.Sums) error { return nil }

func (n nowhere) Commit(context.Context, blob.Sums) (blob.Info, error) { return blob.Info{}, nil }

func (n nowhere) Abort(context.Context) error { return nil }

func BenchmarkHashOf(b *testing.B) {
	for _, size := range []int64{256 << 10, 64 << 20} {
		b.Run(fmt.Sprintf("%dKiB", size>>10), func(b *testing.B) {
			src := sourceOf(b, size)
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := blob.HashOf(b.Context(), src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSendParts is a file of 64 MiB as each kind of store wants it.
func BenchmarkSendParts(b *testing.B) {
	const size, part = 64 << 20, 8 << 20
	for _, c := range []struct {
		name   string
		plan   blob.PartPlan
		stream bool
	}{
		{name: "CRC64NVME", plan: blob.PartPlan{Size: part, Sums: checksum.CRC64NVME}},
		{name: "CRC64ECMA", plan: blob.PartPlan{Size: part, Sums: checksum.CRC64NVME | checksum.CRC64ECMA}},
		{name: "SHA256", plan: blob.PartPlan{Size: part, Sums: checksum.CRC64NVME | checksum.SHA256}},
		{name: "stream", stream: true},
	} {
		b.Run(c.name, func(b *testing.B) {
			src := sourceOf(b, size)
			src.asStream = c.stream
			b.SetBytes(size)
			b.ReportAllocs()
			for b.Loop() {
				if _, _, err := blob.Put(b.Context(), nowhere{plan: c.plan}, "key", src, nil, blob.PutOptions{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
