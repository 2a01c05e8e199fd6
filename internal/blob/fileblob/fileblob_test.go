package fileblob

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

func TestConformance(t *testing.T) { conform(t, func(*Store) {}) }

// Everything is in memory, and holds within a run.
func TestConformanceWithoutExtendedAttributes(t *testing.T) {
	conform(t, func(s *Store) { s.disk.xattrs = noAttributes{} })
}

// As on FAT.
func TestConformanceWithoutHardLinks(t *testing.T) {
	conform(t, func(s *Store) {
		s.disk.link = func(*os.Root, string, string) error { return &os.LinkError{Op: "link", Err: fs.ErrPermission} }
	})
}

func conform(t *testing.T, prepare func(*Store)) {
	t.Helper()
	blobtest.Run(t, func(t *testing.T) blobtest.Harness {
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
	})
}

var attrs = blob.Attrs{Owner: "token", ContentType: "application/zip", Metadata: map[string]string{"build": "1"}}

func put(t *testing.T, s *Store, key, data string, attrs blob.Attrs) blob.Info {
	t.Helper()
	info, _, err := blob.Put(t.Context(), s, key, blobtest.BytesSource([]byte(data)), blobtest.Sum([]byte(data)), blob.PutOptions{Attrs: attrs})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func head(t *testing.T, s *Store, key string) blob.Info {
	t.Helper()
	info, err := s.Head(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return info
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
