//go:build linux || darwin || freebsd

package fileblob

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

const (
	childVariable = "FLINK_TEST_STAGES_IN"
	day           = 24 * time.Hour
)

// TestMain is also the program of a process that begins a write, says so, and waits for its end.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childVariable); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

func child(dir string) {
	s := New(dir)
	for _, key := range []string{"dir/key", "dir/key"} {
		stage, err := s.Stage(context.Background(), key, blob.WriteOptions{Size: -1})
		if err == nil {
			_, err = stage.Write([]byte("half of it"))
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	fmt.Println("staged")
	io.Copy(io.Discard, os.Stdin)
	os.Exit(1)
}

// writer is a process that is in the middle of two writes of dir/key.
func writer(t *testing.T, dir string) (kill func()) {
	t.Helper()
	command := exec.CommandContext(t.Context(), os.Args[0])
	command.Env = append(os.Environ(), childVariable+"="+dir)
	if _, err := command.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	if said, err := bufio.NewReader(output).ReadString('\n'); said != "staged\n" {
		t.Fatalf("the child says %q, %v", said, err)
	}
	return sync.OnceFunc(func() {
		command.Process.Kill() // by SIGKILL
		command.Wait()
	})
}

func expectTemporaries(t *testing.T, dir string, want int) {
	t.Helper()
	if found := temporaryFiles(t, dir); len(found) != want {
		t.Errorf("temporary files: %q, want %d", found, want)
	}
}

// What a killed process was writing goes with the next write of the same file, even one that fails.
// It does not go before the process has ended, nor with another file.
func TestLeftoversOfAKilledProcess(t *testing.T) {
	for name, src := range map[string]blob.Source{
		"write": blobtest.BytesSource([]byte("new")), "write that fails": blobtest.FailingSource(nil, -1, io.ErrNoProgress),
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, New(dir), "dir/key", "old", attrs)
			kill := writer(t, dir)
			defer kill()
			put(t, New(dir), "dir/key", "new", attrs)
			long := time.Now().Add(-30 * day)
			for _, path := range temporaryFiles(t, dir) {
				if err := os.Chtimes(path, long, long); err != nil {
					t.Fatal(err)
				}
			}
			put(t, New(dir), "dir/key", "new", attrs)
			expectTemporaries(t, dir, 2) // of a process that lives, however old

			kill()
			put(t, New(dir), "dir/ke", "other", attrs)
			put(t, New(dir), "dir/key2/below", "other", attrs)
			put(t, New(dir), "key", "other", attrs)
			head(t, New(dir), "dir/key")
			expectTemporaries(t, dir, 2)
			if _, _, err := blob.Put(t.Context(), New(dir), "dir/key", src, nil, blob.PutOptions{}); err != nil && !errors.Is(err, io.ErrNoProgress) {
				t.Error(err)
			}
			expectTemporaries(t, dir, 0)
		})
	}
}

// A process that is killed as it publishes by a link leaves a second name of the file, and removing that changes the file's ETag.
// What was seen before still meets its condition.
func TestLeftoverIsTheFileItself(t *testing.T) {
	for name, change := range map[string]func(ctx context.Context, s *Store, seen blob.Cond) error{
		"write": func(ctx context.Context, s *Store, seen blob.Cond) error {
			_, _, err := blob.Put(ctx, s, "key", blobtest.BytesSource([]byte("new")), nil, blob.PutOptions{Cond: seen})
			return err
		},
		"attributes": func(ctx context.Context, s *Store, seen blob.Cond) error {
			info, err := s.SetAttrs(ctx, "key", seen, func(a *blob.Attrs) { a.Owner = "other" })
			if now, statErr := s.Head(ctx, "key"); err == nil && now.ETag != info.ETag {
				return fmt.Errorf("the ETag is %s, reported was %s: %w", now.ETag, info.ETag, statErr)
			}
			return err
		},
		"delete": func(ctx context.Context, s *Store, seen blob.Cond) error { return s.Delete(ctx, "key", seen) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, New(dir), "key", "old", attrs)
			if err := os.Link(filepath.Join(dir, "key"), filepath.Join(dir, ".flink-upload-2c70e12b7a0646f9-A.tmp")); err != nil {
				t.Fatal(err)
			}
			if err := change(t.Context(), New(dir), blob.Cond{IfMatch: head(t, New(dir), "key").ETag}); err != nil {
				t.Error(err)
			}
			expectTemporaries(t, dir, 0)
		})
	}
}

// Where a lock says nothing, the age does.
func TestLeftoversWithoutLocks(t *testing.T) {
	for name, prepare := range map[string]func(*Store){
		"no locks":                     func(s *Store) { s.disk.lock = func(*os.File) error { return errors.ErrUnsupported } },
		"locks that others do not see": func(s *Store) { s.disk.local = func(uintptr) bool { return false } },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			write := func() {
				t.Helper()
				s := New(dir)
				prepare(s)
				put(t, s, "dir/key", "new", attrs)
			}
			write()
			writer(t, dir)()
			for _, c := range []struct {
				age  time.Duration
				left int
			}{{0, 2}, {day - time.Minute, 2}, {day + time.Minute, 0}} {
				written := time.Now().Add(-c.age)
				for _, path := range temporaryFiles(t, dir) {
					if err := os.Chtimes(path, written, written); err != nil {
						t.Fatal(err)
					}
				}
				write()
				expectTemporaries(t, dir, c.left)
			}
		})
	}
}

// A directory, a link, what it leads to, and a pipe stay, whatever their names.
func TestWhatIsNoLeftover(t *testing.T) {
	dir := t.TempDir()
	put(t, New(dir), "key", "old", attrs)
	outside := filepath.Join(t.TempDir(), "outside")
	plant(t, outside, []byte("data"))
	plant(t, filepath.Join(dir, "inside"), []byte("data"))
	name := func(random string) string { return filepath.Join(dir, ".flink-upload-2c70e12b7a0646f9-"+random+".tmp") }
	for _, err := range []error{os.Mkdir(name("E"), 0o700), os.Symlink(outside, name("F")), os.Symlink("inside", name("G")), os.Symlink("nowhere", name("H"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(name("J"), 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(name("J"), os.O_RDWR|syscall.O_NONBLOCK, 0) // or who opens it for writing would fail
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	before, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	put(t, New(dir), "key", "new", attrs)
	after, err := os.ReadDir(dir)
	if err != nil || len(after) != len(before) {
		t.Errorf("%v, %v; there were %v", after, err, before)
	}
	plant(t, name("I"), nil)
	put(t, New(dir), "key", "new", attrs)
	if _, err := os.Lstat(name("I")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a leftover among them is still there")
	}
}

// Between the making of a temporary file and its locking it looks like a leftover. Who takes it away then breaks no write.
func TestSweptBeforeItIsLocked(t *testing.T) {
	for name, meanwhile := range map[string]func(t *testing.T, file *os.File) error{
		"removed":     func(_ *testing.T, file *os.File) error { os.Remove(file.Name()); return lockFile(file) },
		"about to be": func(*testing.T, *os.File) error { return errLocked },
		"in its place": func(t *testing.T, file *os.File) error {
			t.Helper()
			os.Remove(file.Name())
			plant(t, file.Name(), nil)
			return lockFile(file)
		},
		"without a lock": func(_ *testing.T, file *os.File) error { os.Remove(file.Name()); return errors.ErrUnsupported },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := New(dir)
			first := true
			s.disk.lock = func(file *os.File) error {
				if first {
					first = false
					return meanwhile(t, file)
				}
				return lockFile(file)
			}
			put(t, s, "key", "data", attrs)
			if data, err := os.ReadFile(filepath.Join(dir, "key")); string(data) != "data" {
				t.Errorf("%q, %v", data, err)
			}
		})
	}
}

// Many writers of one file sweep while others begin: each write succeeds, and nothing is left.
func TestSweepingAmongWriters(t *testing.T) {
	dir := t.TempDir()
	var writers sync.WaitGroup
	for i := range 8 {
		writers.Go(func() {
			for range 25 {
				data := strings.Repeat(fmt.Sprint(i), 1000)
				if _, _, err := blob.Put(t.Context(), New(dir), "key", blobtest.BytesSource([]byte(data)), nil, blob.PutOptions{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	expectTemporaries(t, dir, 0)
}
