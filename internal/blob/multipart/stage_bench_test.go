package multipart

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
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
		for how, send := range map[string]func(*Stage, []byte) error{
			"file":   sendFile,
			"stream": func(stage *Stage, data []byte) error { return writeInPieces(stage, data, 256<<10) },
		} {
			b.Run(fmt.Sprintf("%s/%dKiB", how, size>>10), func(b *testing.B) {
				budget := NewBudget(DefaultParts)
				b.SetBytes(size)
				b.ReportAllocs()
				for b.Loop() {
					stage := NewStage(b.Context(), discard{}, Options{Budget: budget, Size: size})
					if err := send(stage, data); err != nil {
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
