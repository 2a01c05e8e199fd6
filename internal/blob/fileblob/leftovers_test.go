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

const childVariable = "FLINK_TEST_STAGES_IN"

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

// What a killed process was writing goes with the next change of the same file, and not before the process is gone, nor with another file.
func TestLeftoversOfAKilledProcess(t *testing.T) {
	attrsOf := func(s *Store) error {
		_, err := s.SetAttrs(t.Context(), "dir/key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "you" })
		return err
	}
	for name, change := range map[string]func(s *Store) error{
		"write": func(s *Store) error {
			_, _, err := blob.Put(t.Context(), s, "dir/key", blobtest.BytesSource([]byte("new")), nil, blob.PutOptions{})
			return err
		},
		"write that fails": func(s *Store) error {
			_, _, err := blob.Put(t.Context(), s, "dir/key", blobtest.FailingSource(nil, -1, io.ErrNoProgress), nil, blob.PutOptions{})
			if !errors.Is(err, io.ErrNoProgress) {
				return fmt.Errorf("got %w", err)
			}
			return nil
		},
		"attributes": attrsOf,
		"delete":     func(s *Store) error { return s.Delete(t.Context(), "dir/key", blob.Cond{}) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, New(dir), "dir/key", "old", attrs)
			kill := writer(t, dir)
			defer kill()
			put(t, New(dir), "dir/key", "new", attrs)
			if err := attrsOf(New(dir)); err != nil {
				t.Error(err)
			}
			long := time.Now().Add(-30 * old)
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
			if _, err := New(dir).Head(t.Context(), "dir/key"); err != nil {
				t.Error(err)
			}
			expectTemporaries(t, dir, 2)
			if err := change(New(dir)); err != nil {
				t.Error(err)
			}
			expectTemporaries(t, dir, 0)
		})
	}
}

// Where a lock says nothing, the age does.
func TestLeftoversWithoutLocks(t *testing.T) {
	for name, prepare := range map[string]func(*Store){
		"no locks":                     func(s *Store) { s.lock = func(*os.File) error { return errors.ErrUnsupported } },
		"locks that others do not see": func(s *Store) { s.local = func(uintptr) bool { return false } },
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
			}{{0, 2}, {old - time.Minute, 2}, {old + time.Minute, 0}} {
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

// Only what can be one of ours goes: no file of another name, no directory, no link, and nothing that a link leads to.
func TestWhatIsNoLeftover(t *testing.T) {
	dir := t.TempDir()
	put(t, New(dir), "key", "old", attrs)
	outside := filepath.Join(t.TempDir(), "outside")
	plant(t, outside, []byte("data"))
	plant(t, filepath.Join(dir, "inside"), []byte("data"))
	name := func(random string) string {
		return filepath.Join(dir, temporaryPrefix+tagOf("key")+"-"+random+temporarySuffix)
	}
	for _, path := range []string{
		strings.TrimSuffix(name("A"), temporarySuffix), filepath.Join(dir, "x"+filepath.Base(name("B"))),
		filepath.Join(dir, temporaryPrefix+tagOf("key2")+"-C"+temporarySuffix), filepath.Join(dir, temporaryPrefix+"D"+temporarySuffix),
	} {
		plant(t, path, nil)
	}
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
			s.lock = func(file *os.File) error {
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
