// Package multipart turns what a backend can do with one upload (begin, part, complete, abort, or one single put) into
// a blob.PartStage, with parts in flight within one memory budget.
package multipart

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

const (
	// growEvery is after how many parts of an object of unknown size the parts double.
	growEvery = 1000
	// beginGrace is how long a cancelled run waits for the answer that names the upload. Without it nobody could abort it.
	beginGrace = 5 * time.Second
	// partGrace is how long a stopped stage waits for the answer to a part of which every byte was read.
	partGrace = 5 * time.Second
	// abortAgain is after which time an upload is aborted once more, when a part failed.
	abortAgain = 200 * time.Millisecond
)

// Stage feeds an Upload. Its methods are called by one goroutine at a time.
type Stage struct {
	upload   Upload
	options  Options
	partSize int64 // of a known size; 0: its size is unknown, or there is nothing to send
	maxParts int32
	sums     checksum.Set

	// ctx ends with the stage. Its cause is the first error.
	ctx    context.Context
	cancel context.CancelCauseFunc

	current  *buffer // being filled
	held     *held   // an object of one part from a file, for Commit to send
	written  int64
	parts    int32 // handed out
	begun    bool
	copied   bool
	forget   func() // what Options.Begun returned
	finished bool

	inFlight sync.WaitGroup
	turn     chan struct{} // holds a token while a part is on its way; nil: parts need not wait for each other
	mu       sync.Mutex
	done     []Done
	lost     bool // a part failed: the store may still be busy with it
}

var (
	_ blob.PartStage = (*Stage)(nil)
	_ blob.CopyStage = (*Stage)(nil)
)

// ErrTooLarge is an object that cannot be sent within the budget.
var ErrTooLarge = errors.New("the object is too large for the memory that parts may use")

var errEnded = errors.New("the stage has ended")

// NewStage begins a stage; nothing is sent yet. The context governs all of it but Commit's last request and Abort.
func NewStage(ctx context.Context, upload Upload, options Options) *Stage {
	stage := &Stage{
		upload: upload, options: options,
		maxParts: cmp.Or(options.Limits.MaxParts, DefaultMaxParts), sums: options.Sums | checksum.CRC64NVME,
	}
	if options.InOrder {
		stage.turn = make(chan struct{}, 1)
	}
	stage.ctx, stage.cancel = context.WithCancelCause(ctx)
	switch base := options.Budget.partSize; {
	case options.Size > base:
		unit := max(base/8, 1) // 1 MiB
		most := int64(stage.maxParts) * unit
		stage.partSize = max(base, (options.Size+most-1)/most*unit)
	case options.Size > 0:
		stage.partSize = options.Size
	}
	return stage
}

// single says that the object is one part of a known size, which Put sends.
func (s *Stage) single() bool { return s.options.Size > 0 && s.options.Size == s.partSize }

// Parts says that an object is wanted by SendAt, if its size is known. The one part of a small one needs no SHA-256 of its own: it is that of the whole.
func (s *Stage) Parts() blob.PartPlan {
	if s.partSize == 0 {
		return blob.PartPlan{}
	}
	sums := s.sums
	if s.single() {
		sums &^= checksum.SHA256
	}
	return blob.PartPlan{Size: s.partSize, Sums: sums}
}

// Write gathers bytes into parts. It blocks while the budget is used up.
func (s *Stage) Write(p []byte) (int, error) {
	if s.options.Size >= 0 && s.written+int64(len(p)) > s.options.Size {
		return 0, fmt.Errorf("%w: it has more than the %d bytes that were announced", blob.ErrSourceChanged, s.options.Size)
	}
	n := 0
	for n < len(p) {
		if err := s.makeRoom(); err != nil {
			return n, err
		}
		filled := s.current.fill(p[n:])
		n += filled
		s.written += int64(filled)
	}
	return n, context.Cause(s.ctx)
}

// makeRoom sends a full buffer and waits for the next: in this order, as the budget's promise hangs on it.
func (s *Stage) makeRoom() error {
	if s.current != nil && !s.current.full() {
		return nil
	}
	if s.current != nil {
		if err := s.flush(); err != nil {
			return err
		}
	}
	limit, exact, err := s.nextPart()
	if err != nil {
		return err
	}
	buf, err := s.options.Budget.take(s.ctx, limit, exact)
	if err != nil {
		return context.Cause(s.ctx)
	}
	s.current = buf
	return nil
}

// nextPart says how many bytes the next part has at the most, and if that is what it will have.
func (s *Stage) nextPart() (limit int64, exact bool, err error) {
	budget := s.options.Budget
	switch {
	case s.parts == s.maxParts:
		return 0, false, fmt.Errorf("%w: %d bytes of unknown total size fill %d parts; raise max_concurrent_parts, or give a source that tells its size",
			ErrTooLarge, s.written, s.maxParts)
	case s.partSize > budget.total:
		return 0, false, fmt.Errorf("%w: %d bytes need parts of %d MiB, and there are %d MiB for all parts together; raise max_concurrent_parts, or send it from a local file",
			ErrTooLarge, s.options.Size, s.partSize>>20, budget.total>>20)
	case s.partSize > 0:
		return min(s.partSize, s.options.Size-s.written), true, nil
	case s.options.Size >= 0:
		return s.options.Size, true, nil
	}
	return min(budget.partSize<<(s.parts/growEvery), budget.total), s.parts > 0, nil
}

// flush hands the filled buffer over to be sent.
func (s *Stage) flush() error {
	if err := s.begin(s.upload.Begin); err != nil {
		return err
	}
	length := int64(len(s.current.data))
	sent, err := s.options.Budget.send(s.ctx, length)
	if err != nil {
		return context.Cause(s.ctx)
	}
	buf := s.current
	s.current = nil
	sums := checksum.Of(s.sums, buf.data)
	return s.send(newBody(bytes.NewReader(buf.data), length, sums.CRC64NVME), s.written-length, sums, func() {
		sent()
		buf.free()
	})
}

// wholeOf are the checksums of bytes in memory.
func (s *Stage) wholeOf(data []byte) Whole {
	return Whole{Size: int64(len(data)), Sums: checksum.Of(s.sums&^checksum.SHA256, data)}
}

// SendAt sends a part straight from a file, which takes nothing of the budget's memory.
func (s *Stage) SendAt(r io.ReaderAt, offset, length int64, sums checksum.Sums) error {
	if want := min(s.partSize, s.options.Size-s.written); offset != s.written || length != want || length == 0 {
		return fmt.Errorf("a part of %d bytes at %d, where %d at %d are due", length, offset, want, s.written)
	}
	if !s.single() {
		if err := s.begin(s.upload.Begin); err != nil {
			return err
		}
	}
	sent, err := s.options.Budget.send(s.ctx, length)
	if err != nil {
		return context.Cause(s.ctx)
	}
	s.written += length
	body := newBody(io.NewSectionReader(r, offset, length), length, sums.CRC64NVME)
	if s.single() {
		s.held = &held{body, Whole{Size: length, Sums: sums}, sent}
		return nil
	}
	return s.send(body, offset, sums, sent)
}

// held is a whole object that waits for Commit.
type held struct {
	body  *Body
	whole Whole
	free  func()
}

// begin starts the upload before its first part. A cancelled run waits a little for the answer.
func (s *Stage) begin(begin func(context.Context) error) error {
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	if s.begun {
		return nil
	}
	if s.sweep(s.ctx, true); s.ctx.Err() != nil {
		return context.Cause(s.ctx)
	}
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(s.ctx))
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() {
		if waitFor(ctx, beginGrace) {
			cancel(context.Cause(s.ctx))
		}
	})()
	if err := begin(ctx); err != nil {
		s.cancel(err)
		return context.Cause(s.ctx)
	}
	s.begun = true
	if s.options.Begun != nil {
		s.forget = s.options.Begun()
	}
	return context.Cause(s.ctx)
}

func (s *Stage) sweep(ctx context.Context, byParts bool) {
	if s.options.Sweep != nil {
		s.options.Sweep(ctx, byParts)
	}
}

// waitFor returns true when the time is over, and false when ctx is before.
func waitFor(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// send runs one part, in its turn.
// The first error stops the others.
func (s *Stage) send(body *Body, offset int64, sums checksum.Sums, free func()) error {
	if s.turn != nil {
		select {
		case s.turn <- struct{}{}:
		case <-s.ctx.Done():
		}
		if s.ctx.Err() != nil {
			free()
			return context.Cause(s.ctx)
		}
	}
	s.parts++
	part := Part{Number: s.parts, Offset: offset, Body: body, Sums: sums}
	s.inFlight.Go(func() {
		defer free()
		etag, err := s.drain(body.stop, func(ctx context.Context) (string, error) { return s.upload.Part(ctx, part) })
		body.close()
		s.ended(Done{Number: part.Number, ETag: etag, Size: body.size, Sums: sums}, body.verdict(err))
		if s.turn != nil {
			<-s.turn
		}
	})
	return nil
}

// drain runs the request of one part.
//
// Stopping is gentle. A store that has all of a part goes on with it although nobody listens any more, and if it ends
// after the abort, the upload is there again, or its part is (API reference, AbortMultipartUpload: "if any part uploads are
// currently in progress, those part uploads might or might not succeed"; versitygw 1.8.0 was seen to do so in one abort of four).
// So a part that was not read to its end is cut off, which no store takes for a part, and the answer to any other is awaited: stop says which
// it is. Where a part failed all the same, Abort comes twice.
func (s *Stage) drain(stop func(cause error) bool, do func(context.Context) (string, error)) (string, error) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(s.ctx))
	defer cancel(nil)
	defer context.AfterFunc(s.ctx, func() {
		if cause := context.Cause(s.ctx); !stop(cause) || waitFor(ctx, partGrace) {
			cancel(cause)
		}
	})()
	return do(ctx)
}

// ended keeps what became of a part.
func (s *Stage) ended(part Done, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		s.lost = true
		s.cancel(err)
		return
	}
	s.done = append(s.done, part)
}
