package multipart

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
)

// An upload is remembered from before its first part until it is certain that it is no more. What earlier ones left goes before.
func TestHooks(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		size               int
		begin, done, abort error // what these requests end with
		gaveUp             bool  // before the commit
		cancelled          bool  // while it sweeps
		calls              string
	}{
		"completed":       {size: 100, calls: "sweep, begin, begun, complete, ended"},
		"small":           {size: 10, calls: "small sweep, put"},
		"not begun":       {size: 100, begin: broken, calls: "sweep, begin"},
		"aborted":         {size: 100, gaveUp: true, calls: "sweep, begin, begun, abort, ended"},
		"neither":         {size: 100, done: broken, abort: broken, calls: "sweep, begin, begun, complete, abort"},
		"cancelled":       {size: 100, cancelled: true, calls: "sweep"},
		"small cancelled": {size: 10, cancelled: true, calls: "small sweep"},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		upload, data := newFake(), random(c.size)
		upload.onBegin = func(context.Context) error { return c.begin }
		upload.onDone = func(context.Context) error { return c.done }
		upload.abortFails = c.abort
		upload.onPart = func(context.Context, int32) error {
			if !slices.Contains(upload.calls, "begun") {
				t.Error("a part is sent before the upload is remembered")
			}
			return nil
		}
		stage := NewStage(ctx, upload, Options{
			Budget: NewBudgetOf(1, 64), Size: -1,
			Sweep: func(_ context.Context, byParts bool) {
				upload.call(map[bool]string{true: "sweep", false: "small sweep"}[byParts])
				if c.cancelled {
					cancel()
				}
			},
			Begun: func() (ended func()) {
				upload.call("begun")
				return func() { upload.call("ended") }
			},
		})
		_, err := stage.Write(data)
		if err == nil && !c.gaveUp {
			_, err = stage.Commit(ctx, sums(data))
		}
		if fails := c.cancelled || c.begin != nil || c.done != nil; fails != (err != nil) || c.cancelled && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		if err := stage.Abort(t.Context()); !errors.Is(err, c.abort) {
			t.Errorf("%s: Abort: %v", name, err)
		}
		if calls := strings.Join(upload.calls, ", "); calls != c.calls {
			t.Errorf("%s: %s, want %s", name, calls, c.calls)
		}
	}
}
