package blob_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

// planted is a store that copies, with an object "source".
func planted(data []byte) *blobtest.FakeStore {
	store := &blobtest.FakeStore{Copies: true}
	store.Plant("source", data)
	return store
}

func TestPutCopies(t *testing.T) {
	data := []byte("data")
	for _, want := range []*blob.Hash{nil, blobtest.Sum(data)} {
		for hashes, calls := range map[bool][]string{
			false: {"Head source", "Stage key", "Abort key", "Open source", "Stage key", "CopyFrom key", "Commit key"},
			true:  {"Head source", "Stage key", "Abort key", "StoredHash source", "Stage key", "CopyFrom key", "Commit key"},
		} {
			store := planted(data)
			store.Hashes = hashes
			info, sums, err := blob.Put(t.Context(), store, "key", blobtest.StoredSource(store, "source", nil), want, blob.PutOptions{})
			if err != nil || sums != (blob.Sums{SHA256: *blobtest.Sum(data), Size: 4}) || info.Attrs.SHA256 == nil || *info.Attrs.SHA256 != sums.SHA256 {
				t.Errorf("%+v, %+v, %v", info, sums, err)
			}
			expectCalls(t, store, calls...)
		}
	}
}

// Nothing is written before the hash is known to be the right one.
func TestPutComparesBeforeItCopies(t *testing.T) {
	for _, hashes := range []bool{true, false} {
		for name, c := range map[string]struct {
			want    *blob.Hash
			present *blob.Hash
		}{
			"mismatch":             {blobtest.Sum([]byte("pinned")), nil},
			"mismatch and present": {blobtest.Sum([]byte("pinned")), blobtest.Sum([]byte("data"))},
			"present":              {nil, blobtest.Sum([]byte("data"))},
			"pinned and present":   {blobtest.Sum([]byte("data")), blobtest.Sum([]byte("data"))},
		} {
			store := planted([]byte("data"))
			store.Hashes = hashes
			_, sums, err := blob.Put(t.Context(), store, "key", blobtest.StoredSource(store, "source", nil), c.want, blob.PutOptions{Present: c.present})
			var mismatch *blob.MismatchError
			isPresent := name == "present" || name == "pinned and present"
			if errors.Is(err, blob.ErrPresent) != isPresent || errors.As(err, &mismatch) == isPresent || (sums.Size == 4) != isPresent {
				t.Errorf("%s: %+v, %v", name, sums, err)
			}
			if calls := store.Calls(); slices.Contains(calls, "CopyFrom key") || slices.Contains(calls, "Commit key") {
				t.Errorf("%s: %q", name, calls)
			}
		}
	}
}

// A store that refuses has the bytes sent, under the same conditions; any other failure is one.
func TestPutSendsWhatIsNotCopied(t *testing.T) {
	data := []byte("data")
	refuse := func(context.Context, string) error { return fmt.Errorf("no: %w", errors.ErrUnsupported) }
	store := planted(data)
	store.OnCopy = refuse
	if _, _, err := blob.Put(t.Context(), store, "key", blobtest.StoredSource(store, "source", nil), nil, blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	expectCalls(t, store, "Head source", "Stage key", "Abort key", "Open source", "Stage key", "CopyFrom key", "Abort key",
		"Head source", "Stage key", "Open source", "Commit key")

	// What was refused and cannot be cleaned up either is told.
	errAbort := errors.New("the clean-up failed")
	store = planted(data)
	store.OnCopy = func(ctx context.Context, key string) error {
		store.OnAbort = func(context.Context, string) error { return errAbort }
		return refuse(ctx, key)
	}
	_, _, err := blob.Put(t.Context(), store, "key", blobtest.StoredSource(store, "source", nil), nil, blob.PutOptions{})
	if !errors.Is(err, errAbort) || !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v", err)
	}

	store = planted(data)
	store.OnCopy = func(context.Context, string) error { return errTest }
	if _, _, err := blob.Put(t.Context(), store, "key", blobtest.StoredSource(store, "source", nil), nil, blob.PutOptions{}); !errors.Is(err, errTest) {
		t.Errorf("%v", err)
	}

	// An empty object, another store, and a store that never copies.
	empty, other := planted(nil), &blobtest.FakeStore{}
	for _, c := range []struct{ to, from *blobtest.FakeStore }{{empty, empty}, {planted(data), other}, {other, planted(data)}} {
		if c.from == other {
			other.Plant("source", data)
		}
		if _, _, err := blob.Put(t.Context(), c.to, "key", blobtest.StoredSource(c.from, "source", nil), nil, blob.PutOptions{}); err != nil {
			t.Error(err)
		}
		if calls := c.to.Calls(); slices.Contains(calls, "CopyFrom key") || slices.Contains(calls, "Abort key") {
			t.Errorf("%q", calls)
		}
	}
}

// A source that changes between its hashing and its copying is hashed again, a few times.
func TestPutCopiesWhatItHashed(t *testing.T) {
	for changes, succeeds := range map[int]bool{1: true, 2: true, 3: false} {
		store := planted([]byte("data"))
		copies := 0
		store.OnCopy = func(context.Context, string) error {
			if copies++; copies <= changes {
				store.Plant("source", fmt.Append(nil, "data ", copies))
			}
			return nil
		}
		_, sums, err := blob.Put(t.Context(), store, "key", blobtest.StoredSource(store, "source", nil), nil, blob.PutOptions{})
		if succeeds && (err != nil || sums.SHA256 != *blobtest.Sum(fmt.Append(nil, "data ", changes))) {
			t.Errorf("%d changes: %+v, %v", changes, sums, err)
		}
		if !succeeds && !errors.Is(err, blob.ErrSourceChanged) {
			t.Errorf("%d changes: %v", changes, err)
		}
		if left := store.Leftovers(); len(left) > 0 || copies > 3 {
			t.Errorf("%d copies, left %q", copies, left)
		}
	}
}

func TestStartingOver(t *testing.T) {
	opened := 0
	sums, err := blob.HashOf(t.Context(), blobtest.RestartedSource([][]byte{[]byte("a"), []byte("ab"), []byte("abc")}, -1, &opened))
	if err != nil || sums != (blob.Sums{SHA256: *blobtest.Sum([]byte("abc")), Size: 3}) || opened != 3 {
		t.Errorf("%+v, %v, opened %d times", sums, err, opened)
	}
	opened = 0
	if _, err := blob.HashOf(t.Context(), blobtest.RestartedSource(make([][]byte, 9), -1, &opened)); !errors.Is(err, blob.ErrStartOver) || opened != 3 {
		t.Errorf("%v, opened %d times", err, opened)
	}

	// At the opening too.
	opened = 0
	reluctant := blobtest.SourceFunc(func(ctx context.Context) (blob.Content, error) {
		if opened++; opened < 3 {
			return nil, blob.ErrStartOver
		}
		return blobtest.StreamSource([]byte("data")).Open(ctx)
	})
	store := &blobtest.FakeStore{}
	if _, _, err := blob.Put(t.Context(), store, "key", reluctant, nil, blob.PutOptions{}); err != nil || opened != 3 {
		t.Errorf("%v, opened %d times", err, opened)
	}
	expectCalls(t, store, "Stage key", "Commit key")

	// What is left behind is told, and not hidden by a later success.
	opened = 0
	errAbort := errors.New("the clean-up failed")
	store = &blobtest.FakeStore{OnAbort: func(context.Context, string) error { return errAbort }}
	_, _, err = blob.Put(t.Context(), store, "key", blobtest.RestartedSource([][]byte{nil, []byte("data")}, -1, &opened), nil, blob.PutOptions{})
	if !errors.Is(err, errAbort) || opened != 1 {
		t.Errorf("%v, opened %d times", err, opened)
	}

	// Who gave up is told so.
	ctx, cancel := context.WithCancelCause(t.Context())
	opened = 0
	giveUp := blobtest.SourceFunc(func(context.Context) (blob.Content, error) {
		opened++
		cancel(errTest)
		return nil, blob.ErrStartOver
	})
	if _, _, err := blob.Put(ctx, &blobtest.FakeStore{}, "key", giveUp, nil, blob.PutOptions{}); !errors.Is(err, errTest) || opened != 1 {
		t.Errorf("%v, opened %d times", err, opened)
	}
}
