// Package fileblob keeps objects as files below one local or mounted directory.
//
// Nothing outside the directory is read or written: every name is resolved by [os.Root], so neither ".." nor a symbolic
// link leads out. A link that leads to a file inside is followed for reading; publishing under its name replaces the
// link, and deleting removes the link. Links to directories are followed when they are named, and not by listings.
// A hard link to a file elsewhere is that file: its attributes may be written, its bytes and its other names never.
//
// A write is a temporary file beside its destination, then a link or a rename, so that readers see the old or the new
// file, whole. A condition IfAbsent is atomic where the file system has hard links. A condition IfMatch is checked just
// before the rename under a lock of this Store: between processes a window of microseconds remains.
//
// A temporary file whose process was killed is removed by the next write of the same file; see leftovers.
//
// An overwritten file is a new file: its mode is 0666 without the umask, and the owner, mode and links of the old one
// are not carried over. ETags are made of inode, size, modification and change time, as precise as the file system's
// clock: an in-place rewrite of the same size within one tick of it is not seen. Contexts are obeyed between reads and
// writes; a system call that hangs in a dead network file system cannot be cancelled.
package fileblob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

// Store is one directory.
type Store struct {
	dir string

	// publishing makes check and change one step within this process.
	publishing sync.Mutex
	marked     map[string]bool // directories that somebody asked for by name; guarded by publishing

	leftovers leftovers

	memory memory
	xattrs attributeValue
	link   func(root *os.Root, from, to string) error
	sync   func(*os.File) error
	lock   func(*os.File) error // errLocked: somebody else has it; another error: there are no locks
	local  func(fd uintptr) bool
}

var _ blob.Store = (*Store)(nil)

// New returns the store of a directory, which need not exist: the first write makes it. It touches no file.
func New(dir string) *Store {
	return &Store{
		dir:    dir,
		marked: map[string]bool{},
		xattrs: extendedAttribute{},
		link:   (*os.Root).Link,
		sync:   (*os.File).Sync,
		lock:   lockFile,
		local:  usercache.IsLocal,
	}
}

// Bucket returns nil when the directory is there and can be opened, and blob.ErrNoBucket when it is not there.
func (s *Store) Bucket(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	root, err := s.open()
	if err != nil {
		return s.fail("open directory", "", asNoBucket(err))
	}
	return root.Close()
}

// open opens the directory for one operation. It is not kept open: a directory that was replaced is seen, and nothing
// hinders unmounting.
func (s *Store) open() (*os.Root, error) {
	root, err := os.OpenRoot(s.dir)
	if err != nil {
		// os has an error of its own for that, which cannot be asked for.
		if found, statErr := os.Stat(s.dir); statErr == nil && !found.IsDir() {
			return nil, errBaseIsFile
		}
	}
	return root, err
}

func asNoBucket(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return blob.ErrNoBucket
	}
	return err
}

// uri names a key in messages.
func (s *Store) uri(key string) string {
	path := filepath.ToSlash(s.dir)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // file:///C:/dir
	}
	return "file://" + strings.TrimSuffix(path, "/") + "/" + key
}
