package blobtest

import (
	"context"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var stageTests = []conformanceTest{
	{"invisible until the commit", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 100, h.LargeSize} {
			mustPut(t, h.Store, "old", []byte("old"), someAttrs)
			before := mustHead(t, h.Store, "old")
			data := pattern(50, size)
			fresh, over := written(t, h, "fresh", data), written(t, h, "old", data)
			expectAbsent(t, h.Store, "fresh")
			expectUntouched(t, h.Store, before, []byte("old"))
			for key, stage := range map[string]blob.Stage{"fresh": fresh, "old": over} {
				if _, err := stage.Commit(t.Context(), blob.Sums{SHA256: *Sum(data), Size: size}); err != nil {
					t.Fatal(err)
				}
				for range 2 { // which does nothing
					if err := stage.Abort(t.Context()); err != nil {
						t.Errorf("Abort: %v", err)
					}
				}
				expectBytes(t, h.Store, key, data)
			}
			if err := h.Store.Delete(t.Context(), "fresh", blob.Cond{}); err != nil {
				t.Fatal(err)
			}
		}
	}},
	{"abort", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 100, h.LargeSize} {
			mustPut(t, h.Store, "old", []byte("old"), someAttrs)
			before := mustHead(t, h.Store, "old")
			for _, key := range []string{"old", "fresh/in/a/directory"} {
				stage := written(t, h, key, pattern(51, size))
				for range 3 {
					if err := stage.Abort(t.Context()); err != nil {
						t.Errorf("Abort: %v", err)
					}
				}
				if left := h.Leftovers(t); len(left) > 0 {
					t.Errorf("left behind by an abort: %q", left)
				}
			}
			expectAbsent(t, h.Store, "fresh/in/a/directory")
			expectUntouched(t, h.Store, before, []byte("old"))
		}
	}},
	{"commit cancelled", func(t *testing.T, h Harness) {
		for _, size := range []int64{100, h.LargeSize} {
			data := pattern(53, size)
			stage := written(t, h, "key", data)
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			_, err := stage.Commit(ctx, blob.Sums{SHA256: *Sum(data), Size: size})
			expectError(t, err, context.Canceled)
			expectAbsent(t, h.Store, "key")
			if err := stage.Abort(t.Context()); err != nil {
				t.Errorf("Abort: %v", err)
			}
		}
	}},
}

// written is a stage with all of its bytes.
func written(t *testing.T, h Harness, key string, data []byte) blob.Stage {
	t.Helper()
	stage, err := h.Store.Stage(t.Context(), key, blob.WriteOptions{Size: int64(len(data)), Attrs: blob.Attrs{SHA256: Sum(data)}})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := stage.Write(data); n != len(data) || err != nil {
		t.Fatalf("Write: %d of %d, %v", n, len(data), err)
	}
	return stage
}
