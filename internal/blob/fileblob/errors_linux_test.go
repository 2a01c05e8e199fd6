package fileblob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

func putError(t *testing.T, s *Store, key string, data []byte) *blob.Error {
	t.Helper()
	_, _, err := blob.Put(t.Context(), s, key, blobtest.BytesSource(data), nil, blob.PutOptions{})
	var told *blob.Error
	if !errors.As(err, &told) {
		t.Fatalf("got %v; want a *blob.Error", err)
	}
	return told
}

// Not even root makes files there: either access is denied or it is mounted read-only.
func TestDirectoryThatCannotBeWritten(t *testing.T) {
	err := putError(t, New("/sys/kernel"), "flink-test", nil)
	if !errors.Is(err, fs.ErrPermission) || err.Op != "write" || err.URI != "file:///sys/kernel/flink-test" || err.Advice == "" {
		t.Errorf("got %#v", err)
	}
}

// A file in the place of the base directory, or of one above it, is never taken for an empty workspace.
func TestDirectoryThatIsAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	plant(t, path, nil)
	for _, dir := range []string{path, filepath.Join(path, "below")} {
		s := New(dir)
		_, headErr := s.Head(t.Context(), "key")
		for what, err := range map[string]error{"Put": putError(t, s, "key", nil), "Head": headErr, "Bucket": s.Bucket(t.Context()), "Delete": s.Delete(t.Context(), "key", blob.Cond{})} {
			var told *blob.Error
			if !errors.As(err, &told) || told.Advice == "" || errors.Is(err, blob.ErrNoBucket) || errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s in %s: %v", what, dir, err)
			}
		}
	}
}

// Full disks cannot be had in a test without privileges. A limit on the size of files, set in a process of its own, fails in the same place.
func TestNoRoom(t *testing.T) {
	const marker = "FLINK_TEST_NO_ROOM"
	if dir := os.Getenv(marker); dir != "" {
		signal.Ignore(syscall.SIGXFSZ)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1 << 20, Max: 1 << 20}); err != nil {
			t.Fatal(err)
		}
		s := New(dir)
		err := putError(t, s, "new/key", make([]byte, 2<<20))
		if !errors.Is(err, syscall.EFBIG) || err.Op != "write" || !strings.Contains(err.Advice, "room") {
			t.Errorf("got %#v", err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 || left[0].Name() != "old" {
			t.Errorf("left: %v, %v", left, err)
		}
		head(t, s, "old")
		fmt.Println("tried without room")
		return
	}
	dir := t.TempDir()
	put(t, New(dir), "old", "data", attrs)
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestNoRoom$", "-test.count=1")
	cmd.Env = append(os.Environ(), marker+"="+dir)
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "tried without room") {
		t.Errorf("%v\n%s", err, out)
	}
}

func TestCausesInWords(t *testing.T) {
	for cause, advice := range map[error]string{
		syscall.ENOSPC: "Make room", syscall.EDQUOT: "quota", syscall.EROFS: "read-only", syscall.EACCES: "The user", syscall.EPERM: "The user",
	} {
		path := "/base/.flink-upload-SECRETRANDOM.tmp"
		for _, wrapped := range []error{
			&fs.PathError{Op: "write", Path: path, Err: cause}, &os.LinkError{Op: "rename", Old: path, New: "/base/key", Err: cause},
			os.NewSyscallError("fsync", cause),
		} {
			err := newDisk("/base").Explain("write", "key", wrapped)
			full := errors.Is(cause, syscall.ENOSPC) || errors.Is(cause, syscall.EDQUOT)
			if err.Error() != "write file:///base/key: "+cause.Error() || !strings.Contains(err.Advice, advice) || errors.Is(err, fs.ErrPermission) == full {
				t.Errorf("%#v", err)
			}
		}
	}
}
