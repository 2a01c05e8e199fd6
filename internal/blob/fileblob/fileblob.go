// Package fileblob keeps objects as files below one local or mounted directory. It is package tree over the local file system.
//
// Nothing outside the directory is read or written: every name is resolved by [os.Root], so neither ".." nor a symbolic link leads out.
// A link that leads to a file inside is followed for reading; publishing under its name replaces the link, and deleting removes the link.
// Links to directories are followed when they are named, and not by listings.
// A hard link to a file elsewhere is that file: its attributes may be written, its bytes and its other names never.
//
// A condition IfAbsent is atomic where the file system has hard links.
// For a condition IfMatch, a window of microseconds remains between processes.
//
// An overwritten file is a new file: its mode is 0666 without the umask, and the owner, mode and links of the old one are not carried over.
// ETags are made of inode, size, modification and change time, as precise as the file system's clock: an in-place rewrite of the same size within one tick of it is not seen.
// Contexts are obeyed between reads and writes; a system call that hangs in a dead network file system cannot be cancelled.
package fileblob

import (
	"os"

	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

// Store is one directory.
type Store struct {
	*tree.Store
	disk *disk
}

// New returns the store of a directory, which need not exist: the first write makes it. It touches no file.
func New(dir string) *Store {
	d := newDisk(dir)
	return &Store{tree.New(d), d}
}

// Files is a directory without the store over it.
func Files(dir string) tree.Files { return newDisk(dir) }

func newDisk(dir string) *disk {
	d := &disk{
		dir:    dir,
		xattrs: extendedAttribute{},
		link:   (*os.Root).Link,
		sync:   (*os.File).Sync,
		lock:   lockFile,
		local:  usercache.IsLocal,
	}
	if !xattr.XATTR_SUPPORTED {
		d.xattrs = noAttributes{}
	}
	return d
}

// disk is the file system as it is seen from the directory.
type disk struct {
	dir string

	xattrs attributeValue
	link   func(root *os.Root, from, to string) error
	sync   func(*os.File) error
	lock   func(*os.File) error // errLocked: another process has it; another error: there are no locks
	local  func(fd uintptr) bool
}
