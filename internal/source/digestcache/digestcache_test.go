//go:build linux || darwin

package digestcache

import (
	"context"
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// wrong is a hash that no file has. An entry with it shows whether the cache answered or the file was read.
var wrong = blob.Hash{0xba, 0xd0}

// newCache is a cache in a folder of the test. Its clock is a minute ahead, so that files are old enough at once.
func newCache(t testing.TB) *Cache {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	c := New()
	c.now = func() time.Time { return time.Now().Add(time.Minute) }
	c.local = func(uintptr) bool { return true } // wherever tests have their files
	return c
}

func noError(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newFile is a file of the least size. It has holes, and the text at its end.
func newFile(t testing.TB, path, text string) source.File {
	t.Helper()
	file, err := os.Create(path)
	noError(t, err)
	defer file.Close()
	if _, err := file.WriteAt([]byte(text), minSize-int64(len(text))); err != nil {
		t.Fatal(err)
	}
	return source.File{Path: path}
}

func inTempDir(t testing.TB) source.File {
	t.Helper()
	file := newFile(t, filepath.Join(t.TempDir(), "job.jar"), "first")
	settle(t, file)
	return file
}

// settle writes until the kernel's clock has gone on, so that what comes next has other times. The clock of newCache would not wait for that.
func settle(t testing.TB, file source.File) {
	t.Helper()
	made, err := os.Stat(file.Path)
	noError(t, err)
	for path := filepath.Join(t.TempDir(), "later"); ; {
		noError(t, os.WriteFile(path, []byte("x"), 0o600))
		now, err := os.Stat(path)
		noError(t, err)
		if now.ModTime().After(made.ModTime()) {
			return
		}
	}
}

// sum is what a file has now.
func sum(t testing.TB, file source.File) blob.Sums {
	t.Helper()
	data, err := os.ReadFile(file.Path)
	noError(t, err)
	return blob.Sums{SHA256: sha256.Sum256(data), Size: int64(len(data))}
}

func hash(t testing.TB, c *Cache, file source.File) blob.Sums {
	t.Helper()
	sums, err := c.HashOf(t.Context(), file)
	noError(t, err)
	return sums
}

// present is the identity of a file as it is.
func present(t testing.TB, c *Cache, file source.File) identity {
	t.Helper()
	content, err := file.Open(t.Context())
	noError(t, err)
	defer content.Close()
	found, ok := c.identify(file, content)
	if !ok {
		t.Fatalf("%s has no identity", file.Path)
	}
	return found
}

// poison remembers a wrong hash of a file as it is.
func poison(t testing.TB, c *Cache, file source.File) {
	t.Helper()
	c.keep(present(t, c, file), wrong)
	if got := hash(t, c, file).SHA256; got != wrong {
		t.Fatalf("the wrong entry was not taken: %s", got)
	}
}

// isRead hashes a file, and checks that the cache did not answer.
func isRead(t testing.TB, c *Cache, file source.File) {
	t.Helper()
	if got, want := hash(t, c, file), sum(t, file); got != want {
		t.Errorf("got %v, want %v: it was not read", got, want)
	}
}

// kept are the names in the folder.
func kept(t testing.TB, c *Cache) []string {
	t.Helper()
	entries, err := os.ReadDir(c.folder.Dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func holds(t testing.TB, c *Cache, want int) {
	t.Helper()
	if names := kept(t, c); len(names) != want {
		t.Errorf("the folder has %v, want %d entries", names, want)
	}
}

func TestHashIsRemembered(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	for range 2 {
		isRead(t, c, file)
		holds(t, c, 1)
	}
	poison(t, c, file) // which is by itself a hit
	if got := hash(t, c, file); got.Size != minSize {
		t.Errorf("a size of %d", got.Size)
	}
	// Another process.
	if again := *c; hash(t, &again, file).SHA256 != wrong {
		t.Error("it was not found again")
	}
}

// A nil cache hashes, and so does one without a folder.
func TestNoCache(t *testing.T) {
	var c *Cache
	file := inTempDir(t)
	isRead(t, c, file)
	if c.Forget(file, wrong) {
		t.Error("nothing was forgotten")
	}
}

// Each of these makes it another file or another state of it. One state alone is a hit.
func TestIdentity(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	boot, told := "this", stat{device: 1, inode: 2, size: minSize, modified: time.Unix(3, 4), changed: time.Unix(5, 6)}
	c.boot = func() string { return boot }
	c.stat = func(fs.FileInfo) (stat, bool) { return told, true }
	poison(t, c, file)
	for name, change := range map[string]func(){
		"start of the machine":                 func() { boot = "next" },
		"device":                               func() { told.device++ },
		"inode":                                func() { told.inode++ },
		"size":                                 func() { told.size++ },
		"modification time":                    func() { told.modified = told.modified.Add(time.Second) },
		"modification time in ns":              func() { told.modified = told.modified.Add(time.Nanosecond) },
		"modification time, set back":          func() { told.modified = told.modified.Add(-time.Nanosecond) },
		"change time":                          func() { told.changed = told.changed.Add(time.Second) },
		"change time in ns":                    func() { told.changed = told.changed.Add(time.Nanosecond) },
		"modification time in another century": func() { told.modified = told.modified.AddDate(1000, 0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			was, wasBoot := told, boot
			change()
			if _, ok := c.find(present(t, c, file)); ok {
				t.Error("it passes for the same")
			}
			told, boot = was, wasBoot
			if _, ok := c.find(present(t, c, file)); !ok {
				t.Error("it is not found as it was")
			}
		})
	}
	// The same file by all that is known, under another path.
	if _, ok := c.find(present(t, c, newFile(t, file.Path+"2", "other"))); ok {
		t.Error("another path passes for the same")
	}
}

// Entries of one path on other devices (in other containers) do not take each other's place.
func TestPlaces(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	boot, told := "this", stat{device: 1, inode: 2, size: minSize}
	c.boot = func() string { return boot }
	c.stat = func(fs.FileInfo) (stat, bool) { return told, true }
	poison(t, c, file)
	told.device++
	poison(t, c, file)
	boot = "next"
	poison(t, c, file)
	holds(t, c, 3)
	boot, told.device = "this", 1
	if hash(t, c, file).SHA256 != wrong {
		t.Error("the first entry is gone")
	}
	// Another state does.
	told.inode++
	isRead(t, c, file)
	holds(t, c, 3)
}

// An entry that lies under another's name is none, though all but the name is the same: whoever renames entries gains nothing.
func TestEntryOfAnother(t *testing.T) {
	for name, change := range map[string]func(*identity){
		"path":                 func(i *identity) { i.path = "/other.jar" },
		"start of the machine": func(i *identity) { i.boot = "next" },
		"device":               func(i *identity) { i.device++ },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			poison(t, c, file)
			own := present(t, c, file)
			other := own
			change(&other)
			noError(t, os.Rename(c.entryPath(own), c.entryPath(other)))
			if hash, ok := c.find(other); ok {
				t.Errorf("found %s", hash)
			}
		})
	}
}

// What the cache cannot know enough about, or is too small, is hashed each time and not remembered; and what was remembered is not believed.
func TestNotTrusted(t *testing.T) {
	for name, change := range map[string]func(c *Cache){
		"no identity":              func(c *Cache) { c.stat = func(fs.FileInfo) (stat, bool) { return stat{size: minSize}, false } },
		"no start of the machine":  func(c *Cache) { c.boot = func() string { return "" } },
		"a network's file system":  func(c *Cache) { c.local = func(uintptr) bool { return false } },
		"the folder of another":    func(c *Cache) { c.folder.User++ },
		"a folder that is no path": func(c *Cache) { c.folder.Dir = filepath.Join(c.folder.Dir, "\x00") },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			c.stat = func(info fs.FileInfo) (stat, bool) { told, _ := statOf(info); return told, true }
			before := *c
			change(c)
			isRead(t, c, file)
			holds(t, &before, 0)
			poison(t, &before, file)
			isRead(t, c, file)
		})
	}
}

func TestSmallFile(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	truncate := func(size int64) {
		noError(t, os.Truncate(file.Path, size))
	}
	truncate(minSize - 1)
	isRead(t, c, file)
	holds(t, c, 0)
	truncate(minSize)
	isRead(t, c, file)
	holds(t, c, 1)
}

// Times must be 2 s old when the hashing begins.
func TestYoungFile(t *testing.T) {
	now := time.Unix(1_700_000_000, 0)
	old := now.Add(-time.Hour)
	for name, test := range map[string]struct {
		modified, changed time.Time
		want              int
	}{
		"old":                     {old, old, 1},
		"two seconds":             {now.Add(-2 * time.Second), now.Add(-2 * time.Second), 1},
		"modified just before":    {now.Add(-2*time.Second + 1), old, 0},
		"changed just before":     {old, now.Add(-2*time.Second + 1), 0},
		"modified ahead":          {now.Add(time.Hour), old, 0},
		"changed ahead":           {old, now.Add(time.Hour), 0},
		"modified far ahead":      {now.AddDate(1000, 0, 0), old, 0},
		"before there were times": {time.Unix(0, 0), time.Unix(-1, 0), 1},
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			c.stat = func(fs.FileInfo) (stat, bool) {
				return stat{size: minSize, modified: test.modified, changed: test.changed}, true
			}
			c.now = func() time.Time { return now }
			c.written = func(uintptr) bool { now = now.Add(time.Minute); return false } // the hashing takes its time
			isRead(t, c, file)
			holds(t, c, test.want)
			now = now.Add(-time.Minute)
		})
	}
}

// What a file is must be the same before and after, and as long as what was read.
func TestChangedIdentity(t *testing.T) {
	for name, change := range map[string]func(*stat){
		"device":   func(s *stat) { s.device++ },
		"inode":    func(s *stat) { s.inode++ },
		"size":     func(s *stat) { s.size++ },
		"modified": func(s *stat) { s.modified = s.modified.Add(1) },
		"changed":  func(s *stat) { s.changed = s.changed.Add(1) },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			looks := 0
			c.stat = func(fs.FileInfo) (stat, bool) {
				found := stat{size: minSize}
				if looks++; looks > 1 {
					change(&found)
				}
				return found, true
			}
			isRead(t, c, file)
			holds(t, c, 0)
		})
	}
	for name, change := range map[string]func(c *Cache){
		"gone": func(c *Cache) {
			looks := 0
			c.stat = func(fs.FileInfo) (stat, bool) { looks++; return stat{size: minSize}, looks == 1 }
		},
		"on another file system": func(c *Cache) {
			looks := 0
			c.local = func(uintptr) bool { looks++; return looks == 1 }
		},
		"another length was read": func(c *Cache) { c.stat = func(fs.FileInfo) (stat, bool) { return stat{size: minSize + 1}, true } },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			change(c)
			isRead(t, c, file)
			holds(t, c, 0)
		})
	}
}

// A file that is open for writing may change without new times.
func TestWrittenFile(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	c.written = func(uintptr) bool { return true }
	isRead(t, c, file)
	holds(t, c, 0)
	c.written = func(uintptr) bool { return false }
	isRead(t, c, file)
	holds(t, c, 1)
}

// at calls a function in the middle of a reading: a file is read a piece after each look at the context.
type at struct {
	context.Context
	call func() error
	left int
}

func (a *at) Err() error {
	if a.left--; a.left == 0 {
		return a.call()
	}
	return a.Context.Err()
}

// overwrite changes the beginning of a file, and not its length.
func overwrite(path string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteAt([]byte("other"), 0)
	return errors.Join(err, file.Close())
}

// A file that changes while it is hashed is not remembered, whatever is done to its times.
func TestChangeWhileHashing(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"written over": overwrite,
		"appended":     func(path string) error { return os.Truncate(path, minSize+1) },
		"cut off":      func(path string) error { return os.Truncate(path, minSize-1) },
		"linked":       func(path string) error { return os.Link(path, path+"2") },
	} {
		t.Run(name, func(t *testing.T) {
			c, file := newCache(t), inTempDir(t)
			info, err := os.Stat(file.Path)
			noError(t, err)
			ctx := &at{t.Context(), func() error {
				return errors.Join(change(file.Path), os.Chtimes(file.Path, info.ModTime(), info.ModTime()))
			}, 30}
			if _, err := c.HashOf(ctx, file); err != nil || ctx.left > 0 {
				t.Fatal(err, ctx.left)
			}
			holds(t, c, 0)
			isRead(t, c, file)
		})
	}
}

// Another file takes the path: what was read stays remembered for nobody.
func TestReplacedWhileHashing(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	next := newFile(t, file.Path+".new", "other")
	want := sum(t, file)
	ctx := &at{t.Context(), func() error { return os.Rename(next.Path, file.Path) }, 30}
	if got, err := c.HashOf(ctx, file); err != nil || got != want {
		t.Fatal(got, err)
	}
	isRead(t, c, file)
}

// A link of the path leads elsewhere just before the reading, which leaves no trace in the file: what is read is what was looked at.
func TestLinkChangesBeforeHashing(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	other := newFile(t, file.Path+".other", "other")
	link := source.File{Path: file.Path + ".link"}
	lead := func(to source.File) {
		os.Remove(link.Path)
		noError(t, os.Symlink(to.Path, link.Path))
	}
	lead(file)
	c.written = func(uintptr) bool { lead(other); return false }
	hash(t, c, link)
	for _, to := range []source.File{file, other} {
		lead(to)
		c.written = func(uintptr) bool { return false }
		isRead(t, c, link)
	}
}

func TestCancelledHashing(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	isRead(t, c, newFile(t, file.Path+"2", "other")) // so that the folder exists
	ctx, cancel := context.WithCancel(t.Context())
	_, err := c.HashOf(&at{ctx, func() error { cancel(); return ctx.Err() }, 30}, file)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want a cancellation", err)
	}
	holds(t, c, 1)
	if _, ok := c.find(present(t, c, file)); ok {
		t.Error("a hash of half a file was remembered")
	}
}

// What cannot be read is an error, as without a cache, even if its hash is known.
func TestFailures(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	poison(t, c, file)
	noError(t, os.Remove(file.Path))
	if c.Forget(file, wrong) {
		t.Error("a missing file was forgotten")
	}
	if _, err := c.HashOf(t.Context(), file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v, want that it is missing", err)
	}
	noError(t, syscall.Mkfifo(file.Path, 0o600))
	if _, err := c.HashOf(t.Context(), file); !errors.Is(err, source.ErrNotRegular) {
		t.Errorf("%v, want that it is no file", err)
	}
}

func TestForget(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	actual := sum(t, file).SHA256
	isRead(t, c, file)
	if c.Forget(file, actual) {
		t.Error("a right hash was forgotten")
	}
	holds(t, c, 1)
	poison(t, c, file)
	if !c.Forget(file, actual) {
		t.Error("a wrong hash was not forgotten")
	}
	holds(t, c, 0)
	// Of another state nothing is remembered, right or wrong.
	poison(t, c, file)
	newFile(t, file.Path, "other")
	if c.Forget(file, actual) {
		t.Error("a hash of what the file was before was called wrong")
	}
}
