package fileblob

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

func TestConformance(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Harness { return harness(t, func(*Store) {}) })
}

// The same without extended attributes: everything is in memory, and holds within a run.
func TestConformanceWithoutExtendedAttributes(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Harness {
		return harness(t, func(s *Store) { s.disk.xattrs = noAttributes{} })
	})
}

// The same where hard links are not supported, as on FAT.
func TestConformanceWithoutHardLinks(t *testing.T) {
	blobtest.Run(t, func(t *testing.T) blobtest.Harness {
		return harness(t, func(s *Store) {
			s.disk.link = func(*os.Root, string, string) error { return &os.LinkError{Op: "link", Err: fs.ErrPermission} }
		})
	})
}

func harness(t *testing.T, prepare func(*Store)) blobtest.Harness {
	dir := filepath.Join(t.TempDir(), "made", "by the first write")
	store := New(dir)
	prepare(store)
	return blobtest.Harness{
		Store:           store,
		Absent:          New(filepath.Join(dir, "absent")),
		LargeSize:       1 << 20, // larger than the buffers
		RealDirectories: true,
		Leftovers:       func(t *testing.T) []string { return temporaryFiles(t, dir) },
		Plant:           func(t *testing.T, key string, data []byte) { plant(t, filepath.Join(dir, key), data) },
	}
}

// plant writes a file in place, as any other program would.
func plant(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// temporaryFiles names what has a name that nobody but us gives.
func temporaryFiles(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if match, _ := filepath.Match(".flink-upload-*", filepath.Base(path)); match {
			found = append(found, path)
		}
		return err
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return found
}
