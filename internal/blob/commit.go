package blob

import (
	"context"
	"time"
)

const (
	// commitTimeout bounds the last request of a write: a store may take minutes to put a large object together.
	commitTimeout = 5 * time.Minute
	// commitGrace is what is left of it once the caller has given up. The answer reports whether the object is there, and
	// a user who pressed Ctrl-C waits for it.
	commitGrace = 15 * time.Second
)

// CommitContext is the context of the request that publishes an object: cancelling ctx does not stop it any more, and
// only shortens how long its answer is waited for.
func CommitContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return commitContext(ctx, commitTimeout, commitGrace)
}

func commitContext(parent context.Context, timeout, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(parent), timeout)
	stop := context.AfterFunc(parent, func() {
		select {
		case <-time.After(grace):
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() {
		stop()
		cancel()
	}
}
