package blob_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

var errTest = errors.New("a failure of the test")

func expectCalls(t *testing.T, store *blobtest.FakeStore, want ...string) {
	t.Helper()
	if got := store.Calls(); !slices.Equal(got, want) {
		t.Errorf("calls %q; want %q", got, want)
	}
	if left := store.Leftovers(); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestPutCalls(t *testing.T) {
	data := []byte("data")
	store := &blobtest.FakeStore{}
	if _, _, err := blob.Put(t.Context(), store, "key", blobtest.BytesSource(data), blobtest.Sum(data), blob.PutOptions{}); err != nil {
		t.Fatal(err)
	}
	expectCalls(t, store, "Stage key", "Commit key")
	info, err := store.Head(t.Context(), "key")
	if err != nil || info.Attrs.SHA256 == nil || *info.Attrs.SHA256 != *blobtest.Sum(data) {
		t.Errorf("the wanted hash is not stored: %+v, %v", info.Attrs, err)
	}
}

func TestPutOpensNothingWithoutASource(t *testing.T) {
	store := &blobtest.FakeStore{}
	_, _, err := blob.Put(t.Context(), store, "key", blobtest.UnopenedSource(errTest), nil, blob.PutOptions{})
	if !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
	expectCalls(t, store)
}

func TestPutMismatch(t *testing.T) {
	store := &blobtest.FakeStore{}
	data, want := []byte("data"), blobtest.Sum([]byte("other"))
	_, _, err := blob.Put(t.Context(), store, "key", blobtest.StreamSource(data), want, blob.PutOptions{})
	var mismatch *blob.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("got %v", err)
	}
	if mismatch.Want != *want || mismatch.Got != *blobtest.Sum(data) || mismatch.Size != 4 {
		t.Errorf("got %+v", mismatch)
	}
	for _, part := range []string{want.String(), blobtest.Sum(data).String(), "4 bytes"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q does not name %q", err, part)
		}
	}
	expectCalls(t, store, "Stage key", "Abort key")
}

// A run that was cancelled still cleans up, in bounded time.
func TestPutAbortsUnderALiveContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	aborts := 0
	store := &blobtest.FakeStore{OnAbort: func(ctx context.Context, _ string) error {
		aborts++
		if ctx.Err() != nil {
			t.Errorf("the clean-up's context is over: %v", ctx.Err())
		}
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > time.Minute {
			t.Errorf("the clean-up has no bound: %v", deadline)
		}
		return nil
	}}
	src := blobtest.InterruptedSource(blobtest.StreamSource([]byte("data")), 4, func() { cancel(errTest) })
	_, _, err := blob.Put(ctx, store, "key", src, nil, blob.PutOptions{})
	if !errors.Is(err, errTest) {
		t.Errorf("got %v; want the cause of the cancelling", err)
	}
	if aborts != 1 {
		t.Errorf("%d aborts", aborts)
	}
	expectCalls(t, store, "Stage key", "Abort key")
}

func TestPutCleanUpHidesNothing(t *testing.T) {
	errAbort := errors.New("the clean-up failed")
	store := &blobtest.FakeStore{OnAbort: func(context.Context, string) error { return errAbort }}
	_, _, err := blob.Put(t.Context(), store, "key", blobtest.FailingSource(nil, -1, errTest), nil, blob.PutOptions{})
	if !errors.Is(err, errTest) || !errors.Is(err, errAbort) || !strings.HasPrefix(err.Error(), errTest.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestPutSettles(t *testing.T) {
	data := []byte("data")
	ours := blob.Attrs{Owner: "token"}
	for name, test := range map[string]struct {
		present []byte // what is there after the commit failed; nil: nothing
		attrs   blob.Attrs
		owner   string
		failure error
		settled bool
	}{
		"ours":                {data, ours, "token", errTest, true},
		"ours after a 412":    {data, ours, "token", fs.ErrExist, true},
		"ours after a change": {data, ours, "token", blob.ErrChanged, true},
		"nothing":             {nil, ours, "token", errTest, false},
		"another owner":       {data, blob.Attrs{Owner: "another"}, "token", fs.ErrExist, false},
		"no owner":            {data, blob.Attrs{}, "token", fs.ErrExist, false},
		"no token":            {data, blob.Attrs{}, "", errTest, false},
		"other bytes":         {[]byte("DATA"), ours, "token", errTest, false},
		"another size":        {[]byte("data2"), ours, "token", errTest, false},
		"access denied":       {data, ours, "token", fs.ErrPermission, false},
		"other bytes arrived": {data, ours, "token", blob.ErrSourceChanged, false},
		"no bucket":           {data, ours, "token", blob.ErrNoBucket, false},
	} {
		t.Run(name, func(t *testing.T) {
			inner := &blobtest.FakeStore{}
			if test.present != nil {
				if _, _, err := blob.Put(t.Context(), inner, "key", blobtest.BytesSource(test.present), nil, blob.PutOptions{Attrs: test.attrs}); err != nil {
					t.Fatal(err)
				}
				inner.Calls()
			}
			inner.OnCommit = func(context.Context, string) error { return test.failure }
			info, sums, err := blob.Put(t.Context(), inner, "key", blobtest.BytesSource(data), blobtest.Sum(data), blob.PutOptions{Attrs: blob.Attrs{Owner: test.owner}})
			if test.settled && (err != nil || info.ETag != "etag-1" || sums.SHA256 != *blobtest.Sum(data)) {
				t.Errorf("%+v, %+v, %v; want success", info, sums, err)
			}
			if !test.settled && (!errors.Is(err, test.failure) || info.ETag != "") {
				t.Errorf("%+v, %v; want %v", info, err, test.failure)
			}
			calls := inner.Calls()
			if last := calls[len(calls)-1]; last != "Abort key" {
				t.Errorf("calls %q; a commit that failed is followed by an abort", calls)
			}
			if left := inner.Leftovers(); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

// A clean-up that fails after a success that was settled is not the failure of the Put.
func TestPutSettledInSpiteOfTheCleanUp(t *testing.T) {
	store := &blobtest.FakeStore{}
	store.OnAbort = func(context.Context, string) error { return errTest }
	data := []byte("data")
	opts := blob.PutOptions{Attrs: blob.Attrs{Owner: "token"}}
	info, _, err := blob.Put(t.Context(), blobtest.LoseAnswers(store), "key", blobtest.BytesSource(data), blobtest.Sum(data), opts)
	if err != nil || info.ETag != "etag-1" {
		t.Errorf("%+v, %v", info, err)
	}
}

// Looking after a lost answer goes on when the run was cancelled meanwhile.
func TestPutSettlesAfterACancel(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	store := &blobtest.FakeStore{OnCommit: func(context.Context, string) error { cancel(); return nil }}
	data := []byte("data")
	_, _, err := blob.Put(ctx, blobtest.LoseAnswers(store), "key", blobtest.BytesSource(data), blobtest.Sum(data), blob.PutOptions{Attrs: blob.Attrs{Owner: "token"}})
	if err != nil {
		t.Errorf("got %v", err)
	}
}

// The owner's attributes are the caller's: Put writes the hash into a copy.
func TestPutLeavesItsOptionsAlone(t *testing.T) {
	metadata := map[string]string{"a": "b"}
	opts := blob.PutOptions{Attrs: blob.Attrs{Metadata: metadata}}
	data := []byte("data")
	if _, _, err := blob.Put(t.Context(), &blobtest.FakeStore{}, "key", blobtest.BytesSource(data), blobtest.Sum(data), opts); err != nil {
		t.Fatal(err)
	}
	if opts.Attrs.SHA256 != nil || len(metadata) != 1 {
		t.Errorf("changed: %+v", opts.Attrs)
	}
}

// Each part comes with the sums that were asked for, which are its own: the fake takes all of them again.
func TestPutPartsWithTheirSums(t *testing.T) {
	const part = 1000
	path := filepath.Join(t.TempDir(), "file")
	data := []byte(strings.Repeat("0123456789abc", 3*part/10))
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, plan := range []blob.PartPlan{
		{Size: part, Sums: checksum.CRC64NVME},
		{Size: part, Sums: checksum.CRC64NVME | checksum.SHA256},
		{Size: part, Sums: checksum.CRC64NVME | checksum.CRC64ECMA},
		{Size: part, Sums: checksum.CRC64NVME | checksum.SHA256 | checksum.CRC64ECMA},
	} {
		store := &blobtest.FakeStore{PartPlan: plan}
		info, sums, err := blob.Put(t.Context(), store, "key", blobtest.FileSource(path), blobtest.Sum(data), blob.PutOptions{})
		if err != nil || info.Size != int64(len(data)) || sums.SHA256 != *blobtest.Sum(data) {
			t.Errorf("%+v: %+v, %+v, %v", plan, info, sums, err)
		}
	}
}

// The file is read twice, ahead and while it is sent. What differs is found, wherever it does.
func TestPutPartsOfAChangingFile(t *testing.T) {
	const part = 1000
	for name, change := range map[string]struct {
		after int64 // bytes read when it happens
		do    func(path string) error
	}{
		"hashed and not yet sent": {part, func(path string) error { return writeAt(path, 0, "changed") }},
		"the last part":           {6 * part, func(path string) error { return writeAt(path, 2*part+10, "changed") }},
		"cut while hashed":        {part, func(path string) error { return os.Truncate(path, part+1) }},
		"cut before it is sent":   {part, func(path string) error { return os.Truncate(path, part-1) }},
		"cut to nothing":          {part, func(path string) error { return os.Truncate(path, 0) }},
		"grown":                   {1, func(path string) error { return writeAt(path, 3*part, "more") }},
		"grown at the end":        {6 * part, func(path string) error { return writeAt(path, 3*part, "!") }},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "file")
			data := []byte(strings.Repeat("0123456789", 3*part/10))
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			store := &blobtest.FakeStore{PartPlan: blob.PartPlan{Size: part, Sums: checksum.CRC64NVME}}
			src := blobtest.InterruptedSource(blobtest.FileSource(path), change.after, func() {
				if err := change.do(path); err != nil {
					t.Error(err)
				}
			})
			_, _, err := blob.Put(t.Context(), store, "key", src, nil, blob.PutOptions{})
			if name == "the last part" {
				// Everything had been hashed and sent: these are the old bytes, whole.
				if err != nil {
					t.Error(err)
				}
				expectCalls(t, store, "Stage key", "Commit key")
				return
			}
			if !errors.Is(err, blob.ErrSourceChanged) {
				t.Errorf("got %v", err)
			}
			expectCalls(t, store, "Stage key", "Abort key")
		})
	}
}

func writeAt(path string, offset int64, data string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte(data), offset)
	return errors.Join(err, file.Close())
}
