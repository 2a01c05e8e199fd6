// Package usercache is the provider's folder in the user's cache directory: private, bounded by who uses it, and worth nothing. Whatever fails
// here is no error of the provider's, which then works as if there were no folder.
package usercache

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Folder is a directory that may not be there yet.
type Folder struct {
	Dir  string // absolute
	User int    // whose it is

	above *Folder // the provider's own folder, of one within it; nil: it is that
}

// New returns the provider's folder. It opens and makes nothing. It is not ok where the user has no cache directory.
func New() (Folder, bool) {
	base, err := os.UserCacheDir()
	if err != nil || !filepath.IsAbs(base) {
		return Folder{}, false
	}
	return Folder{Dir: filepath.Join(base, "terraform-provider-flink"), User: os.Geteuid()}, true
}

// Below is a folder within the folder.
func (f Folder) Below(name string) Folder {
	return Folder{Dir: filepath.Join(f.Dir, name), User: f.User, above: &f}
}

// errForeign says that somebody else may have written a file.
var errForeign = errors.New("not a file of this user alone")

// Read reads a file of the folder that nobody else can have written, of at most limit bytes.
func (f Folder) Read(name string, limit int64) ([]byte, fs.FileInfo, error) {
	file, err := os.OpenFile(filepath.Join(f.Dir, name), os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !f.isOwn(info) || info.Size() > limit {
		return nil, nil, errForeign
	}
	data := make([]byte, info.Size())
	_, err = io.ReadFull(file, data)
	return data, info, err
}

// IsPrivate reports whether the folder is a directory into which nobody else writes.
func (f Folder) IsPrivate() bool {
	info, err := os.Lstat(f.Dir)
	return err == nil && info.IsDir() && f.isOwn(info)
}

// isOwn reports whether something is this user's, and not open to others. For root by sudo, the folder of the user is another's.
func (f Folder) isOwn(info fs.FileInfo) bool {
	owner, ok := ownerOf(info)
	return ok && owner == f.User && info.Mode().Perm()&0o077 == 0
}

// Make makes the folder if it is not there, and the cache directory that it lies in. It reports whether it can be used.
func (f Folder) Make() bool {
	if f.above != nil {
		return f.above.Make() && f.make(f.Dir) && f.IsPrivate()
	}
	return f.make(filepath.Dir(f.Dir)) && f.make(f.Dir) && f.IsPrivate()
}

// make makes a directory that may be missing, but not what it lies in: a home that is not there is not made up. Root makes nothing in the
// directories of a user, who could do nothing with it: sudo may leave HOME as it is.
func (f Folder) make(dir string) bool {
	if _, err := os.Stat(dir); err == nil {
		return true
	}
	if f.User == 0 {
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

// Write puts a file into the folder, whole, in place of another of the name. Until then it is a temporary file whose name begins with prefix.
// Runs at the same time do the same, and the last one counts. Nothing is synced: after the machine has crashed a file may be missing, or empty.
func (f Folder) Write(name, prefix string, data []byte) error {
	file, err := os.CreateTemp(f.Dir, prefix)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), filepath.Join(f.Dir, name))
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}
