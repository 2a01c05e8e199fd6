package digestcache

import (
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

func entryName(file identity) string { return entryPrefix + file.place().String() }

func (c *Cache) entryPath(file identity) string { return filepath.Join(c.folder.Dir, entryName(file)) }

// find returns the hash that is remembered of a file in this very state.
func (c *Cache) find(file identity) (blob.Hash, bool) {
	if !c.folder.IsPrivate() {
		return blob.Hash{}, false
	}
	data, info, err := c.folder.Read(entryName(file), int64(entrySize))
	if err != nil {
		return blob.Hash{}, false
	}
	found, ok := parseEntry(data)
	if !ok || found.fingerprint != file.fingerprint() {
		return blob.Hash{}, false
	}
	if now := c.now(); now.Sub(info.ModTime()) > usedWithin {
		_ = os.Chtimes(c.entryPath(file), now, now) // else it goes a little earlier
	}
	return found.hash, true
}

// keep remembers a hash, if it can.
func (c *Cache) keep(file identity, hash blob.Hash) {
	if c.folder.Make() && c.folder.Write(entryName(file), temporaryPrefix, entry{file.fingerprint(), hash}.encode()) == nil {
		c.evict()
	}
}

// evict holds the bound. It looks at the whole folder, but only after a file was hashed, which takes far longer.
func (c *Cache) evict() {
	names, err := os.ReadDir(c.folder.Dir)
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
			os.Remove(filepath.Join(c.folder.Dir, name.Name()))
		}
	}
	if len(entries) <= maxEntries {
		return
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, entry := range entries[:len(entries)-maxEntries] {
		os.Remove(filepath.Join(c.folder.Dir, entry.Name()))
	}
}
