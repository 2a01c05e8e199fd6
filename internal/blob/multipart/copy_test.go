package multipart

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// copier is a fakeUpload that copies from a string of bytes.
type copier struct {
	*fakeUpload
	source []byte
	onCopy func(ctx context.Context, number int32) error
	copies atomic.Int64 // at work now
	most   atomic.Int64
}

func (c *copier) CanCopy(blob.Store) bool { return true }

func (c *copier) BeginCopy(ctx context.Context, _ blob.Store, _ blob.Info) error { return c.Begin(ctx) }

func (c *copier) CopyPart(ctx context.Context, part CopiedPart) (string, error) {
	c.own.Add(1)
	defer c.own.Add(-1)
	if n := c.copies.Add(1); n > c.most.Load() {
		c.most.Store(n)
	}
	defer c.copies.Add(-1)
	runtime.Gosched()
	if c.onCopy != nil {
		if err := c.onCopy(ctx, part.Number); err != nil {
			return "", err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parts[part.Number] = c.source[part.First : part.First+part.Length]
	return fmt.Sprint("etag-", part.Number), nil
}

func object(data []byte) blob.Info {
	return blob.Info{Key: "source", Size: int64(len(data)), ETag: "e"}
}

func TestWhatIsCopiedIsPublished(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := random(rapid.IntRange(1, 1000).Draw(t, "size"))
		part := rapid.Int64Range(1, 300).Draw(t, "part")
		upload := &copier{fakeUpload: newFake(), source: data}
		budget := NewBudgetOf(1, 64)
		options := Options{Budget: budget, Size: int64(len(data)), Limits: Limits{CopyPart: part}, Sums: checksum.CRC64ECMA, InOrder: rapid.Bool().Draw(t, "in order")}
		stage := NewStage(context.Background(), upload, options)
		// The budget is for bytes that pass through here.
		if err := budget.memory.Acquire(context.Background(), budget.total); err != nil {
			t.Fatal(err)
		}
		if err := stage.CopyFrom(context.Background(), nil, object(data)); err != nil {
			t.Fatal(err)
		}
		if upload.visible {
			t.Fatal("visible before Commit")
		}
		if _, err := stage.Commit(context.Background(), sums(data)); err != nil {
			t.Fatal(err)
		}
		atOnce := int64(copiesAtOnce)
		if options.InOrder {
			atOnce = 1
		}
		if !bytes.Equal(upload.object, data) || upload.whole != (Whole{Size: int64(len(data)), Copied: true}) || upload.most.Load() > atOnce {
			t.Fatalf("%d bytes of %d, %+v, %d at once", len(upload.object), len(data), upload.whole, upload.most.Load())
		}
		if want := (len(data) + int(part) - 1) / int(part); len(upload.parts) != want {
			t.Fatalf("%d parts of %d bytes for %d", len(upload.parts), part, len(data))
		}
	})
}

// An object that is too large for its parts has larger ones.
func TestACopyHasNoMorePartsThanStoresTake(t *testing.T) {
	data := random(3*DefaultMaxParts + 1)
	upload := &copier{fakeUpload: newFake(), source: data}
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: -1, Limits: Limits{CopyPart: 2}})
	if err := stage.CopyFrom(t.Context(), nil, object(data)); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Commit(t.Context(), sums(data)); err != nil || len(upload.parts) > DefaultMaxParts || !bytes.Equal(upload.object, data) {
		t.Errorf("%v, %d parts", err, len(upload.parts))
	}
}

// A copy whose answer is not waited for goes on in the store, and would bring an upload back that was aborted; but nobody waits for ever.
func TestACopyThatFailsStopsTheOthers(t *testing.T) {
	broken := errors.New("broken")
	for answers, waits := range map[time.Duration]time.Duration{partGrace / 2: partGrace / 2, time.Hour: partGrace + time.Nanosecond} {
		synctest.Test(t, func(t *testing.T) {
			data, start := random(1000), time.Now()
			upload := &copier{fakeUpload: newFake(), source: data}
			var begun, answered atomic.Int64
			upload.onCopy = func(ctx context.Context, number int32) error {
				begun.Add(1)
				if number == 3 {
					time.Sleep(time.Nanosecond) // until there are others to be stopped
					return broken
				}
				select {
				case <-ctx.Done():
				case <-time.After(answers):
					answered.Add(1)
				}
				return ctx.Err()
			}
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: 1000, Limits: Limits{CopyPart: 10}})
			if err := stage.CopyFrom(t.Context(), nil, object(data)); !errors.Is(err, broken) || time.Since(start) != waits {
				t.Errorf("%v after %s", err, time.Since(start))
			}
			if begun.Load() != copiesAtOnce || (answered.Load() == copiesAtOnce-1) != (answers < partGrace) {
				t.Errorf("%d were begun, %d were answered", begun.Load(), answered.Load())
			}
			if _, err := stage.Commit(t.Context(), sums(data)); !errors.Is(err, broken) {
				t.Errorf("%v", err)
			}
			expectAborts(t, stage, upload.fakeUpload, 2)
		})
	}
}

func TestACopyThatIsCancelled(t *testing.T) {
	gaveUp := errors.New("gave up")
	data := random(1000)
	for _, whose := range []string{"the stage's", "the call's"} {
		synctest.Test(t, func(t *testing.T) {
			upload := &copier{fakeUpload: newFake(), source: data}
			contexts := map[string]context.Context{"the stage's": t.Context(), "the call's": t.Context()}
			ctx, cancel := context.WithCancelCause(t.Context())
			contexts[whose] = ctx
			upload.onCopy = func(context.Context, int32) error { time.Sleep(time.Nanosecond); return nil }
			time.AfterFunc(2*time.Nanosecond, func() { cancel(gaveUp) })
			stage := NewStage(contexts["the stage's"], upload, Options{Budget: NewBudgetOf(1, 64), Size: 1000, Limits: Limits{CopyPart: 1}})
			if err := stage.CopyFrom(contexts["the call's"], nil, object(data)); !errors.Is(err, gaveUp) {
				t.Errorf("%s: %v", whose, err)
			}
			if err := stage.Abort(t.Context()); err != nil || upload.aborted == 0 || len(upload.parts) > 3*copiesAtOnce {
				t.Errorf("%s: %v, %d aborts, %d parts", whose, err, upload.aborted, len(upload.parts))
			}
		})
	}
}

func TestWhatIsNotCopied(t *testing.T) {
	data := random(100)
	for name, c := range map[string]struct {
		upload Upload
		size   int64
		source blob.Info
		first  []byte
	}{
		"no copier":    {newFake(), 100, object(data), nil},
		"another size": {&copier{fakeUpload: newFake(), source: data}, 99, object(data), nil},
		"empty":        {&copier{fakeUpload: newFake(), source: data}, 0, object(nil), nil},
		"written to":   {&copier{fakeUpload: newFake(), source: data}, 100, object(data), data[:1]},
	} {
		stage := NewStage(t.Context(), c.upload, Options{Budget: NewBudgetOf(1, 64), Size: c.size, Limits: Limits{CopyPart: 10}})
		if _, err := stage.Write(c.first); err != nil {
			t.Fatal(err)
		}
		if err := stage.CopyFrom(t.Context(), nil, c.source); err == nil || (name == "no copier") != errors.Is(err, errors.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
		if err := stage.Abort(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
