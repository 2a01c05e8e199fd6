//go:build linux || darwin

package digestcache

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

// What is done to real files, and seen. The file's modification time is set back each time, as careful programs do.
func TestChangesAreSeen(t *testing.T) {
	rewrite := func(t *testing.T, path string) {
		t.Helper()
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := file.WriteAt([]byte("other"), minSize-5); err != nil {
			t.Fatal(err)
		}
	}
	for name, change := range map[string]func(t *testing.T, file source.File) error{
		"written over with the same size": func(t *testing.T, file source.File) error { t.Helper(); rewrite(t, file.Path); return nil },
		"written over through a hard link": func(t *testing.T, file source.File) error {
			t.Helper()
			link := filepath.Join(t.TempDir(), "link.jar")
			if err := os.Link(file.Path, link); err != nil {
				return err
			}
			rewrite(t, link)
			return nil
		},
		"appended": func(_ *testing.T, file source.File) error { return os.Truncate(file.Path, minSize+1) },
		"cut off":  func(_ *testing.T, file source.File) error { return os.Truncate(file.Path, minSize-1) },
		"made anew": func(t *testing.T, file source.File) error {
			t.Helper()
			if err := os.Remove(file.Path); err != nil {
				return err
			}
			newFile(t, file.Path, "other")
			return nil
		},
		"another file renamed over it": func(t *testing.T, file source.File) error {
			t.Helper()
			return os.Rename(newFile(t, file.Path+".new", "other").Path, file.Path)
		},
		"a link to another file": func(t *testing.T, file source.File) error {
			t.Helper()
			if err := os.Remove(file.Path); err != nil {
				return err
			}
			return os.Symlink(newFile(t, file.Path+".new", "other").Path, file.Path)
		},
		"nothing but its mode": func(_ *testing.T, file source.File) error { return os.Chmod(file.Path, 0o400) },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			info, err := os.Stat(file.Path)
			if err != nil {
				t.Fatal(err)
			}
			poison(t, c, file)
			if err := change(t, file); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(file.Path, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
			isRead(t, c, file)
		})
	}
}

// A directory of the path is a link, and leads elsewhere now.
func TestDirectoryIsAnother(t *testing.T) {
	c, base := newCache(t), t.TempDir()
	link := filepath.Join(base, "current")
	for _, name := range []string{"first", "other"} {
		if err := os.Mkdir(filepath.Join(base, name), 0o700); err != nil {
			t.Fatal(err)
		}
		newFile(t, filepath.Join(base, name, "job.jar"), name)
	}
	if err := os.Symlink("first", link); err != nil {
		t.Fatal(err)
	}
	file := source.File{Path: filepath.Join(link, "job.jar")}
	poison(t, c, file)
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("other", link); err != nil {
		t.Fatal(err)
	}
	isRead(t, c, file)
}

// A relative path is another file in another directory, and the same as its absolute one.
func TestRelativePath(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	poison(t, c, file)
	t.Chdir(filepath.Dir(file.Path))
	relative := source.File{Path: "job.jar"}
	if hash(t, c, relative).SHA256 != wrong {
		t.Error("the relative path was not found")
	}
	t.Chdir(t.TempDir())
	newFile(t, "job.jar", "other")
	isRead(t, c, relative)
}

// Two paths of one file are two entries. What is done by one is seen by the other.
func TestHardLinks(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	link := source.File{Path: file.Path + "2"}
	if err := os.Link(file.Path, link.Path); err != nil {
		t.Fatal(err)
	}
	poison(t, c, file)
	isRead(t, c, link)
	holds(t, c, 2)
	newFile(t, link.Path, "other")
	isRead(t, c, file)
	isRead(t, c, link)
	holds(t, c, 2)
}

// The temporary directory of tests is where the cache works, or the other tests show little; what is not of a disk is not trusted.
func TestRealSystem(t *testing.T) {
	c := newCache(t)
	if c.boot() == "" {
		t.Error("the start of the machine is not known")
	}
	file := inTempDir(t)
	if !fileIsLocal(t, file.Path) {
		t.Errorf("%s is not on a file system that is trusted", file.Path)
	}
	if found := present(t, c, file); found.device == 0 || found.inode == 0 || found.changed.IsZero() {
		t.Errorf("the identity is %v", found)
	}
}

func fileIsLocal(t *testing.T, path string) bool {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	return usercache.IsLocal(file.Fd())
}
