package fileblob

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

func TestNewTouchesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "absent")
	s := New(dir)
	if _, err := s.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Head: %v", err)
	}
	if err := s.Delete(t.Context(), "key", blob.Cond{}); err != nil {
		t.Errorf("Delete: %v", err)
	}
	if err := s.Bucket(t.Context()); !errors.Is(err, blob.ErrNoBucket) {
		t.Errorf("Bucket: %v", err)
	}
	if _, err := os.Lstat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("reading made the directory: %v", err)
	}
}

// The bytes are synced before the name shows them, and the name after it does. Every new directory is synced into its parent.
func TestSyncOrder(t *testing.T) {
	for _, cond := range []blob.Cond{{}, {IfAbsent: true}} {
		top := t.TempDir()
		s := New(filepath.Join(top, "base"))
		var synced []string
		s.sync = func(file *os.File) error {
			_, err := os.Lstat(filepath.Join(s.dir, "a", "b", "key"))
			name, _ := filepath.Rel(top, file.Name())
			if isTemporary(filepath.Base(name)) {
				name = "temporary"
			}
			synced = append(synced, name+map[bool]string{true: " visible", false: " hidden"}[err == nil])
			return file.Sync()
		}
		data := []byte("data")
		if _, _, err := blob.Put(t.Context(), s, "a/b/key", blobtest.BytesSource(data), nil, blob.PutOptions{Cond: cond}); err != nil {
			t.Fatal(err)
		}
		want := []string{"temporary hidden", "base visible", "base/a visible", "base/a/b visible", ". visible"}
		if !slices.Equal(synced, want) {
			t.Errorf("%+v: synced %q; want %q", cond, synced, want)
		}
	}
}

func TestSyncThatFails(t *testing.T) {
	s := New(t.TempDir())
	s.sync = func(*os.File) error { return errors.New("the disk died") }
	_, _, err := blob.Put(t.Context(), s, "a/key", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{})
	if err == nil || !strings.Contains(err.Error(), "the disk died") {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(s.dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// Any user may read what is published, as the umask says: Flink runs as another one.
func TestMode(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "base"))
	put(t, s, "dir/key", "data", attrs)
	reference := filepath.Join(t.TempDir(), "reference")
	file, err := os.Create(reference)
	if err != nil {
		t.Fatal(err)
	}
	file.Close()
	want, err := os.Stat(reference)
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.Stat(filepath.Join(s.dir, "dir", "key"))
	if err != nil || got.Mode() != want.Mode() {
		t.Errorf("%v, %v; want %v", got.Mode(), err, want.Mode())
	}
}

// An abort takes away the directories that it made, the store's own too, but none that others made or use.
func TestAbortRemovesItsDirectories(t *testing.T) {
	top := t.TempDir()
	s := New(filepath.Join(top, "x", "base"))
	fail := func(key string) {
		t.Helper()
		if _, _, err := blob.Put(t.Context(), s, key, blobtest.FailingSource(nil, -1, io.ErrNoProgress), nil, blob.PutOptions{}); !errors.Is(err, io.ErrNoProgress) {
			t.Fatal(err)
		}
	}
	fail("a/b/c/key")
	if left, _ := os.ReadDir(top); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	put(t, s, "a/there", "data", attrs)
	fail("a/b/c/key")
	if left, _ := os.ReadDir(filepath.Join(s.dir, "a")); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
	put(t, s, "empty/", "", blob.Attrs{})
	fail("empty/key")
	head(t, s, "empty/")
}

// A directory that a failing upload made, and that somebody has asked for meanwhile, stays.
func TestAbortLeavesADirectoryThatWasAskedFor(t *testing.T) {
	s := New(t.TempDir())
	stage, err := s.Stage(t.Context(), "a/b/key", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, "a/", "", blob.Attrs{})
	if err := stage.Abort(t.Context()); err != nil {
		t.Fatal(err)
	}
	head(t, s, "a/")
	if _, err := s.Head(t.Context(), "a/b/"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a/b/: %v", err)
	}
}

// Uploads that fail remove the directory that others are about to write to.
func TestFailuresBesideSuccesses(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "base"))
	var together sync.WaitGroup
	for i := range 8 {
		together.Go(func() {
			for range 100 {
				ctx := context.WithoutCancel(t.Context())
				if i%2 == 0 {
					if _, _, err := blob.Put(ctx, s, "a/b/broken", blobtest.FailingSource(nil, -1, io.ErrNoProgress), nil, blob.PutOptions{}); !errors.Is(err, io.ErrNoProgress) {
						t.Error(err)
					}
					continue
				}
				key := "a/b/" + string(rune('a'+i))
				if _, _, err := blob.Put(ctx, s, key, blobtest.BytesSource([]byte(key)), nil, blob.PutOptions{}); err != nil {
					t.Error(err)
				}
				if err := s.Delete(ctx, key, blob.Cond{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	together.Wait()
	if left := temporaryFiles(t, s.dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestCommitComparesTheSize(t *testing.T) {
	s := New(t.TempDir())
	stage, err := s.Stage(t.Context(), "key", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Write([]byte("data")); err != nil {
		t.Fatal(err)
	}
	if _, err := stage.Commit(t.Context(), blob.Sums{Size: 5}); err == nil {
		t.Error("a file that lacks a byte was published")
	}
	if err := stage.Abort(t.Context()); err != nil {
		t.Error(err)
	}
	if left, _ := os.ReadDir(s.dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestADirectoryHoldsNoBytes(t *testing.T) {
	s := New(t.TempDir())
	_, _, err := blob.Put(t.Context(), s, "dir/", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{})
	if !errors.Is(err, errDirectory) {
		t.Errorf("got %v", err)
	}
	_, _, err = blob.Put(t.Context(), s, "dir/", blobtest.BytesSource(nil), nil, blob.PutOptions{Cond: blob.Cond{IfMatch: directoryETag}})
	if !errors.Is(err, blob.ErrChanged) {
		t.Errorf("IfMatch on an absent directory: %v", err)
	}
	put(t, s, "dir/", "", blob.Attrs{})
	_, _, err = blob.Put(t.Context(), s, "dir/", blobtest.BytesSource(nil), nil, blob.PutOptions{Cond: blob.Cond{IfMatch: directoryETag}})
	if err != nil {
		t.Errorf("IfMatch on a directory: %v", err)
	}
}

// A refusal that is known before is told before: no byte is read.
func TestConditionsAreLookedAtFirst(t *testing.T) {
	s := New(t.TempDir())
	put(t, s, "key", "data", attrs)
	for cond, want := range map[blob.Cond]error{{IfAbsent: true}: fs.ErrExist, {IfMatch: "stale"}: blob.ErrChanged} {
		read := false
		src := blobtest.InterruptedSource(blobtest.BytesSource([]byte("new")), 0, func() { read = true })
		_, _, err := blob.Put(t.Context(), s, "key", src, nil, blob.PutOptions{Cond: cond})
		if !errors.Is(err, want) || read {
			t.Errorf("%+v: %v, read: %v", cond, err, read)
		}
	}
}

// In place is how others may write: the reader is told that what he read is no whole.
func TestReadingWhatIsRewrittenInPlace(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"rewritten": func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("n"), 100_000), 0o644) },
		"cut":       func(path string) error { return os.Truncate(path, 50_000) },
		"grown":     func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("o"), 100_001), 0o644) },
	} {
		t.Run(name, func(t *testing.T) {
			s := New(t.TempDir())
			put(t, s, "key", strings.Repeat("o", 100_000), attrs)
			object, err := s.Open(t.Context(), "key", blob.ReadOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer object.Close()
			if _, err := io.CopyN(io.Discard, object, 10_000); err != nil {
				t.Fatal(err)
			}
			if err := change(filepath.Join(s.dir, "key")); err != nil {
				t.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, object); !errors.Is(err, blob.ErrChanged) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestReadingIsCancelled(t *testing.T) {
	s := New(t.TempDir())
	put(t, s, "key", "data", attrs)
	ctx, cancel := context.WithCancel(t.Context())
	object, err := s.Open(ctx, "key", blob.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	cancel()
	if _, err := io.ReadAll(object); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A condition is checked again when the file is published, also against other stores on the same directory.
func TestIfAbsentBetweenStores(t *testing.T) {
	dir := t.TempDir()
	for range 50 {
		var together sync.WaitGroup
		failures := make([]error, 4)
		for i := range failures {
			together.Go(func() {
				_, _, failures[i] = blob.Put(context.WithoutCancel(t.Context()), New(dir), "key", blobtest.BytesSource([]byte{byte(i)}), nil,
					blob.PutOptions{Cond: blob.Cond{IfAbsent: true}})
			})
		}
		together.Wait()
		won := 0
		for _, err := range failures {
			if err == nil {
				won++
			} else if !errors.Is(err, fs.ErrExist) {
				t.Error(err)
			}
		}
		if won != 1 {
			t.Fatalf("%d of 4 won: %v", won, failures)
		}
		if err := New(dir).Delete(t.Context(), "key", blob.Cond{}); err != nil {
			t.Fatal(err)
		}
	}
}

// Somebody else's clean-up removes empty directories all the time.
func TestDirectoryRemovedAgainAndAgain(t *testing.T) {
	s := New(t.TempDir())
	done := make(chan struct{})
	var removing sync.WaitGroup
	removing.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				os.Remove(filepath.Join(s.dir, "a", "b")) // it is not always there, nor empty
				time.Sleep(20 * time.Microsecond)         // often, and not without a pause: a writer must have a chance
			}
		}
	})
	for range 500 {
		stage, err := s.Stage(t.Context(), "a/b/key", blob.WriteOptions{Size: -1})
		if err != nil {
			t.Error(err)
			continue
		}
		if err := stage.Abort(t.Context()); err != nil {
			t.Error(err)
		}
	}
	close(done)
	removing.Wait()
}

func TestWritingIsCancelled(t *testing.T) {
	s := New(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	stage, err := s.Stage(ctx, "key", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if n, err := stage.Write([]byte("data")); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d, %v", n, err)
	}
	if err := stage.Abort(t.Context()); err != nil {
		t.Error(err)
	}
}
