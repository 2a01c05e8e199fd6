package multipart

import (
	"context"
	"errors"
	"fmt"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// copiesAtOnce is how many parts are copied at a time. The bytes stay in the store, so that they take nothing of the budget.
const copiesAtOnce = 4

// CanCopy asks the Upload. One that is no Copier copies nothing.
func (s *Stage) CanCopy(from blob.Store) bool {
	copier, ok := s.upload.(Copier)
	return ok && copier.CanCopy(from)
}

// CopyFrom has the store copy an object that is not empty, by parts even where one request would do: only the completion of an upload is under a condition.
// It returns when no part is on its way any more.
func (s *Stage) CopyFrom(ctx context.Context, from blob.Store, object blob.Info) error {
	copier, ok := s.upload.(Copier)
	if !ok || !copier.CanCopy(from) {
		return errors.ErrUnsupported
	}
	if s.begun || s.written > 0 || object.Size == 0 || s.options.Size >= 0 && object.Size != s.options.Size {
		return fmt.Errorf("a copy of %d bytes, where %d are due that were not begun", object.Size, s.options.Size)
	}
	defer context.AfterFunc(ctx, func() { s.cancel(context.Cause(ctx)) })()
	if err := s.begin(func(ctx context.Context) error { return copier.BeginCopy(ctx, from, object) }); err != nil {
		return err
	}
	most := int64(s.maxParts)
	length := max(s.options.Limits.CopyPart, (object.Size+most-1)/most)
	atOnce := copiesAtOnce
	if s.options.InOrder {
		atOnce = 1
	}
	slots := make(chan struct{}, atOnce)
	for first := int64(0); first < object.Size; first += length {
		select {
		case slots <- struct{}{}:
		case <-s.ctx.Done():
		}
		if s.ctx.Err() != nil {
			break
		}
		s.parts++
		part := CopiedPart{Number: s.parts, Object: object, First: first, Length: min(length, object.Size-first)}
		s.inFlight.Go(func() {
			etag, err := s.drain(awaited, func(ctx context.Context) (string, error) { return copier.CopyPart(ctx, part) })
			s.ended(Done{Number: part.Number, ETag: etag, Size: part.Length}, err)
			<-slots
		})
	}
	s.inFlight.Wait()
	s.written, s.copied = object.Size, true
	return context.Cause(s.ctx)
}

// awaited: the store has all that it needs for a copy as soon as it has the request.
func awaited(error) bool { return true }
