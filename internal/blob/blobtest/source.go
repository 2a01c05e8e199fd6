package blobtest

import (
	"context"
	"errors"
	"io"
	"os"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var errBroken = errors.New("the source broke")

// What goes wrong on the side of the source: nothing new may be visible, nothing old be touched.
var sourceTests = []conformanceTest{
	{"not opened", func(t *testing.T, h Harness) {
		expectNothingPut(t.Context(), t, h, UnopenedSource(errBroken), nil, errBroken)
	}},
	{"broken in the middle", func(t *testing.T, h Harness) {
		for _, n := range []int64{0, 1, 500, h.LargeSize / 2, h.LargeSize} {
			data := pattern(5, n)
			expectNothingPut(t.Context(), t, h, FailingSource(data, -1, errBroken), nil, errBroken)
			expectNothingPut(t.Context(), t, h, FailingSource(data, h.LargeSize, errBroken), nil, errBroken)
			expectNothingPut(t.Context(), t, h, FailingSource(data, -1, io.ErrUnexpectedEOF), Sum(data), io.ErrUnexpectedEOF)
		}
	}},
	{"of another size than it said", func(t *testing.T, h Harness) {
		for _, size := range []int64{0, 10, h.LargeSize} {
			data := pattern(6, size+1)
			expectNothingPut(t.Context(), t, h, ClaimedSource(data, size+2), Sum(data), blob.ErrSourceChanged)
			expectNothingPut(t.Context(), t, h, ClaimedSource(data, size), Sum(data), blob.ErrSourceChanged)
		}
	}},
	{"file cut short", func(t *testing.T, h Harness) {
		data := pattern(7, h.LargeSize)
		expectNothingPut(t.Context(), t, h, sourceWhoseFile(t, data, 0, func(path string) error {
			return os.Truncate(path, h.LargeSize/2)
		}), nil, blob.ErrSourceChanged)
	}},
	{"file grown", func(t *testing.T, h Harness) {
		for _, size := range []int64{h.LargeSize, 10} {
			data := pattern(8, size)
			expectNothingPut(t.Context(), t, h, sourceWhoseFile(t, data, 0, func(path string) error {
				return os.WriteFile(path, append(data, "more"...), 0o600)
			}), nil, blob.ErrSourceChanged)
		}
	}},
	{"file rewritten", func(t *testing.T, h Harness) {
		// However much was read before: what is published is what was hashed, or nothing is.
		for _, size := range []int64{h.LargeSize, 1000} {
			data, other := pattern(9, size), pattern(10, size)
			for _, after := range []int64{1, size / 3, size / 2, size - 1, size} {
				src := sourceWhoseFile(t, data, after, func(path string) error { return overwrite(path, other) })
				_, sums, err := blob.Put(t.Context(), h.Store, "rewritten", src, nil, blob.PutOptions{})
				if err != nil {
					expectError(t, err, blob.ErrSourceChanged)
					expectAbsent(t, h.Store, "rewritten")
					continue
				}
				object, err := h.Store.Open(t.Context(), "rewritten", blob.ReadOptions{})
				if err != nil {
					t.Fatal(err)
				}
				stored, err := io.ReadAll(object)
				if err := errors.Join(err, object.Close(), h.Store.Delete(t.Context(), "rewritten", blob.Cond{})); err != nil {
					t.Fatal(err)
				}
				if *Sum(stored) != sums.SHA256 {
					t.Errorf("rewritten after %d bytes of %d: published were %s, Put says %s", after, size, Sum(stored), sums.SHA256)
				}
			}
		}
		data, other := pattern(9, h.LargeSize), pattern(10, h.LargeSize)
		// With the hash of the old bytes wanted it never passes, as long as the change comes early enough to be read.
		src := sourceWhoseFile(t, data, 1, func(path string) error { return overwrite(path, other) })
		if _, _, err := blob.Put(t.Context(), h.Store, "rewritten", src, Sum(data), blob.PutOptions{}); err == nil {
			t.Error("a file that was rewritten at its beginning passed for the old one")
		}
		expectAbsent(t, h.Store, "rewritten")
	}},
	{"cancelled before", func(t *testing.T, h Harness) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		expectNothingPut(ctx, t, h, BytesSource(pattern(11, 1000)), nil, context.Canceled)
	}},
	{"cancelled in the middle", func(t *testing.T, h Harness) {
		for _, size := range []int64{1000, h.LargeSize} {
			data := pattern(12, size)
			for _, whole := range []blob.Source{StreamSource(data), BytesSource(data), FileSource(WriteFile(t, data))} {
				for _, after := range []int64{1, size / 2, size} {
					ctx, cancel := context.WithCancel(t.Context())
					expectNothingPut(ctx, t, h, InterruptedSource(whole, after, cancel), Sum(data), context.Canceled)
					cancel()
				}
			}
		}
	}},
}

// expectNothingPut puts a bad source under a free and under a taken key.
func expectNothingPut(ctx context.Context, t *testing.T, h Harness, src blob.Source, want *blob.Hash, failure error) {
	t.Helper()
	expectNothing(ctx, t, h, h.Store, src, want, func(err error) {
		t.Helper()
		expectError(t, err, failure)
	})
}

// expectNothing puts by a store what fails, under a free and under a taken key.
func expectNothing(ctx context.Context, t *testing.T, h Harness, by blob.Store, src blob.Source, want *blob.Hash, check func(error)) {
	t.Helper()
	_, _, err := blob.Put(ctx, by, "fresh/key", src, want, blob.PutOptions{Attrs: someAttrs})
	check(err)
	expectAbsent(t, h.Store, "fresh/key")

	mustPut(t, h.Store, "old", []byte("old"), someAttrs)
	before := mustHead(t, h.Store, "old")
	_, _, err = blob.Put(ctx, by, "old", src, want, blob.PutOptions{Attrs: blob.Attrs{Owner: "new"}})
	check(err)
	expectUntouched(t, h.Store, before, []byte("old"))
	if left := h.Leftovers(t); len(left) > 0 {
		t.Errorf("left behind after %v: %q", err, left)
	}
}

// sourceWhoseFile is a file to which something happens while it is read for the first time, once after bytes are read.
func sourceWhoseFile(t *testing.T, data []byte, after int64, happens func(path string) error) blob.Source {
	t.Helper()
	return SourceFunc(func(ctx context.Context) (blob.Content, error) {
		path := WriteFile(t, data)
		return InterruptedSource(FileSource(path), after, func() {
			if err := happens(path); err != nil {
				t.Error(err)
			}
		}).Open(ctx)
	})
}

// overwrite changes a file in place.
func overwrite(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	return errors.Join(err, file.Close())
}
