package multipart

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// hooked is a stage that writes down when its hooks were called, among the calls of the upload.
func hooked(t *testing.T, ctx context.Context, upload *fakeUpload) *Stage {
	t.Helper()
	return NewStage(ctx, upload, Options{
		Budget: NewBudgetOf(1, 64), Size: -1,
		Sweep: func(_ context.Context, byParts bool) {
			upload.call(map[bool]string{true: "sweep", false: "small sweep"}[byParts])
		},
		Begun: func() (ended func()) {
			upload.call("begun")
			return func() { upload.call("ended") }
		},
	})
}

func expectCalls(t *testing.T, upload *fakeUpload, want ...string) {
	t.Helper()
	if !slices.Equal(upload.calls, want) {
		t.Errorf("calls: %q, want %q", upload.calls, want)
	}
}

// An upload is remembered from before its first part until it is certain that it is no more. What earlier ones left goes before.
func TestHooks(t *testing.T) {
	t.Run("completed", func(t *testing.T) {
		upload := newFake()
		upload.onPart = func(context.Context, int32) error {
			if !slices.Contains(upload.calls, "begun") {
				t.Error("a part is sent before the upload is remembered")
			}
			return nil
		}
		stage, data := hooked(t, t.Context(), upload), random(100)
		if _, err := stage.Write(data); err != nil {
			t.Fatal(err)
		}
		if _, err := stage.Commit(t.Context(), sums(data)); err != nil {
			t.Fatal(err)
		}
		expectCalls(t, upload, "sweep", "begin", "begun", "complete", "ended")
	})
	t.Run("small", func(t *testing.T) {
		upload := newFake()
		stage, data := hooked(t, t.Context(), upload), random(10)
		if _, err := stage.Write(data); err != nil {
			t.Fatal(err)
		}
		if _, err := stage.Commit(t.Context(), sums(data)); err != nil {
			t.Fatal(err)
		}
		expectCalls(t, upload, "small sweep", "put")
	})
	t.Run("not begun", func(t *testing.T) {
		upload := newFake()
		upload.onBegin = func(context.Context) error { return errors.New("no answer") }
		stage := hooked(t, t.Context(), upload)
		if _, err := stage.Write(random(100)); err == nil {
			t.Error("no error")
		}
		if err := stage.Abort(t.Context()); err != nil {
			t.Error(err)
		}
		expectCalls(t, upload, "sweep", "begin")
	})
	t.Run("aborted", func(t *testing.T) {
		upload := newFake()
		stage := hooked(t, t.Context(), upload)
		if _, err := stage.Write(random(100)); err != nil {
			t.Fatal(err)
		}
		if err := stage.Abort(t.Context()); err != nil {
			t.Error(err)
		}
		expectCalls(t, upload, "sweep", "begin", "begun", "abort", "ended")
	})
	t.Run("neither", func(t *testing.T) {
		upload := newFake()
		upload.onDone = func(context.Context) error { return errors.New("the answer is lost") }
		stage, data := hooked(t, t.Context(), upload), random(100)
		if _, err := stage.Write(data); err != nil {
			t.Fatal(err)
		}
		if _, err := stage.Commit(t.Context(), sums(data)); err == nil {
			t.Error("no error")
		}
		upload.abortFails = errors.New("unreachable")
		if err := stage.Abort(t.Context()); err == nil {
			t.Error("no error")
		}
		expectCalls(t, upload, "sweep", "begin", "begun", "complete", "abort")
	})
	t.Run("cancelled while it sweeps", func(t *testing.T) {
		for size, want := range map[int]string{100: "sweep", 10: "small sweep"} {
			ctx, cancel := context.WithCancel(t.Context())
			upload := newFake()
			stage, data := hooked(t, ctx, upload), random(size)
			sweep := stage.options.Sweep
			stage.options.Sweep = func(ctx context.Context, byParts bool) { sweep(ctx, byParts); cancel() }
			_, err := stage.Write(data)
			if err == nil {
				_, err = stage.Commit(ctx, blob.Sums{Size: int64(size)})
			}
			if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if err := stage.Abort(t.Context()); err != nil {
				t.Error(err)
			}
			expectCalls(t, upload, want)
		}
	})
}
