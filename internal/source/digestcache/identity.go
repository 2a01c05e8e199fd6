package digestcache

import (
	"crypto/sha256"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// stat is what a file system tells of a file.
type stat struct {
	device, inode     uint64
	size              int64
	modified, changed time.Time
}

// settled reports whether a change from a moment on gives the file other times. Times that lie ahead are not settled either: they may come again.
func (s stat) settled(moment time.Time) bool {
	latest := moment.Add(-settled)
	return !s.modified.After(latest) && !s.changed.After(latest)
}

// identity tells a file in one state from all others.
type identity struct {
	// path is absolute, and as it was written. Links in it are not followed, which costs a look at each directory: what they lead to now is
	// told by the rest.
	path string
	boot string
	stat
}

// place is what stays when the file is written anew. A path may be another file's in another container, or after a restart.
func (i identity) place() blob.Hash {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %d", i.path, i.boot, i.device))
}

// fingerprint is all of the identity.
func (i identity) fingerprint() blob.Hash {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %d %d %d %d.%09d %d.%09d", i.path, i.boot, i.device, i.inode, i.size,
		i.modified.Unix(), i.modified.Nanosecond(), i.changed.Unix(), i.changed.Nanosecond()))
}

// identify says which file is open, and in which state. It is not ok where the cache cannot be trusted with it, or is not worth it.
func (c *Cache) identify(file source.File, content blob.Content) (identity, bool) {
	open, ok := content.(opened)
	if !ok {
		return identity{}, false
	}
	info, err := open.Stat()
	if err != nil {
		return identity{}, false
	}
	found, ok := c.name(file, info)
	return found, ok && found.size >= minSize && c.local(open.Fd())
}

func (c *Cache) name(file source.File, info fs.FileInfo) (identity, bool) {
	found, ok := c.stat(info)
	if !ok {
		return identity{}, false
	}
	path, err := filepath.Abs(file.Path)
	boot := c.boot()
	return identity{path, boot, found}, err == nil && boot != ""
}
