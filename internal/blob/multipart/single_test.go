package multipart

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/minio/crc64nvme"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// Requests are counted exactly: one that slips in is one more for each of hundreds of artifacts.
func TestRequestsOfAnUpload(t *testing.T) {
	const partSize = 64
	for _, c := range []struct {
		size, parts int // no parts: one put
	}{{0, 0}, {1, 0}, {partSize, 0}, {partSize + 1, 2}, {3 * partSize, 3}, {10*partSize - 1, 10}} {
		data := random(c.size)
		for how, send := range map[string]func(*Stage) error{
			"file":   func(stage *Stage) error { return sendFile(stage, data) },
			"stream": func(stage *Stage) error { return writeInPieces(stage, data, 50) },
		} {
			upload := newFake()
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(4, partSize), Size: int64(c.size)})
			err := send(stage)
			if err == nil {
				_, err = stage.Commit(t.Context(), sums(data))
			}
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
		t.Run(end, func(t *testing.T) {
			budget := NewBudgetOf(1, partSize)
			upload := newFake()
			upload.twice = true // a client may repeat its request
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
			var err error
			if end != "abort" {
				_, err = stage.Commit(t.Context(), sums(data))
			}
			if end == "commit that fails" {
				if !errors.Is(err, broken) {
					t.Errorf("Commit: %v", err)
				}
				if _, err = stage.Commit(t.Context(), sums(data)); err == nil || upload.count("put") != 1 {
					t.Errorf("an object whose bytes are gone was committed: %v", upload.calls)
				}
				err = nil
			}
			if err != nil || upload.visible != (end == "commit") || end == "commit" && !bytes.Equal(upload.object, data) {
				t.Errorf("%v, visible %v, %d bytes", err, upload.visible, len(upload.object))
			}
			if err := stage.Abort(t.Context()); err != nil || upload.aborted != 0 {
				t.Errorf("Abort: %v, %d", err, upload.aborted)
			}
			if !budget.sending.TryAcquire(partSize) {
				t.Error("the budget was not given back")
			}
		})
	}
}

// changed are ways in which a file is another when it is sent than when it was hashed.
func changed(data []byte) map[string][]byte {
	bit := slices.Clone(data)
	bit[len(bit)-1] ^= 1
	return map[string][]byte{"one bit": bit, "cut": data[:len(data)-10], "gone": nil}
}

func TestASmallFileThatChangesWhileItIsSent(t *testing.T) {
	data := random(1000)
	for name, after := range changed(data) {
		t.Run(name, func(t *testing.T) {
			upload := newFake()
			stage := NewStage(t.Context(), upload, Options{Budget: NewBudgetOf(1, 1000), Size: 1000})
			if err := stage.SendAt(bytes.NewReader(after), 0, 1000, checksum.Sums{CRC64NVME: crc64nvme.Checksum(data)}); err != nil {
				t.Fatal(err)
			}
			if _, err := stage.Commit(t.Context(), sums(data)); !errors.Is(err, blob.ErrSourceChanged) || upload.visible {
				t.Errorf("%v, visible %v", err, upload.visible)
			}
		})
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
