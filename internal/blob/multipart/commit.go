package multipart

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Commit sends what is left and publishes the object. It must be given the sums of exactly what was written.
func (s *Stage) Commit(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	if s.finished {
		return blob.Info{}, errEnded
	}
	defer context.AfterFunc(ctx, func() { s.cancel(context.Cause(ctx)) })()
	if s.written != sums.Size || (s.options.Size >= 0 && s.written != s.options.Size) {
		return blob.Info{}, fmt.Errorf("%w: %d bytes were announced, %d written, and %d are to be committed",
			blob.ErrSourceChanged, s.options.Size, s.written, sums.Size)
	}
	commit := s.put
	if s.begun {
		commit = s.complete
	}
	info, err := commit(ctx, sums)
	if err != nil {
		return blob.Info{}, err
	}
	s.gone()
	s.cancel(errEnded)
	return info, nil
}

// put sends an object of at most one part.
func (s *Stage) put(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	body, whole := s.inOne()
	if whole.Size != sums.Size {
		return blob.Info{}, fmt.Errorf("%d bytes are here of %d", whole.Size, sums.Size)
	}
	if err := s.stopped(ctx); err != nil {
		return blob.Info{}, err
	}
	s.sweep(ctx, false)
	if s.held == nil { // one from a file has its turn already
		sent, err := s.options.Budget.send(ctx, whole.Size)
		if err != nil {
			return blob.Info{}, context.Cause(ctx)
		}
		defer sent()
	}
	if err := s.stopped(ctx); err != nil {
		return blob.Info{}, err
	}
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	info, err := s.upload.Put(ctx, body, whole, sums)
	body.close()
	s.drop()
	return info, body.verdict(err)
}

// inOne is everything that was written, or is in a file.
func (s *Stage) inOne() (*Body, Whole) {
	if s.held != nil {
		return s.held.body, s.held.whole
	}
	var data []byte
	if s.current != nil {
		data = s.current.data
	}
	whole := s.wholeOf(data)
	return newBody(bytes.NewReader(data), whole.Size, whole.Sums.CRC64NVME), whole
}

// complete sends the last part, waits for all of them, and publishes.
func (s *Stage) complete(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	if s.current != nil {
		if err := s.flush(); err != nil {
			return blob.Info{}, err
		}
	}
	if err := s.wait(ctx); err != nil {
		return blob.Info{}, err
	}
	if err := s.stopped(ctx); err != nil {
		return blob.Info{}, err
	}
	slices.SortFunc(s.done, func(a, b Done) int { return int(a.Number - b.Number) })
	whole := Whole{Copied: s.copied}
	for _, part := range s.done {
		whole.Sums = s.sums.Append(whole.Sums, part.Sums, part.Size)
		whole.Size += part.Size
	}
	if whole.Size != sums.Size || len(s.done) != int(s.parts) {
		return blob.Info{}, fmt.Errorf("%d of %d parts were sent, %d bytes of %d", len(s.done), s.parts, whole.Size, sums.Size)
	}
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	return s.upload.Complete(ctx, s.done, whole)
}

// stopped returns the first error, or that of the caller's context, whose effect on the stage may not show yet.
func (s *Stage) stopped(ctx context.Context) error {
	if err := context.Cause(s.ctx); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// Abort stops the parts in flight, waits for them and throws them away.
func (s *Stage) Abort(ctx context.Context) error {
	if s.finished {
		return nil
	}
	s.cancel(errEnded)
	if err := s.wait(ctx); err != nil {
		return err
	}
	s.drop()
	if s.begun {
		if err := s.upload.Abort(ctx); err != nil {
			return err
		}
		if s.lost && waitFor(ctx, abortAgain) {
			if err := s.upload.Abort(ctx); err != nil {
				return err
			}
		}
	}
	s.gone()
	return nil
}

// gone is called when the store has no unfinished upload any more.
func (s *Stage) gone() {
	s.finished = true
	if s.forget != nil {
		s.forget()
	}
}

// wait returns when no part is in flight, or ctx is over.
func (s *Stage) wait(ctx context.Context) error {
	idle := make(chan struct{})
	go func() {
		s.inFlight.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Stage) drop() {
	if s.current != nil {
		s.current.free()
		s.current = nil
	}
	if s.held != nil {
		s.held.free()
		s.held = nil
	}
}
