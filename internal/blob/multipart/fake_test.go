package multipart

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fakeUpload is a backend in memory. It is a fake: what a real one does is tested in the backends.
type fakeUpload struct {
	onPart  func(ctx context.Context, number int32) error         // before the body is read
	onBody  func(ctx context.Context, body *Body) ([]byte, error) // reads it
	onBegin func(ctx context.Context) error
	onPut   func(ctx context.Context) error
	onDone  func(ctx context.Context) error // in Complete

	inFlight, peak *atomic.Int64 // bytes; may be shared by several uploads

	own atomic.Int64 // parts in flight of this upload

	mu      sync.Mutex
	calls   []string
	parts   map[int32][]byte
	offsets map[int32]int64 // of the parts that were sent
	object  []byte
	visible bool
	whole   Whole
	aborted int

	abortFails error
	sentOnly   map[int32]int // bytes that were read of each part
}

func newFake() *fakeUpload {
	f := &fakeUpload{parts: map[int32][]byte{}, offsets: map[int32]int64{}, sentOnly: map[int32]int{}, inFlight: new(atomic.Int64), peak: new(atomic.Int64)}
	f.onPart = func(context.Context, int32) error { return nil }
	f.onBody = func(_ context.Context, body *Body) ([]byte, error) { return io.ReadAll(body) }
	f.onBegin = func(context.Context) error { return nil }
	f.onPut, f.onDone = f.onBegin, f.onBegin
	return f
}

// readTwice is a client that repeats its request.
func readTwice(_ context.Context, body *Body) ([]byte, error) {
	if _, err := io.Copy(io.Discard, body); err != nil {
		return nil, err
	}
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(body)
}

func (f *fakeUpload) call(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, name)
}

func (f *fakeUpload) Put(ctx context.Context, body *Body, whole Whole, sums blob.Sums) (blob.Info, error) {
	f.call("put")
	if err := f.onPut(ctx); err != nil {
		return blob.Info{}, err
	}
	data, err := f.onBody(ctx, body)
	if err != nil {
		return blob.Info{}, err
	}
	f.object, f.visible, f.whole = data, true, whole
	return blob.Info{Size: sums.Size}, nil
}

func (f *fakeUpload) Begin(ctx context.Context) error {
	f.call("begin")
	return f.onBegin(ctx)
}

func (f *fakeUpload) Part(ctx context.Context, part Part) (string, error) {
	if n := f.inFlight.Add(part.Body.Size()); n > f.peak.Load() {
		f.peak.Store(n)
	}
	defer f.inFlight.Add(-part.Body.Size())
	f.own.Add(1)
	defer f.own.Add(-1)
	if err := f.onPart(ctx, part.Number); err != nil {
		return "", err
	}
	data, err := f.onBody(ctx, part.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sentOnly[part.Number] = len(data)
	if err != nil {
		return "", fmt.Errorf("request failed: %w", err)
	}
	f.parts[part.Number], f.offsets[part.Number] = data, part.Offset
	return fmt.Sprint("etag-", part.Number), nil
}

func (f *fakeUpload) Complete(ctx context.Context, parts []Done, whole Whole) (blob.Info, error) {
	f.call("complete")
	if err := f.onDone(ctx); err != nil {
		return blob.Info{}, err
	}
	for i, part := range parts {
		if int(part.Number) != i+1 || part.ETag != fmt.Sprint("etag-", i+1) || part.Size != int64(len(f.parts[part.Number])) {
			return blob.Info{}, fmt.Errorf("part %d is %+v", i+1, part)
		}
		if offset, sent := f.offsets[part.Number]; sent && offset != int64(len(f.object)) {
			return blob.Info{}, fmt.Errorf("part %d at %d was said to be at %d", i+1, len(f.object), offset)
		}
		f.object = append(f.object, f.parts[part.Number]...)
	}
	f.visible, f.whole = true, whole
	return blob.Info{Size: whole.Size}, nil
}

func (f *fakeUpload) Abort(context.Context) error {
	f.call("abort")
	f.aborted++
	if f.abortFails != nil {
		return f.abortFails
	}
	if n := f.own.Load(); n != 0 {
		return fmt.Errorf("%d parts are in flight", n)
	}
	return nil
}

func (f *fakeUpload) count(name string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(f.calls), func(call string) bool { return call != name }))
}
