package multipart

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

func random(n int) []byte {
	data := make([]byte, n)
	rand.Read(data)
	return data
}

func sums(data []byte) blob.Sums {
	return blob.Sums{SHA256: sha256.Sum256(data), Size: int64(len(data))}
}

// sendFile feeds a stage by SendAt as blob.Put does.
func sendFile(stage *Stage, data []byte) error {
	plan := stage.Parts()
	if plan.Size == 0 {
		_, err := stage.Write(data)
		return err
	}
	for offset := int64(0); offset < int64(len(data)); offset += plan.Size {
		part := data[offset:min(offset+plan.Size, int64(len(data)))]
		if err := stage.SendAt(bytes.NewReader(data), offset, int64(len(part)), checksum.Of(plan.Sums, part)); err != nil {
			return err
		}
	}
	return nil
}

// ways are those to send bytes.
var ways = map[string]func(*Stage, []byte) error{
	"file":   sendFile,
	"stream": func(stage *Stage, data []byte) error { return writeInPieces(stage, data, 50) },
}

func publish(stage *Stage, data []byte, send func(*Stage, []byte) error) error {
	err := send(stage, data)
	if err == nil {
		_, err = stage.Commit(context.Background(), sums(data))
	}
	return err
}

// expectAborts aborts a stage, which had nothing published, and gives back its budget.
func expectAborts(t *testing.T, stage *Stage, upload *fakeUpload, want int) {
	t.Helper()
	if err := stage.Abort(t.Context()); err != nil || upload.aborted != want || upload.visible || !isFree(stage.options.Budget) {
		t.Errorf("%v, %d aborts, want %d, visible %t, and the budget is %+v", err, upload.aborted, want, upload.visible, stage.options.Budget)
	}
}

func TestWhatIsWrittenIsPublished(t *testing.T) {
	const partSize = 64
	rapid.Check(t, func(t *rapid.T) {
		data := random(rapid.IntRange(0, 6*partSize).Draw(t, "size"))
		if rapid.Bool().Draw(t, "whole parts") {
			data = data[:len(data)/partSize*partSize]
		}
		budget := NewBudgetOf(rapid.IntRange(1, 4).Draw(t, "parts in flight"), partSize)
		upload := newFake()
		if rapid.Bool().Draw(t, "repeated requests") {
			upload.onBody = readTwice
		}
		options := Options{Budget: budget, Size: int64(len(data)), Sums: checksum.CRC64ECMA, InOrder: rapid.Bool().Draw(t, "in order")}
		if rapid.Bool().Draw(t, "SHA-256") {
			options.Sums |= checksum.SHA256
		}
		var sent []int32
		if options.InOrder {
			upload.onPart = func(_ context.Context, number int32) error {
				sent = append(sent, number) // the race detector sees two at once
				runtime.Gosched()
				if n := upload.own.Load(); n != 1 {
					return fmt.Errorf("%d parts are on their way", n)
				}
				return nil
			}
		}
		how := rapid.SampledFrom([]string{"write", "unknown size", "file"}).Draw(t, "how")
		if how == "unknown size" {
			options.Size = -1
		}
		stage := NewStage(context.Background(), upload, options)
		var err error
		if how == "file" {
			err = sendFile(stage, data)
		} else {
			err = writeInPieces(stage, data, rapid.IntRange(1, 3*partSize).Draw(t, "piece"))
		}
		if err != nil {
			t.Fatal(err)
		}
		if upload.visible {
			t.Fatal("visible before Commit")
		}
		info, err := stage.Commit(context.Background(), sums(data))
		if err != nil {
			t.Fatal(err)
		}
		if !slices.IsSorted(sent) {
			t.Fatalf("sent in the order %v", sent)
		}
		if !bytes.Equal(upload.object, data) || info.Size != int64(len(data)) {
			t.Fatalf("published %d bytes (%d in the answer), other than the %d written", len(upload.object), info.Size, len(data))
		}
		if (upload.whole != Whole{Size: int64(len(data)), Sums: checksum.Of(checksum.CRC64NVME|checksum.CRC64ECMA, data)}) {
			t.Fatalf("whole is %+v", upload.whole)
		}
		if err := stage.Abort(context.Background()); err != nil || upload.aborted != 0 {
			t.Fatalf("Abort after Commit: %v, %d aborts", err, upload.aborted)
		}
		if !isFree(budget) {
			t.Fatal("the budget was not given back")
		}
	})
}

func writeInPieces(w io.Writer, data []byte, size int) error {
	for piece := range slices.Chunk(data, size) {
		if n, err := w.Write(piece); err != nil || n != len(piece) {
			return fmt.Errorf("wrote %d of %d: %w", n, len(piece), err)
		}
	}
	return nil
}

func TestFirstErrorWinsAndStopsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const partSize = 128
		broken := errors.New("broken")
		upload := newFake()
		var stopped atomic.Int64
		upload.onPart = func(ctx context.Context, number int32) error {
			if number == 3 {
				return broken
			}
			<-ctx.Done() // only the failure of the third ends the others
			stopped.Add(1)
			return ctx.Err()
		}
		stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(3, partSize), Size: -1})
		for _, size := range []int{20 * partSize, 1} {
			if _, err := stage.Write(random(size)); !errors.Is(err, broken) {
				t.Errorf("Write: %v", err)
			}
		}
		if _, err := stage.Commit(t.Context(), blob.Sums{Size: stage.written}); !errors.Is(err, broken) {
			t.Errorf("Commit: %v", err)
		}
		for range 2 { // twice by the first Abort, as a part failed, and not at all by the second
			expectAborts(t, stage, upload, 2)
		}
		if stopped.Load() != 2 {
			t.Errorf("%d parts were stopped", stopped.Load())
		}
	})
}

func TestAbortThatFailsCanBeRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		upload, release := newFake(), make(chan struct{})
		upload.onPart = func(context.Context, int32) error { <-release; return nil } // deaf to its context
		stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(2, 64), Size: -1})
		if _, err := stage.Write(random(65)); err != nil {
			t.Fatal(err)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if err := stage.Abort(short); !errors.Is(err, context.DeadlineExceeded) || upload.aborted != 0 {
			t.Errorf("Abort with a part in flight: %v, %d aborts", err, upload.aborted)
		}
		close(release)
		expectAborts(t, stage, upload, 2)
	})
}

// A store goes on with a part that it has, and would bring an upload back that was aborted meanwhile; but nobody waits for ever.
func TestStoppingWaitsForTheAnswerToAPartThatWasSent(t *testing.T) {
	for _, c := range []struct {
		missing        int64 // bytes that were not read of the part
		answers, waits time.Duration
		aborts         int
	}{
		{0, partGrace / 2, partGrace / 2, 1},
		{0, time.Hour, partGrace + abortAgain, 2},
		{1, partGrace / 2, abortAgain, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			upload := newFake()
			upload.onBody = func(ctx context.Context, body *Body) ([]byte, error) {
				if _, err := io.CopyN(io.Discard, body, body.Size()-c.missing); err != nil {
					return nil, err
				}
				select {
				case <-ctx.Done(): // the connection is closed
					return nil, ctx.Err()
				case <-time.After(c.answers):
				}
				return io.ReadAll(body)
			}
			ctx, cancel := context.WithCancel(t.Context())
			stage := NewStage(ctx, upload, Options{Budget: NewBudgetOf(2, 64), Size: -1})
			if _, err := stage.Write(random(65)); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			cancel()
			start := time.Now()
			if expectAborts(t, stage, upload, c.aborts); time.Since(start) != c.waits {
				t.Errorf("%+v: it took %s", c, time.Since(start))
			}
		})
	}
}

// A file that is rewritten, cut or removed between its hashing and its sending.
func TestAFileThatChangesWhileItIsSent(t *testing.T) {
	const partSize = 4 << 10
	for _, parts := range []int64{1, 2} {
		data := random(int(parts * partSize))
		bit := slices.Clone(data)
		bit[len(bit)-1] ^= 1
		for name, after := range map[string][]byte{"one bit": bit, "cut": data[:len(data)-10], "gone": nil} {
			synctest.Test(t, func(t *testing.T) {
				upload := newFake()
				stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, partSize), Size: int64(len(data))})
				err := publish(stage, data, func(stage *Stage, data []byte) error {
					for offset := int64(0); offset < int64(len(data)); offset += partSize {
						sums := checksum.Of(checksum.CRC64NVME, data[offset:offset+partSize])
						if err := stage.SendAt(bytes.NewReader(after), offset, partSize, sums); err != nil {
							return err
						}
					}
					return nil
				})
				if !errors.Is(err, blob.ErrSourceChanged) {
					t.Errorf("%s: %v", name, err)
				}
				for number, n := range upload.sentOnly {
					if upload.parts[number] == nil && n == partSize {
						t.Errorf("%s: all %d bytes of a wrong part were sent", name, n)
					}
				}
				expectAborts(t, stage, upload, int(parts-1)*2)
			})
		}
	}
}

func TestAPartThatNobodyReadIsNotSent(t *testing.T) {
	upload := newFake()
	upload.onBody = func(context.Context, *Body) ([]byte, error) { return nil, nil }
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: 3})
	if err := publish(stage, []byte("abc"), ways["stream"]); err == nil {
		t.Error("a success without the bytes counts as one")
	}
}

// net/http may go on reading after a request has ended.
func TestATransportThatReadsOnSeesNoOtherPart(t *testing.T) {
	for size, aborts := range map[int]int{10: 0, 1000: 2} {
		synctest.Test(t, func(t *testing.T) {
			upload := newFake()
			upload.onBody = func(_ context.Context, body *Body) ([]byte, error) {
				time.AfterFunc(time.Nanosecond, func() {
					if n, err := body.Read(make([]byte, 1)); err == nil {
						t.Errorf("a request that had ended read %d bytes", n)
					}
				})
				return nil, errors.New("connection reset")
			}
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
			if err := publish(stage, random(size), ways["stream"]); err == nil {
				t.Error("no error")
			}
			time.Sleep(2 * time.Nanosecond)
			expectAborts(t, stage, upload, aborts)
		})
	}
}

// Cancelling stops everything but the request that publishes.
func TestCancelled(t *testing.T) {
	reason := errors.New("interrupted")
	last := func(cancel func()) func(context.Context) error {
		return func(ctx context.Context) error {
			if _, ends := ctx.Deadline(); !ends {
				return errors.New("no deadline")
			}
			cancel()
			time.Sleep(time.Nanosecond)
			return ctx.Err()
		}
	}
	for name, c := range map[string]struct {
		size, aborts int
		published    bool
		by           func(upload *fakeUpload, cancel func())
	}{
		"while parts wait for the budget": {1000, 2, false, func(upload *fakeUpload, cancel func()) {
			upload.onPart = func(ctx context.Context, _ int32) error { cancel(); <-ctx.Done(); return ctx.Err() }
		}},
		"while the upload begins": {1000, 1, false, func(upload *fakeUpload, cancel func()) {
			// The answer with the upload's name still arrives.
			upload.onBegin = func(ctx context.Context) error { cancel(); time.Sleep(beginGrace / 2); return ctx.Err() }
		}},
		"while the upload begins, which takes too long": {1000, 0, false, func(upload *fakeUpload, cancel func()) {
			upload.onBegin = func(ctx context.Context) error { cancel(); <-ctx.Done(); return ctx.Err() }
		}},
		"in the last request of parts": {1000, 0, true, func(upload *fakeUpload, cancel func()) { upload.onDone = last(cancel) }},
		"in the last request":          {10, 0, true, func(upload *fakeUpload, cancel func()) { upload.onPut = last(cancel) }},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(t.Context())
			upload, data := newFake(), random(c.size)
			c.by(upload, func() { cancel(reason) })
			stage := NewStage(ctx, upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
			_, err := stage.Write(data)
			if err == nil {
				_, err = stage.Commit(ctx, sums(data))
			}
			if c.published != (err == nil) || err != nil && !errors.Is(err, reason) || upload.visible != c.published {
				t.Errorf("%s: %v, visible %t", name, err, upload.visible)
			}
			upload.visible = false
			expectAborts(t, stage, upload, c.aborts)
		})
	}
}
