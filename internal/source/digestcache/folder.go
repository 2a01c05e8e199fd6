package digestcache

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const (
	// maxEntries bounds the folder. The entries that were not used for the longest time go.
	maxEntries = 512

	// usedWithin is how precisely it is known when an entry was used, so that a hit seldom writes.
	usedWithin = time.Hour

	// abandoned is when a temporary file is one of a run that was killed.
	abandoned = time.Hour

	entryPrefix     = "digest-"
	temporaryPrefix = ".digest-"
)

func (c *Cache) entryPath(file identity) string {
	return filepath.Join(c.dir, entryPrefix+file.place().String())
}

// find returns the hash that is remembered of a file in this very state.
func (c *Cache) find(file identity) (blob.Hash, bool) {
	if !c.isPrivate() {
		return blob.Hash{}, false
	}
	path := c.entryPath(file)
	data, used, err := c.read(path)
	if err != nil {
		return blob.Hash{}, false
	}
	found, ok := parseEntry(data)
	if !ok || found.fingerprint != file.fingerprint() {
		return blob.Hash{}, false
	}
	if now := c.now(); now.Sub(used) > usedWithin {
		_ = os.Chtimes(path, now, now) // else it goes a little earlier
	}
	return found.hash, true
}

// errForeign says that somebody else may have written an entry.
var errForeign = errors.New("not an entry of this user alone")

// read reads an entry, and when it was used.
func (c *Cache) read(path string) (data []byte, used time.Time, err error) {
	file, err := os.OpenFile(path, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, time.Time{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, time.Time{}, err
	}
	if !c.isOwn(info) || info.Size() != int64(entrySize) {
		return nil, time.Time{}, errForeign
	}
	data = make([]byte, entrySize)
	_, err = io.ReadFull(file, data)
	return data, info.ModTime(), err
}

// isPrivate says whether the folder is a directory into which nobody else writes.
func (c *Cache) isPrivate() bool {
	info, err := os.Lstat(c.dir)
	return err == nil && info.IsDir() && c.isOwn(info)
}

// isOwn says whether something is this user's, and not open to others. For root by sudo, the folder of the user is another's.
func (c *Cache) isOwn(info fs.FileInfo) bool {
	owner, ok := ownerOf(info)
	return ok && owner == c.user && info.Mode().Perm()&0o077 == 0
}

// keep remembers a hash, if it can.
func (c *Cache) keep(file identity, hash blob.Hash) {
	if !c.make(filepath.Dir(c.dir)) || !c.make(c.dir) {
		return
	}
	if c.isPrivate() && c.write(c.entryPath(file), entry{file.fingerprint(), hash}.encode()) == nil {
		c.evict()
	}
}

// make makes a directory that may be missing, but not what it lies in: a home that is not there is not made up. Root makes nothing in the
// directories of a user, who could do nothing with it: sudo may leave HOME as it is.
func (c *Cache) make(dir string) bool {
	if _, err := os.Stat(dir); err == nil {
		return true
	}
	if c.user == 0 {
		in, err := os.Stat(filepath.Dir(dir))
		if err != nil {
			return false
		}
		if owner, ok := ownerOf(in); !ok || owner != 0 {
			return false
		}
	}
	err := os.Mkdir(dir, 0o700)
	return err == nil || errors.Is(err, fs.ErrExist)
}

// write replaces a file by another. Runs at the same time do the same, and the last one counts. Nothing is synced: an entry is worth nothing
// after the machine has crashed.
func (c *Cache) write(path string, data []byte) error {
	file, err := os.CreateTemp(c.dir, temporaryPrefix)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}

// evict holds the bound. It looks at the whole folder, but only after a file was hashed, which takes far longer.
func (c *Cache) evict() {
	names, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var entries []fs.FileInfo
	for _, name := range names {
		info, err := name.Info()
		switch {
		case err != nil: // another run has removed it
		case strings.HasPrefix(name.Name(), entryPrefix):
			entries = append(entries, info)
		case strings.HasPrefix(name.Name(), temporaryPrefix) && c.now().Sub(info.ModTime()) > abandoned:
			os.Remove(filepath.Join(c.dir, name.Name()))
		}
	}
	if len(entries) <= maxEntries {
		return
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, entry := range entries[:len(entries)-maxEntries] {
		os.Remove(filepath.Join(c.dir, entry.Name()))
	}
}
