// Package digestcache remembers the SHA-256 of local files in the user's cache directory, so that a plan does not read a file again that has
// not changed.
//
// It serves plans. What is sent is hashed as it is sent (see blob.Put), so a wrong entry lets an apply fail, and never publishes bytes that
// were not planned. What can go wrong is a change that is not seen. The rules are those of git's index, and some more:
//
//   - An entry is for one path, device, inode, size, modification and change time, and one start of the machine. No program can set a change time by itself.
//     When a machine starts, devices are numbered anew; containers that share the folder have devices of their own.
//   - The file is asked for all that while it is open, before and after it is hashed: an entry is for the very file that was read.
//   - It is remembered only if both times were 2 s old when the hashing began. Kernels stamp by a clock of up to 10 ms, and some file systems
//     by one of 1 s: a write just after the hashing could leave the times as they are.
//   - It is remembered only if no program has it open for writing, where the system tells that (Linux, of files of one's own). A write to
//     mapped memory sets the times when it first touches a page, and not again until that page is on the disk, half a minute later.
//   - Only file systems are trusted that are known to keep to this. On a network another machine sets the times, by a clock of its own.
//   - Small files are always read: that takes no time.
//
// What remains: on tmpfs and on a Mac, a program that maps a file into its memory may change it without a new time. So may one on an overlay
// (as of Linux 6.18) that has closed the file since: there the mapping is of the file below, and nobody tells. Of a file of another user
// Linux does not tell who writes it. Who sets the clock back, or writes to the disk below its file system, may bring times back that were.
//
// A failure of the cache itself is no error: what cannot be remembered is hashed again. An entry that is damaged, or that somebody else could
// have written, is none.
package digestcache

import (
	"context"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

const (
	// minSize is what is hashed in some hundredths of a second.
	minSize = 16 << 20

	// settled is how old the times of a file must be.
	settled = 2 * time.Second
)

// Cache has the hashes in one folder. A nil Cache is off: it hashes each time.
type Cache struct {
	folder usercache.Folder // made with the first entry

	// What the system says. Tests say otherwise.
	now     func() time.Time
	boot    func() string // "": it does not tell
	stat    func(fs.FileInfo) (stat, bool)
	local   func(fd uintptr) bool
	written func(fd uintptr) bool
}

// New returns the cache in the user's cache directory, nil where there is none. It opens nothing.
func New() *Cache {
	folder, ok := usercache.New()
	if !ok {
		return nil
	}
	return &Cache{
		folder:  folder,
		now:     time.Now,
		boot:    sync.OnceValue(usercache.BootID),
		stat:    statOf,
		local:   usercache.IsLocal,
		written: isWritten,
	}
}

// HashOf is blob.HashOf of a local file. Its errors are those of the file.
func (c *Cache) HashOf(ctx context.Context, file source.File) (blob.Sums, error) {
	if c == nil {
		return blob.HashOf(ctx, file)
	}
	// Opened even if it is not read then: what cannot be read is told all the same, and what is looked at is what is read.
	content, err := file.Open(ctx)
	if err != nil {
		return blob.Sums{}, err
	}
	defer content.Close()
	began := c.now()
	before, ok := c.identify(file, content)
	if !ok {
		return blob.HashOf(ctx, reading{content})
	}
	if hash, ok := c.find(before); ok {
		return blob.Sums{SHA256: hash, Size: before.size}, nil
	}
	// Before the reading, since who opens it later sets new times.
	written := c.written(content.(opened).Fd())
	sums, err := blob.HashOf(ctx, reading{content})
	if err != nil {
		return blob.Sums{}, err
	}
	after, ok := c.identify(file, content)
	if ok && after.fingerprint() == before.fingerprint() && sums.Size == before.size && before.settled(began) && !written {
		c.keep(before, sums.SHA256)
	}
	return sums, nil
}

// Forget is told the hash that a file turned out to have. If the file, as it is now, is remembered with another one, that is forgotten, and
// the answer is true.
func (c *Cache) Forget(file source.File, actual blob.Hash) bool {
	if c == nil {
		return false
	}
	info, err := os.Stat(file.Path)
	if err != nil {
		return false
	}
	present, ok := c.name(file, info)
	if !ok {
		return false
	}
	hash, ok := c.find(present)
	if !ok || hash == actual {
		return false
	}
	os.Remove(c.entryPath(present))
	return true
}

// opened is a file that is open.
type opened interface {
	Stat() (fs.FileInfo, error)
	Fd() uintptr
}

// reading is content that is open already, and stays open.
type reading struct{ blob.Content }

func (r reading) Open(context.Context) (blob.Content, error) { return r, nil }

func (reading) Close() error { return nil }
