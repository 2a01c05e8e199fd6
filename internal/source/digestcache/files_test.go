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
	for name, change := range map[string]func(t *testing.T, file source.File) error{
		"written over with the same size": func(_ *testing.T, file source.File) error { return overwrite(file.Path) },
		"written over through a hard link": func(t *testing.T, file source.File) error {
			t.Helper()
			link := filepath.Join(t.TempDir(), "link.jar")
			return firstOf(os.Link(file.Path, link), overwrite(link))
		},
		"appended": func(_ *testing.T, file source.File) error { return os.Truncate(file.Path, minSize+1) },
		"cut off":  func(_ *testing.T, file source.File) error { return os.Truncate(file.Path, minSize-1) },
		"made anew": func(t *testing.T, file source.File) error {
			t.Helper()
			err := os.Remove(file.Path)
			newFile(t, file.Path, "other")
			return err
		},
		"another file renamed over it": func(t *testing.T, file source.File) error {
			t.Helper()
			return os.Rename(newFile(t, file.Path+".new", "other").Path, file.Path)
		},
		"a link to another file": func(t *testing.T, file source.File) error {
			t.Helper()
			return firstOf(os.Remove(file.Path), os.Symlink(newFile(t, file.Path+".new", "other").Path, file.Path))
		},
		"nothing but its mode": func(_ *testing.T, file source.File) error { return os.Chmod(file.Path, 0o400) },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			info, err := os.Stat(file.Path)
			noError(t, err)
			poison(t, c, file)
			noError(t, change(t, file))
			noError(t, os.Chtimes(file.Path, info.ModTime(), info.ModTime()))
			isRead(t, c, file)
		})
	}
}

// A directory of the path is a link, and leads elsewhere now.
func TestDirectoryIsAnother(t *testing.T) {
	c, base := newCache(t), t.TempDir()
	link := filepath.Join(base, "current")
	for _, name := range []string{"first", "other"} {
		noError(t, os.Mkdir(filepath.Join(base, name), 0o700))
		newFile(t, filepath.Join(base, name, "job.jar"), name)
	}
	noError(t, os.Symlink("first", link))
	file := source.File{Path: filepath.Join(link, "job.jar")}
	poison(t, c, file)
	noError(t, os.Remove(link))
	noError(t, os.Symlink("other", link))
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
	noError(t, os.Link(file.Path, link.Path))
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
	noError(t, err)
	defer file.Close()
	return usercache.IsLocal(file.Fd())
}
