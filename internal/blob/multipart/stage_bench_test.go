package multipart

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/minio/crc64nvme"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// discard reads every body as net/http does, and keeps nothing.
type discard struct{}

func (discard) read(body *Body) error {
	_, err := io.Copy(struct{ io.Writer }{io.Discard}, io.LimitReader(body, body.Size()))
	return err
}

func (d discard) Put(_ context.Context, body *Body, whole Whole, _ blob.Sums) (blob.Info, error) {
	return blob.Info{Size: whole.Size}, d.read(body)
}

func (d discard) Part(_ context.Context, part Part) (string, error) { return "etag", d.read(part.Body) }
func (discard) Begin(context.Context) error                         { return nil }
func (discard) Abort(context.Context) error                         { return nil }

func (discard) Complete(_ context.Context, _ []Done, whole Whole) (blob.Info, error) {
	return blob.Info{Size: whole.Size}, nil
}

// BenchmarkStage moves objects through a stage: from a file, and through its buffers.
func BenchmarkStage(b *testing.B) {
	for _, size := range []int64{256 << 10, 64 << 20} {
		data := random(int(size))
		for _, how := range []string{"file", "stream"} {
			b.Run(fmt.Sprintf("%s/%dKiB", how, size>>10), func(b *testing.B) {
				budget := NewBudget(DefaultParts)
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					stage := NewStage(b.Context(), discard{}, Options{Budget: budget, Size: size})
					if err := feed(stage, data, how == "file"); err != nil {
						b.Fatal(err)
					}
					if _, err := stage.Commit(b.Context(), blob.Sums{Size: size}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// feed is what blob.Put does, less the SHA-256 of the whole.
func feed(stage *Stage, data []byte, file bool) error {
	if plan := stage.Parts(); file && plan.Size > 0 {
		for offset := int64(0); offset < int64(len(data)); offset += plan.Size {
			part := data[offset:min(offset+plan.Size, int64(len(data)))]
			if err := stage.SendAt(bytes.NewReader(data), offset, int64(len(part)), checksum.Sums{CRC64NVME: crc64nvme.Checksum(part)}); err != nil {
				return err
			}
		}
		return nil
	}
	return writeInPieces(stage, data, 256<<10)
}
