package multipart

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/crc64nvme"
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

func TestWhatIsWrittenIsPublished(t *testing.T) {
	const partSize = 64
	rapid.Check(t, func(t *rapid.T) {
		data := random(rapid.IntRange(0, 6*partSize).Draw(t, "size"))
		if rapid.Bool().Draw(t, "whole parts") {
			data = data[:len(data)/partSize*partSize]
		}
		budget := NewBudgetOf(rapid.IntRange(1, 4).Draw(t, "parts in flight"), partSize)
		upload := newFake()
		upload.twice = rapid.Bool().Draw(t, "repeated requests")
		options := Options{Budget: budget, Size: int64(len(data)), Sums: checksum.CRC64ECMA, InOrder: rapid.Bool().Draw(t, "in order")}
		if rapid.Bool().Draw(t, "SHA-256") {
			options.Sums |= checksum.SHA256
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
		if !bytes.Equal(upload.object, data) || info.Size != int64(len(data)) {
			t.Fatalf("published %d bytes (%d in the answer), other than the %d written", len(upload.object), info.Size, len(data))
		}
		if single := len(data) <= partSize; single != (upload.count("put") == 1) || single != (upload.count("begin") == 0) {
			t.Fatalf("%d bytes were sent by %v", len(data), upload.calls)
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

// isFree takes the whole budget.
func isFree(b *Budget) bool {
	return b.memory.TryAcquire(b.total) && b.sending.TryAcquire(b.total)
}

func writeInPieces(w io.Writer, data []byte, size int) error {
	for piece := range slices.Chunk(data, size) {
		if n, err := w.Write(piece); err != nil || n != len(piece) {
			return fmt.Errorf("wrote %d of %d: %w", n, len(piece), err)
		}
	}
	return nil
}

func TestPartsInOrder(t *testing.T) {
	const partSize = 10
	data := random(20*partSize + 1)
	for _, how := range []string{"write", "file"} {
		upload := newFake()
		var sent []int32
		upload.onPart = func(_ context.Context, number int32) error {
			sent = append(sent, number) // the race detector sees two at once
			if n := upload.own.Load(); n != 1 {
				return fmt.Errorf("%d parts are on their way", n)
			}
			return nil
		}
		stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(4, partSize), Size: int64(len(data)), InOrder: true})
		var err error
		if how == "file" {
			err = sendFile(stage, data)
		} else {
			err = writeInPieces(stage, data, 7)
		}
		if err == nil {
			_, err = stage.Commit(t.Context(), sums(data))
		}
		if err != nil || !slices.IsSorted(sent) || len(sent) != 21 || !bytes.Equal(upload.object, data) {
			t.Errorf("%s: %v, sent in the order %v", how, err, sent)
		}
	}
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
	err := sendFile(stage, random(50))
	if err == nil {
		_, err = stage.Commit(t.Context(), sums(random(50)))
	}
	if !errors.Is(err, broken) || len(upload.parts) != 1 {
		t.Errorf("%v, with %d parts", err, len(upload.parts))
	}
	if err := stage.Abort(t.Context()); err != nil || !isFree(stage.options.Budget) {
		t.Errorf("Abort: %v, or the budget was not given back", err)
	}
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
			send := sendFile
			if i%2 == 0 {
				send = func(stage *Stage, data []byte) error { return writeInPieces(stage, data, 300) }
			}
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
	const partSize = 128
	for _, how := range []string{"write", "file"} {
		t.Run(how, func(t *testing.T) {
			budget := NewBudgetOf(3, partSize)
			upload := newFake()
			gate := make(chan struct{})
			arrived := make(chan struct{}, 100)
			upload.onPart = func(ctx context.Context, _ int32) error {
				arrived <- struct{}{}
				select {
				case <-gate:
				case <-ctx.Done():
				}
				return nil
			}
			data := random(10 * partSize)
			stage := NewStage(t.Context(), upload, Options{Budget: budget, Size: int64(len(data))})
			result := make(chan error, 1)
			go func() {
				if how == "file" {
					result <- sendFile(stage, data)
					return
				}
				_, err := stage.Write(data)
				result <- err
			}()
			for range 3 {
				<-arrived
			}
			select {
			case <-arrived:
				t.Fatal("a fourth part is in flight")
			case err := <-result:
				t.Fatalf("everything was taken while nothing was sent: %v", err)
			case <-time.After(50 * time.Millisecond):
			}
			close(gate)
			if err := <-result; err != nil {
				t.Fatal(err)
			}
			if _, err := stage.Commit(t.Context(), sums(data)); err != nil || !bytes.Equal(upload.object, data) {
				t.Fatal(err)
			}
		})
	}
}

func TestFirstErrorWinsAndStopsTheRest(t *testing.T) {
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
	_, err := stage.Write(random(20 * partSize))
	if !errors.Is(err, broken) {
		t.Errorf("Write: %v", err)
	}
	if _, err := stage.Write([]byte{1}); !errors.Is(err, broken) {
		t.Errorf("the next Write: %v", err)
	}
	if _, err := stage.Commit(t.Context(), blob.Sums{Size: stage.written}); !errors.Is(err, broken) {
		t.Errorf("Commit: %v", err)
	}
	for range 2 {
		if err := stage.Abort(t.Context()); err != nil {
			t.Errorf("Abort: %v", err)
		}
	}
	// Twice by the first Abort, as a part failed, and not at all by the second.
	if upload.aborted != 2 || upload.visible || stopped.Load() != 2 {
		t.Errorf("%d aborts, visible %v, %d parts stopped", upload.aborted, upload.visible, stopped.Load())
	}
	if !isFree(stage.options.Budget) {
		t.Error("the budget was not given back")
	}
}

func TestAbortThatFailsCanBeRepeated(t *testing.T) {
	upload := newFake()
	entered := make(chan struct{})
	release := make(chan struct{})
	upload.onPart = func(context.Context, int32) error { close(entered); <-release; return nil } // deaf to its context
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(2, 64), Size: -1})
	if _, err := stage.Write(random(65)); err != nil {
		t.Fatal(err)
	}
	<-entered
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := stage.Abort(short); !errors.Is(err, context.DeadlineExceeded) || upload.aborted != 0 {
		t.Errorf("Abort with a part in flight: %v, %d aborts", err, upload.aborted)
	}
	close(release)
	if err := stage.Abort(t.Context()); err != nil || upload.aborted != 2 {
		t.Errorf("Abort: %v, %d aborts", err, upload.aborted)
	}
}

// A store goes on with a part that it has, and would bring an upload back that was aborted meanwhile.
func TestStoppingWaitsForTheAnswerToAPartThatWasSent(t *testing.T) {
	for _, whole := range []bool{true, false} {
		upload := newFake()
		read := make(chan struct{})
		var answered, cut atomic.Bool
		late := 100 * time.Millisecond
		if !whole {
			late = time.Minute // nobody waits for it
		}
		upload.onBody = func(ctx context.Context, body *Body) error {
			n := body.Size()
			if !whole {
				n--
			}
			if _, err := io.CopyN(io.Discard, body, n); err != nil {
				return err
			}
			close(read)
			select {
			case <-ctx.Done(): // the connection is closed
				cut.Store(true)
				return ctx.Err()
			case <-time.After(late):
			}
			answered.Store(true)
			_, err := io.Copy(io.Discard, body)
			return err
		}
		ctx, cancel := context.WithCancel(t.Context())
		stage := NewStage(ctx, upload, Options{Budget: NewBudgetOf(2, 64), Size: -1})
		if _, err := stage.Write(random(65)); err != nil {
			t.Fatal(err)
		}
		<-read
		cancel()
		if err := stage.Abort(t.Context()); err != nil {
			t.Error(err)
		}
		if answered.Load() != whole || cut.Load() == whole {
			t.Errorf("sent to the end %t: answered %t, cut off %t", whole, answered.Load(), cut.Load())
		}
	}
}

// changing is a file that is rewritten between its hashing and its sending.
type changing struct {
	*bytes.Reader
	after []byte
}

func (c changing) ReadAt(p []byte, offset int64) (int, error) {
	return bytes.NewReader(c.after).ReadAt(p, offset)
}

func TestAFileThatChangesWhileItIsSent(t *testing.T) {
	const partSize = 4 << 10
	data := random(2 * partSize)
	for name, after := range changed(data) {
		t.Run(name, func(t *testing.T) {
			upload := newFake()
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, partSize), Size: int64(len(data))})
			file := changing{bytes.NewReader(data), after}
			var err error
			for i := range int64(2) {
				part := data[i*partSize : (i+1)*partSize]
				if err = stage.SendAt(file, i*partSize, partSize, checksum.Sums{CRC64NVME: crc64nvme.Checksum(part)}); err != nil {
					break
				}
			}
			if err == nil {
				_, err = stage.Commit(t.Context(), sums(data))
			}
			if !errors.Is(err, blob.ErrSourceChanged) || upload.visible {
				t.Fatalf("%v, visible %v", err, upload.visible)
			}
			for number, n := range upload.sentOnly {
				if upload.parts[number] == nil && n == partSize {
					t.Errorf("all %d bytes of a wrong part were sent", n)
				}
			}
			if err := stage.Abort(t.Context()); err != nil || upload.aborted != 2 {
				t.Errorf("Abort: %v, %d", err, upload.aborted)
			}
		})
	}
}

func TestAPartThatNobodyReadIsNotSent(t *testing.T) {
	upload := newFake()
	upload.unread = true
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: 3})
	if _, err := stage.Write([]byte("abc")); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Commit(t.Context(), sums([]byte("abc"))); err == nil {
		t.Error("a success without the bytes counts as one")
	}
}

func TestATransportThatReadsOnSeesNoOtherPart(t *testing.T) {
	upload := newFake()
	upload.late = true
	stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
	_, err := stage.Write(random(1000))
	if err == nil {
		_, err = stage.Commit(t.Context(), blob.Sums{Size: 1000})
	}
	if err == nil {
		t.Error("no error")
	}
	if err := stage.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	upload.lateEnd.Wait()
	if upload.count("read 1 bytes after the end") > 0 {
		t.Error("a request that had ended read on")
	}
}

func TestCancellingStopsEverythingButTheLastRequest(t *testing.T) {
	reason := errors.New("interrupted")
	t.Run("while parts wait for the budget", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		upload := newFake()
		upload.onPart = func(ctx context.Context, _ int32) error { cancel(reason); <-ctx.Done(); return ctx.Err() }
		stage := NewStage(ctx, upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
		if _, err := stage.Write(random(1000)); !errors.Is(err, reason) {
			t.Errorf("Write: %v", err)
		}
		if err := stage.Abort(t.Context()); err != nil || upload.aborted != 2 {
			t.Errorf("Abort: %v, %d", err, upload.aborted)
		}
	})
	t.Run("while the upload begins", func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		upload := newFake()
		upload.onBegin = func(ctx context.Context) error {
			cancel(reason)
			time.Sleep(20 * time.Millisecond)
			return ctx.Err() // the answer with the upload's name still arrives
		}
		stage := NewStage(ctx, upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
		if _, err := stage.Write(random(1000)); !errors.Is(err, reason) {
			t.Errorf("Write: %v", err)
		}
		if err := stage.Abort(t.Context()); err != nil || upload.aborted != 1 {
			t.Errorf("Abort: %v, %d: the upload stays open", err, upload.aborted)
		}
	})
	t.Run("before the commit", func(t *testing.T) {
		for _, size := range []int{10, 1000} {
			upload := newFake()
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
			data := random(size)
			if _, err := stage.Write(data); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(reason)
			if _, err := stage.Commit(ctx, sums(data)); !errors.Is(err, reason) || upload.visible || upload.count("put")+upload.count("complete") > 0 {
				t.Errorf("Commit of %d bytes: %v, %v", size, err, upload.calls)
			}
			if err := stage.Abort(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	t.Run("in the last request", func(t *testing.T) {
		for _, size := range []int{10, 1000} {
			ctx, cancel := context.WithCancelCause(t.Context())
			upload := newFake()
			last := func(ctx context.Context) error {
				cancel(reason)
				time.Sleep(10 * time.Millisecond)
				if _, ok := ctx.Deadline(); !ok {
					return errors.New("no deadline")
				}
				return ctx.Err()
			}
			upload.onPut, upload.onDone = last, last
			stage := NewStage(ctx, upload, Options{Budget: NewBudgetOf(1, 64), Size: -1})
			data := random(size)
			if _, err := stage.Write(data); err != nil {
				t.Fatal(err)
			}
			if _, err := stage.Commit(ctx, sums(data)); err != nil || !upload.visible {
				t.Errorf("Commit of %d bytes: %v, visible %v", size, err, upload.visible)
			}
		}
	})
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
