package blobtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var conditionTests = []conformanceTest{
	{"holds", func(t *testing.T, h Harness) {
		for _, size := range []int64{100, h.LargeSize} {
			key, cond := fmt.Sprint("key-", size), blob.Cond{IfAbsent: true}
			for seed := range uint64(2) {
				data := pattern(20+seed, size)
				info, _, err := blob.Put(t.Context(), h.Store, key, BytesSource(data), Sum(data), blob.PutOptions{Cond: cond})
				if err != nil {
					t.Fatal(err)
				}
				expectBytes(t, h.Store, key, data)
				cond = blob.Cond{IfMatch: info.ETag}
			}
		}
	}},
	{"absent on present", func(t *testing.T, h Harness) {
		expectRefused(t, h, func(blob.Info) blob.Cond { return blob.Cond{IfAbsent: true} }, fs.ErrExist)
	}},
	{"match stale", func(t *testing.T, h Harness) {
		stale := mustPut(t, h.Store, "old", []byte("older"), blob.Attrs{}).ETag
		expectRefused(t, h, func(blob.Info) blob.Cond { return blob.Cond{IfMatch: stale} }, blob.ErrChanged)
	}},
	{"match on absent", func(t *testing.T, h Harness) {
		stale := mustPut(t, h.Store, "gone", []byte("gone"), blob.Attrs{}).ETag
		if err := h.Store.Delete(t.Context(), "gone", blob.Cond{}); err != nil {
			t.Fatal(err)
		}
		for _, size := range []int64{100, h.LargeSize} {
			data := pattern(22, size)
			_, _, err := blob.Put(t.Context(), h.Store, "gone", BytesSource(data), Sum(data), blob.PutOptions{Cond: blob.Cond{IfMatch: stale}})
			expectError(t, err, blob.ErrChanged, fs.ErrNotExist)
			expectAbsent(t, h.Store, "gone")
		}
	}},
	{"changed while the bytes were sent", func(t *testing.T, h Harness) {
		for _, size := range []int64{100, h.LargeSize} {
			data := pattern(23, size)
			key := fmt.Sprint("late-", size)
			appears := InterruptedSource(BytesSource(data), size, func() { h.Plant(t, key, []byte("planted")) })
			_, _, err := blob.Put(t.Context(), h.Store, key, appears, Sum(data), blob.PutOptions{Cond: blob.Cond{IfAbsent: true}, Attrs: someAttrs})
			expectError(t, err, fs.ErrExist)
			expectBytes(t, h.Store, key, []byte("planted"))

			old := mustHead(t, h.Store, key)
			changes := InterruptedSource(BytesSource(data), size, func() { h.Plant(t, key, []byte("planted again")) })
			_, _, err = blob.Put(t.Context(), h.Store, key, changes, Sum(data), blob.PutOptions{Cond: blob.Cond{IfMatch: old.ETag}, Attrs: someAttrs})
			expectError(t, err, blob.ErrChanged)
			expectBytes(t, h.Store, key, []byte("planted again"))
		}
	}},
	{"of many one wins", func(t *testing.T, h Harness) {
		for _, size := range []int64{100, h.LargeSize} {
			expectOneWinner(t, h, fmt.Sprintf("a/new/directory-%d/key", size), size)
		}
	}},
	{"readers see old or new", func(t *testing.T, h Harness) { expectWholeReads(t, h) }},
}

// expectRefused puts small and large objects over present ones, under a condition that does not hold.
func expectRefused(t *testing.T, h Harness, cond func(present blob.Info) blob.Cond, failure error) {
	t.Helper()
	for _, size := range []int64{0, 100, h.LargeSize} {
		mustPut(t, h.Store, "old", []byte("old"), someAttrs)
		before := mustHead(t, h.Store, "old")
		data := pattern(24, size)
		for _, src := range []blob.Source{BytesSource(data), StreamSource(data), FileSource(WriteFile(t, data))} {
			_, _, err := blob.Put(t.Context(), h.Store, "old", src, Sum(data), blob.PutOptions{Cond: cond(before), Attrs: blob.Attrs{Owner: "new"}})
			expectError(t, err, failure)
			expectUntouched(t, h.Store, before, []byte("old"))
		}
	}
}

func expectOneWinner(t *testing.T, h Harness, key string, size int64) {
	t.Helper()
	const writers = 6
	var together sync.WaitGroup
	failures := make([]error, writers)
	start := make(chan struct{})
	for i := range writers {
		together.Go(func() {
			<-start
			data := pattern(uint64(100+i), size)
			_, _, failures[i] = blob.Put(context.WithoutCancel(t.Context()), h.Store, key, BytesSource(data), Sum(data), blob.PutOptions{
				Cond: blob.Cond{IfAbsent: true}, Attrs: blob.Attrs{Owner: fmt.Sprint("writer-", i)},
			})
		})
	}
	close(start)
	together.Wait()
	var won []string
	for i, err := range failures {
		switch {
		case err == nil:
			won = append(won, fmt.Sprint("writer-", i))
		case !errors.Is(err, fs.ErrExist) && (!h.LetsRacersWin || !errors.Is(err, blob.ErrLost)):
			t.Errorf("writer %d: %v; want fs.ErrExist", i, err)
		}
	}
	if len(won) == 0 || len(won) > 1 && !h.LetsRacersWin {
		t.Fatalf("these won: %q", won)
	}
	owner := mustHead(t, h.Store, key).Attrs.Owner
	if !slices.Contains(won, owner) {
		t.Fatalf("the object is of %q, and these won: %q", owner, won)
	}
	number, err := strconv.Atoi(strings.TrimPrefix(owner, "writer-"))
	if err != nil {
		t.Fatal(err)
	}
	expectBytes(t, h.Store, key, pattern(uint64(100+number), size))
}

// expectWholeReads overwrites an object again and again while others read it.
func expectWholeReads(t *testing.T, h Harness) {
	t.Helper()
	even, odd := pattern(30, 300_000), pattern(31, 200_000)
	mustPut(t, h.Store, "key", even, blob.Attrs{})
	var readers sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				object, err := h.Store.Open(context.WithoutCancel(t.Context()), "key", blob.ReadOptions{})
				if err != nil {
					t.Errorf("during an overwrite: %v", err)
					return
				}
				data, err := io.ReadAll(object)
				object.Close()
				if err != nil {
					t.Errorf("during an overwrite: %v", err)
					return
				}
				if !bytes.Equal(data, even) && !bytes.Equal(data, odd) || object.Info.Size != int64(len(data)) {
					t.Errorf("during an overwrite: %d bytes (of %d announced) are neither the old nor the new ones", len(data), object.Info.Size)
					return
				}
			}
		})
	}
	for i := range 20 {
		mustPut(t, h.Store, "key", [][]byte{odd, even}[i%2], blob.Attrs{})
	}
	close(done)
	readers.Wait()
}
