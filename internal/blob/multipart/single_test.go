package multipart

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// Requests are counted exactly: one that slips in is one more for each of hundreds of artifacts.
func TestRequestsOfAnUpload(t *testing.T) {
	const partSize = 64
	for _, c := range []struct {
		size, parts int // no parts: one put
	}{{0, 0}, {1, 0}, {partSize, 0}, {partSize + 1, 2}, {3 * partSize, 3}, {10*partSize - 1, 10}} {
		data := random(c.size)
		for how, send := range ways {
			upload := newFake()
			err := publish(NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(4, partSize), Size: int64(c.size)}), data, send)
			want := []string{"begin", "complete"}
			if c.parts == 0 {
				want = []string{"put"}
			}
			if err != nil || !slices.Equal(upload.calls, want) || len(upload.sentOnly) != c.parts {
				t.Errorf("%d bytes of a %s were sent by %v and %d parts, want %v and %d: %v", c.size, how, upload.calls, len(upload.sentOnly), want, c.parts, err)
			}
		}
	}
}

// A small file needs no memory: it is read again as it is sent. Its weight is its own, and it comes back whatever becomes of it.
func TestASmallFileIsSentFromTheFile(t *testing.T) {
	const partSize, size = 1000, 300
	data := random(size)
	broken := errors.New("broken")
	for _, end := range []string{"commit", "commit that fails", "abort"} {
		budget, upload := NewBudgetOf(1, partSize), newFake()
		upload.onBody = readTwice
		if end == "commit that fails" {
			upload.onPut = func(context.Context) error { return broken }
		}
		stage := NewStage(t.Context(), upload, Options{Budget: budget, Size: size, Sums: checksum.SHA256})
		if err := sendFile(stage, data); err != nil {
			t.Fatal(err)
		}
		if stage.current != nil || len(upload.calls) > 0 || budget.sending.TryAcquire(partSize-size+1) || !budget.sending.TryAcquire(partSize-size) {
			t.Fatalf("a buffer %v, %v was called, or another weight than %d", stage.current, upload.calls, size)
		}
		if !budget.memory.TryAcquire(partSize) {
			t.Fatal("a file takes memory")
		}
		budget.memory.Release(partSize)
		budget.sending.Release(partSize - size)
		switch end {
		case "commit":
			if _, err := stage.Commit(t.Context(), sums(data)); err != nil || !upload.visible || !bytes.Equal(upload.object, data) {
				t.Errorf("Commit: %v, %d bytes", err, len(upload.object))
			}
			upload.visible = false
		case "commit that fails":
			_, err := stage.Commit(t.Context(), sums(data))
			if _, again := stage.Commit(t.Context(), sums(data)); !errors.Is(err, broken) || again == nil || upload.count("put") != 1 {
				t.Errorf("Commit: %v; an object whose bytes are gone: %v, %v", err, again, upload.calls)
			}
		}
		expectAborts(t, stage, upload, 0)
	}
}

// What one request sends from memory has its turn among what is on its way, as a part has.
func TestASmallObjectWaitsForItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data, upload, budget := random(300), newFake(), NewBudgetOf(1, 1000)
		stage := NewStage(t.Context(), upload, Options{Budget: budget, Size: 300})
		if _, err := stage.Write(data); err != nil {
			t.Fatal(err)
		}
		sent, err := budget.send(t.Context(), 1000)
		if err != nil {
			t.Fatal(err)
		}
		committed := make(chan error, 1)
		go func() {
			_, err := stage.Commit(t.Context(), sums(data))
			committed <- err
		}()
		synctest.Wait()
		if n := upload.count("put"); n != 0 {
			t.Error("it was sent out of turn")
		}
		sent()
		if err := <-committed; err != nil || upload.count("put") != 1 || !isFree(budget) {
			t.Errorf("%v, sent by %v, or the budget was not given back", err, upload.calls)
		}
	})
}
