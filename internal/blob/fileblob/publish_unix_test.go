//go:build unix

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
	s := New(filepath.Join(t.TempDir(), "absent"))
	_, headErr := s.Head(t.Context(), "key")
	deleteErr, bucketErr := s.Delete(t.Context(), "key", blob.Cond{}), s.Bucket(t.Context())
	_, err := os.Lstat(s.disk.dir)
	if !errors.Is(headErr, fs.ErrNotExist) || deleteErr != nil || !errors.Is(bucketErr, blob.ErrNoBucket) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Head: %v; Delete: %v; Bucket: %v; the directory: %v", headErr, deleteErr, bucketErr, err)
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
	if err := os.WriteFile(reference, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	want, wantErr := os.Stat(reference)
	got, err := os.Stat(filepath.Join(s.disk.dir, "dir", "key"))
	if err := errors.Join(err, wantErr); err != nil || got.Mode() != want.Mode() {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
}
