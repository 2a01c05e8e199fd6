package multipart

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// isFree reports whether nobody holds anything of a budget.
func isFree(b *Budget) bool {
	memory, sending := b.memory.TryAcquire(b.total), b.sending.TryAcquire(b.total)
	if memory {
		b.memory.Release(b.total)
	}
	if sending {
		b.sending.Release(b.total)
	}
	return memory && sending
}

// The part after one that failed is not sent.
func TestPartsInOrderEndWithTheFirstFailure(t *testing.T) {
	upload, broken := newFake(), errors.New("broken")
	upload.onPart = func(_ context.Context, number int32) error {
		if number == 2 {
			return broken
		}
		return nil
	}
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(4, 10), Size: 50, InOrder: true})
	if err := publish(stage, random(50), sendFile); !errors.Is(err, broken) || len(upload.parts) != 1 {
		t.Errorf("%v, with %d parts", err, len(upload.parts))
	}
	expectAborts(t, stage, upload, 2)
}

func TestManyStagesShareABudgetOfOnePart(t *testing.T) {
	const partSize, stages = 1 << 10, 60
	budget := NewBudgetOf(1, partSize)
	var inFlight, peak atomic.Int64
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var group sync.WaitGroup
	for i := range stages {
		group.Go(func() {
			data := random(i * partSize / 10)
			upload := newFake()
			upload.inFlight, upload.peak = &inFlight, &peak
			options := Options{Budget: budget, Size: int64(len(data))}
			if i%3 == 0 {
				options.Size = -1
			}
			stage := NewStage(ctx, upload, options)
			send := ways[[]string{"stream", "file"}[i%2]]
			if err := send(stage, data); err != nil {
				t.Errorf("stage %d: %v", i, err)
			}
			if i%10 == 7 {
				if err := stage.Abort(ctx); err != nil {
					t.Errorf("stage %d: %v", i, err)
				}
				return
			}
			if _, err := stage.Commit(ctx, sums(data)); err != nil || !bytes.Equal(upload.object, data) {
				t.Errorf("stage %d: %v, %d bytes", i, err, len(upload.object))
			}
		})
	}
	group.Wait()
	if peak.Load() > partSize {
		t.Errorf("%d bytes were in flight at once", peak.Load())
	}
}

func TestPartsAreInFlightTogetherAndNoMoreThanTheBudget(t *testing.T) {
	for how, send := range ways {
		synctest.Test(t, func(t *testing.T) {
			upload, data := newFake(), random(1280)
			gate, result := make(chan struct{}), make(chan error, 1)
			upload.onPart = func(context.Context, int32) error { <-gate; return nil }
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(3, 128), Size: 1280})
			go func() { result <- publish(stage, data, send) }()
			synctest.Wait()
			if n := upload.own.Load(); n != 3 || len(result) > 0 {
				t.Errorf("%s: %d parts are in flight", how, n)
			}
			close(gate)
			if err := <-result; err != nil || !bytes.Equal(upload.object, data) {
				t.Errorf("%s: %v", how, err)
			}
		})
	}
}

func TestPartsGrowWithinTheBudget(t *testing.T) {
	upload := newFake()
	// Parts of 1, 2 and then 4 bytes: 1000 + 2*1000 + 4*8000.
	const fits = 35_000
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(4, 1), Size: -1})
	data := random(fits)
	if err := writeInPieces(stage, data, 1000); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Commit(t.Context(), sums(data)); err != nil || !bytes.Equal(upload.object, data) {
		t.Fatalf("%v: %d bytes in %d parts", err, len(upload.object), len(upload.parts))
	}
	if len(upload.parts) != DefaultMaxParts || len(upload.parts[DefaultMaxParts]) != 4 {
		t.Errorf("%d parts, the last of %d bytes", len(upload.parts), len(upload.parts[DefaultMaxParts]))
	}

	stage = NewStage(t.Context(), newFake(), Options{Budget: NewBudgetOf(4, 1), Size: -1})
	if err := writeInPieces(stage, append(data, 0), 1000); !errors.Is(err, ErrTooLarge) {
		t.Errorf("one byte more: %v", err)
	}
	if err := stage.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestPartSizeOfAKnownSize(t *testing.T) {
	const mib, tib = int64(1 << 20), int64(1 << 40)
	for _, c := range []struct{ size, part int64 }{
		{-1, 0},
		{0, 0},
		{1, 1}, // in one request
		{PartSize, PartSize},
		{PartSize + 1, 8 * mib},
		{10_000 * 8 * mib, 8 * mib},
		{10_000*8*mib + 1, 9 * mib},
		{5 * tib, 525 * mib},
	} {
		stage := NewStage(t.Context(), newFake(), Options{Budget: NewBudget(4), Size: c.size, Sums: checksum.SHA256})
		want := blob.PartPlan{Size: c.part, Sums: checksum.CRC64NVME}
		if c.size > PartSize {
			want.Sums |= checksum.SHA256
		}
		if c.part == 0 {
			want.Sums = 0
		}
		if plan := stage.Parts(); plan != want {
			t.Errorf("%d bytes: %+v, want parts of %d", c.size, plan, c.part)
		}
		if c.part > 0 && (c.size+c.part-1)/c.part > DefaultMaxParts {
			t.Errorf("%d bytes need more than %d parts", c.size, DefaultMaxParts)
		}
		if c.part > 32*mib {
			if _, err := stage.Write([]byte{0}); !errors.Is(err, ErrTooLarge) {
				t.Errorf("a stream of %d bytes: %v", c.size, err)
			}
		}
		if err := stage.Abort(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestSmallObjectsTakeSmallBuffers(t *testing.T) {
	budget := NewBudget(1)
	buf, err := budget.take(t.Context(), 1000, true)
	if err != nil {
		t.Fatal(err)
	}
	if cap(buf.data) > 1024 || !budget.memory.TryAcquire(budget.total-1000) {
		t.Errorf("1000 bytes take a buffer of %d", cap(buf.data))
	}
	budget.memory.Release(budget.total - 1000)
	buf.free()
	buf, err = budget.take(t.Context(), PartSize, false)
	if err != nil {
		t.Fatal(err)
	}
	if buf.fill(random(1000)); cap(buf.data) > firstBuffer {
		t.Errorf("1000 bytes of an unknown number take a buffer of %d", cap(buf.data))
	}
	buf.free()
}

func TestPartsComeInOrder(t *testing.T) {
	stage := NewStage(t.Context(), newFake(), Options{Budget: NewBudget(1), Size: 3 * PartSize})
	defer stage.Abort(t.Context())
	file := bytes.NewReader(random(10))
	for _, part := range [][2]int64{{PartSize, PartSize}, {0, 5}, {0, PartSize + 1}} {
		if err := stage.SendAt(file, part[0], part[1], checksum.Sums{}); err == nil {
			t.Errorf("a part at %d of %d bytes was accepted as the first", part[0], part[1])
		}
	}
}

func TestOtherSizesThanAnnounced(t *testing.T) {
	stage := NewStage(t.Context(), newFake(), Options{Budget: NewBudgetOf(1, 64), Size: 5})
	defer stage.Abort(t.Context())
	if _, err := stage.Write([]byte("123456")); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("more: %v", err)
	}
	if _, err := stage.Write([]byte("1234")); err != nil {
		t.Error(err)
	}
	if _, err := stage.Commit(t.Context(), sums([]byte("1234"))); !errors.Is(err, blob.ErrSourceChanged) {
		t.Errorf("less: %v", err)
	}
}
