package fileblob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

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
		s.disk.sync = func(file *os.File) error {
			_, err := os.Lstat(filepath.Join(s.disk.dir, "a", "b", "key"))
			name, _ := filepath.Rel(top, file.Name())
			if strings.HasPrefix(filepath.Base(name), ".flink-upload-") {
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
	s.disk.sync = func(*os.File) error { return errors.New("the disk died") }
	_, _, err := blob.Put(t.Context(), s, "a/key", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{})
	if err == nil || !strings.Contains(err.Error(), "the disk died") {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(s.disk.dir); len(left) != 0 {
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
	got, err := os.Stat(filepath.Join(s.disk.dir, "dir", "key"))
	if err != nil || got.Mode() != want.Mode() {
		t.Errorf("%v, %v; want %v", got.Mode(), err, want.Mode())
	}
}
