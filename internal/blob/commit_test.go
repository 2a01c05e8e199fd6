package blob

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestCommitContext(t *testing.T) {
	t.Run("outlives its caller for a while", func(t *testing.T) {
		parent, giveUp := context.WithCancel(t.Context())
		ctx, cancel := commitContext(parent, time.Hour, 50*time.Millisecond)
		defer cancel()
		giveUp()
		if err := ctx.Err(); err != nil {
			t.Errorf("over at once: %v", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Error("it goes on although nobody waits")
		}
	})
	t.Run("has its own end", func(t *testing.T) {
		ctx, cancel := commitContext(t.Context(), time.Millisecond, time.Hour)
		defer cancel()
		<-ctx.Done()
		if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
			t.Errorf("ended by %v", ctx.Err())
		}
	})
}
