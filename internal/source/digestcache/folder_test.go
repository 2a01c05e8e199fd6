//go:build linux || darwin

package digestcache

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	info, err := os.Lstat(path)
	noError(t, err)
	return info.Mode()
}

// Nothing is made before there is an entry, and then it is the user's alone, whatever others may do elsewhere.
func TestModes(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	defer syscall.Umask(syscall.Umask(0))
	newFile(t, file.Path, "other")
	noError(t, os.Truncate(file.Path, 1))
	isRead(t, c, file)
	if _, err := os.Stat(filepath.Dir(c.folder.Dir)); !os.IsNotExist(err) {
		t.Errorf("the cache directory was made for nothing: %v", err)
	}
	newFile(t, file.Path, "first")
	poison(t, c, file)
	for path, want := range map[string]fs.FileMode{
		filepath.Dir(c.folder.Dir):       fs.ModeDir | 0o700,
		c.folder.Dir:                     fs.ModeDir | 0o700,
		c.entryPath(present(t, c, file)): 0o600,
	} {
		if got := mode(t, path); got != want {
			t.Errorf("%s has the mode %v, want %v", path, got, want)
		}
	}
}

// Where there is no home, there is no cache, and none is made. That one is missing shows only when there is something to write.
func TestNoHome(t *testing.T) {
	nowhere := filepath.Join(t.TempDir(), "nobody")
	for name, test := range map[string]struct {
		home, cache string
		off         bool
	}{
		"no variables":        {"", "", true},
		"a relative home":     {"home", "", true},
		"a relative cache":    {t.TempDir(), "home", true},
		"a missing home":      {nowhere, "", false},
		"a missing directory": {filepath.Join(nowhere, "home"), filepath.Join(nowhere, "cache"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			noError(t, os.Mkdir("home", 0o700))
			t.Setenv("HOME", test.home)
			t.Setenv("XDG_CACHE_HOME", test.cache)
			c, file := New(), inTempDir(t)
			if off := c == nil; off != test.off {
				t.Errorf("it is off: %t, want %t", off, test.off)
			}
			if c != nil {
				c.now = func() time.Time { return time.Now().Add(time.Minute) }
				c.local = func(uintptr) bool { return true }
			}
			isRead(t, c, file)
			if _, err := os.Stat(nowhere); !os.IsNotExist(err) {
				t.Errorf("a home was made: %v", err)
			}
			if made, err := os.ReadDir("home"); err != nil || len(made) > 0 {
				t.Errorf("made in the working directory: %v, %v", made, err)
			}
		})
	}
}

// By sudo root has the home of a user. What it would make there, the user could not use: not the folder, and not even the cache directory,
// which is that of all programs.
func TestRootInAHome(t *testing.T) {
	const user = 1000
	give := func(path string) error {
		if os.Geteuid() != 0 {
			return nil // it is a user's already
		}
		return os.Chown(path, user, user)
	}
	for name, made := range map[string]bool{"with a cache directory": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			c.folder.User = 0
			cache := filepath.Dir(c.folder.Dir)
			noError(t, give(filepath.Dir(cache)))
			if made {
				noError(t, firstOf(os.Mkdir(cache, 0o700), give(cache)))
			}
			isRead(t, c, file)
			missing := cache
			if made {
				missing = c.folder.Dir
			}
			if _, err := os.Lstat(missing); !os.IsNotExist(err) {
				t.Errorf("%s was made: %v", missing, err)
			}
		})
	}
}

// Whatever is done to an entry, it is a miss, and the next one takes its place.
func TestUntrustedEntries(t *testing.T) {
	for name, spoil := range map[string]func(path string, data []byte) error{
		"others may read it":     func(path string, _ []byte) error { return os.Chmod(path, 0o604) },
		"others may write it":    func(path string, _ []byte) error { return os.Chmod(path, 0o602) },
		"the group may read it":  func(path string, _ []byte) error { return os.Chmod(path, 0o640) },
		"the group may write it": func(path string, _ []byte) error { return os.Chmod(path, 0o620) },
		"longer":                 func(path string, data []byte) error { return os.WriteFile(path, append(data, 0), 0o600) },
		"much longer":            func(path string, _ []byte) error { return os.Truncate(path, 1<<40) },
		"cut off":                func(path string, data []byte) error { return os.Truncate(path, int64(len(data)-1)) },
		"empty":                  func(path string, _ []byte) error { return os.Truncate(path, 0) },
		"nothing but zeros": func(path string, data []byte) error {
			clear(data)
			return os.WriteFile(path, data, 0o600)
		},
		"another hash": func(path string, data []byte) error {
			data[len(entryVersion)+sha256.Size]++
			return os.WriteFile(path, data, 0o600)
		},
		"of a later version": func(path string, data []byte) error { return os.WriteFile(path, later(data), 0o600) },
		"a link to an entry": func(path string, _ []byte) error {
			elsewhere := filepath.Join(filepath.Dir(filepath.Dir(path)), "entry")
			return firstOf(os.Rename(path, elsewhere), os.Symlink(elsewhere, path))
		},
		"a pipe": func(path string, _ []byte) error {
			return firstOf(os.Remove(path), syscall.Mkfifo(path, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			poison(t, c, file)
			path := c.entryPath(present(t, c, file))
			data, err := os.ReadFile(path)
			noError(t, err)
			noError(t, spoil(path, data))
			within(t, func() { isRead(t, c, file) })
			holds(t, c, 1)
			if got := mode(t, path); got != 0o600 {
				t.Errorf("the new entry has the mode %v", got)
			}
			poison(t, c, file)
		})
	}
}

// later is an entry that is right but for its version.
func later(data []byte) []byte {
	data = append([]byte("flink digest v2\n"), data[len(entryVersion):entrySize-sha256.Size]...)
	sum := sha256.Sum256(data)
	return append(data, sum[:]...)
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// within fails where something waits for ever.
func within(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("it waits")
	}
}

// A directory in an entry's place cannot be replaced: then there is no entry, and nothing left of the attempt.
func TestDirectoryInPlace(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	noError(t, os.MkdirAll(filepath.Join(c.entryPath(present(t, c, file)), "full"), 0o700))
	noError(t, os.Chmod(c.folder.Dir, 0o700))
	isRead(t, c, file)
	holds(t, c, 1)
}

// Each bit of an entry counts.
func TestDamagedEntry(t *testing.T) {
	whole := entry{blob.Hash{1}, blob.Hash{2}}
	data := whole.encode()
	if got, ok := parseEntry(data); !ok || got != whole {
		t.Fatalf("%v, %t", got, ok)
	}
	for i := range data {
		for bit := range 8 {
			data[i] ^= 1 << bit
			if got, ok := parseEntry(data); ok {
				t.Errorf("with bit %d of byte %d changed it is %v", bit, i, got)
			}
			data[i] ^= 1 << bit
		}
		if got, ok := parseEntry(data[:i]); ok {
			t.Errorf("the first %d bytes are %v", i, got)
		}
	}
}

// A folder that others can look into or write to is not used, nor one that is a link or no folder.
func TestUntrustedFolder(t *testing.T) {
	for name, spoil := range map[string]func(dir string) error{
		"others may look into it":    func(dir string) error { return os.Chmod(dir, 0o705) },
		"others may write to it":     func(dir string) error { return os.Chmod(dir, 0o702) },
		"the group may look into it": func(dir string) error { return os.Chmod(dir, 0o750) },
		"a link": func(dir string) error {
			return firstOf(os.Rename(dir, dir+".elsewhere"), os.Symlink(dir+".elsewhere", dir))
		},
		"a file": func(dir string) error {
			return firstOf(os.RemoveAll(dir), os.WriteFile(dir, nil, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			poison(t, c, file)
			noError(t, spoil(c.folder.Dir))
			isRead(t, c, file)
			other := newFile(t, filepath.Join(t.TempDir(), "other.jar"), "other")
			isRead(t, c, other)
			if _, err := os.Lstat(c.entryPath(present(t, c, other))); err == nil {
				t.Error("an entry was written")
			}
		})
	}
}

// A disk that takes nothing is as if there were no cache.
func TestNothingCanBeWritten(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	isRead(t, c, newFile(t, file.Path+"2", "other"))
	var before syscall.Rlimit
	noError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	limited := before
	limited.Cur = uint64(entrySize - 1)
	noError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limited))
	sums, err := c.HashOf(t.Context(), file)
	if restored := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); restored != nil || err != nil {
		t.Fatal(restored, err)
	}
	if sums != sum(t, file) {
		t.Errorf("got %v", sums)
	}
	holds(t, c, 1) // and no temporary file
}

// fill makes entries that look as if they had been used an hour ago, a second apart.
func fill(t testing.TB, c *Cache, count int) (first string) {
	t.Helper()
	noError(t, os.MkdirAll(c.folder.Dir, 0o700))
	for i := range count {
		path := filepath.Join(c.folder.Dir, fmt.Sprintf("%s%064d", entryPrefix, count-i))
		noError(t, os.WriteFile(path, make([]byte, entrySize), 0o600))
		used := time.Now().Add(-time.Hour).Add(time.Duration(i) * time.Second)
		noError(t, os.Chtimes(path, used, used))
		if i == 0 {
			first = path
		}
	}
	return first
}

// The folder is bounded. What was not used for the longest time is removed.
func TestBound(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	used := newFile(t, file.Path+"2", "other")
	first := fill(t, c, maxEntries-1)
	isRead(t, c, used)
	holds(t, c, maxEntries)
	if _, err := os.Stat(first); err != nil {
		t.Errorf("the bound is not reached yet: %v", err)
	}
	// Now it is the one that is longest unused, and then it is used.
	long := time.Now().Add(-2 * time.Hour)
	noError(t, os.Chtimes(c.entryPath(present(t, c, used)), long, long))
	if _, ok := c.find(present(t, c, used)); !ok {
		t.Fatal("it is not found")
	}
	isRead(t, c, file)
	holds(t, c, maxEntries)
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Errorf("the oldest entry is still there: %v", err)
	}
	for _, file := range []source.File{file, used} {
		if _, ok := c.find(present(t, c, file)); !ok {
			t.Errorf("%s is gone", file.Path)
		}
	}
	// A folder that another program has filled is brought back to the bound at once.
	fill(t, c, maxEntries+100)
	isRead(t, c, newFile(t, file.Path+"3", "third"))
	holds(t, c, maxEntries)
}

// That an entry was used is noted once an hour.
func TestUse(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	c.now = time.Now
	poison(t, c, file)
	path := c.entryPath(present(t, c, file))
	for age, want := range map[time.Duration]bool{30 * time.Minute: false, 2 * time.Hour: true, -2 * time.Hour: false} {
		used := time.Now().Add(-age).Truncate(time.Second)
		noError(t, os.Chtimes(path, used, used))
		if hash(t, c, file).SHA256 != wrong {
			t.Fatal("it was not found")
		}
		info, err := os.Stat(path)
		noError(t, err)
		if got := !info.ModTime().Equal(used); got != want {
			t.Errorf("used %v before: noted %t, want %t", age, got, want)
		}
	}
}

// What a killed run left is removed, and what another is writing, or is not the cache's, stays.
func TestAbandonedFiles(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	c.now = time.Now
	c.stat = func(info fs.FileInfo) (stat, bool) { return stat{size: info.Size()}, true }
	noError(t, os.MkdirAll(c.folder.Dir, 0o700))
	for name, age := range map[string]time.Duration{temporaryPrefix + "1": 2 * time.Hour, temporaryPrefix + "2": time.Minute, "README": 2 * time.Hour} {
		path, made := filepath.Join(c.folder.Dir, name), time.Now().Add(-age)
		noError(t, os.WriteFile(path, nil, 0o600))
		noError(t, os.Chtimes(path, made, made))
	}
	isRead(t, c, file)
	names := kept(t, c)
	for name, want := range map[string]bool{temporaryPrefix + "1": false, temporaryPrefix + "2": true, "README": true} {
		if slices.Contains(names, name) != want {
			t.Errorf("%s is there: %t, want %t", name, !want, want)
		}
	}
}

// Many runs at once: each has an answer, and it is right. A reader never sees half an entry.
func TestConcurrentRuns(t *testing.T) {
	first := newCache(t)
	base := t.TempDir()
	files := make([]source.File, 3)
	for i := range files {
		files[i] = newFile(t, filepath.Join(base, fmt.Sprint(i)), fmt.Sprint(i))
	}
	want := make([]blob.Sums, len(files))
	for i, file := range files {
		want[i] = sum(t, file)
	}
	fill(t, first, maxEntries)
	var runs sync.WaitGroup
	for range 4 {
		c := *first
		runs.Go(func() {
			for range 3 {
				for i, file := range files {
					if got, err := c.HashOf(t.Context(), file); err != nil || got != want[i] {
						t.Errorf("got %v, %v, want %v", got, err, want[i])
					}
				}
			}
		})
	}
	found := present(t, first, files[0])
	first.keep(found, want[0].SHA256)
	for range 4 {
		c := *first
		runs.Go(func() {
			for range 50 {
				c.keep(found, want[0].SHA256)
				if got, ok := c.find(found); !ok || got != want[0].SHA256 {
					t.Errorf("found %v, %t", got, ok)
				}
			}
		})
	}
	runs.Wait()
	if names := kept(t, first); len(names) > maxEntries || len(names) < maxEntries-len(files) {
		t.Errorf("%d entries", len(names))
	}
	for _, name := range kept(t, first) {
		if strings.HasPrefix(name, temporaryPrefix) {
			t.Errorf("left behind: %s", name)
		}
	}
}
