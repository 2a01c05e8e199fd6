package fileblob

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// directoryETag is the ETag of every directory: it has no contents of its own that could change.
const directoryETag = "dir"

// lookup describes the file or directory of a key without opening it: opening a pipe would block.
func lookup(root *os.Root, key, name string) (fs.FileInfo, error) {
	found, err := root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		itself, lerr := root.Lstat(name)
		switch {
		case lerr != nil:
			return nil, err
		case itself.Mode()&fs.ModeSymlink != 0:
			return nil, errDangling
		}
		found = itself // it has just appeared
	case errors.Is(err, syscall.ENOTDIR):
		return nil, errParent
	case err != nil:
		return nil, err
	}
	return found, checkKind(key, found)
}

// checkKind says whether what was found can be the object of a key.
func checkKind(key string, found fs.FileInfo) error {
	switch wantDirectory := strings.HasSuffix(key, "/"); {
	case found.IsDir() && !wantDirectory:
		return errDirectory
	case !found.IsDir() && wantDirectory:
		return errNotDirectory
	case !found.IsDir() && !found.Mode().IsRegular():
		return errSpecial
	}
	return nil
}

// openFile opens the regular file of a key.
func openFile(root *os.Root, key, name string) (*os.File, fs.FileInfo, error) {
	if _, err := lookup(root, key, name); err != nil {
		return nil, nil, err
	}
	file, err := root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, nil, err
	}
	// What was looked up may have been replaced by now.
	found, err := file.Stat()
	if err == nil {
		err = checkKind(key, found)
	}
	if err != nil {
		file.Close()
		return nil, nil, err
	}
	return file, found, nil
}

// describe is what a listing can tell.
func describe(key string, found fs.FileInfo) blob.Info {
	info := blob.Info{Key: key, ETag: directoryETag, ModTime: found.ModTime().UTC()}
	if !found.IsDir() {
		info.Size = found.Size()
		info.ETag = etag(found)
	}
	return info
}

// checkPresent compares a condition with what is there; nil for nothing.
func checkPresent(cond blob.Cond, key string, present fs.FileInfo) error {
	switch {
	case cond.IfAbsent && present != nil:
		return fs.ErrExist
	case cond.IfMatch != "" && (present == nil || describe(key, present).ETag != cond.IfMatch):
		return blob.ErrChanged
	}
	return nil
}
