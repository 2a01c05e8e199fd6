package fileblob

import (
	"errors"
	"io/fs"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
)

// errBaseIsFile is about the base URI, and no obstacle in the way of one key.
var errBaseIsFile = errors.New("it is a file, not the directory of a workspace")

const (
	errDangling  = tree.ObstacleError("it is a symbolic link to something that does not exist")
	errLinkedDir = tree.ObstacleError("it is a symbolic link to a directory")
)

// errIncorrectFunction is ERROR_INVALID_FUNCTION on Windows, and EPERM elsewhere.
const errIncorrectFunction = syscall.Errno(1)

// Refuses returns why this operating system allows no such name; "": it does.
func (d *disk) Refuses(name string) string {
	if _, err := filepath.Localize(name); err != nil {
		return "cannot be a file name on this system"
	}
	return ""
}

// escapes reports whether os.Root refused a name because it leads out. Its error for that is not exported, and is provoked here to compare.
func (d *disk) escapes(err error) bool {
	if _, system := cause(err).(syscall.Errno); system { //nolint:errorlint // it was unwrapped
		return false
	}
	root, openErr := d.open()
	if openErr != nil {
		return false
	}
	defer root.Close()
	_, refusal := root.Lstat("..")
	return refusal != nil && errors.Is(err, cause(refusal))
}

// Explain says in words what the system means.
func (d *disk) Explain(op, key string, err error) *blob.Error {
	e := &blob.Error{Op: op, URI: d.uri(key), Message: cause(err).Error(), Err: err}
	switch {
	case d.escapes(err):
		e.Message = "a symbolic link leads out of the directory"
		e.Err = fs.ErrPermission
		e.Advice = "Nothing outside " + d.dir + " is read or written. Remove the link, or choose the directory that it leads to as base URI."
	case errors.Is(err, errBaseIsFile), isNotDirectory(err):
		e.Message = "a file stands where " + d.dir + ", or a directory above it, should be"
		e.Advice = "Remove it, or choose another directory as base URI."
	case errors.Is(err, syscall.ELOOP):
		e.Message = "its symbolic links lead in a circle"
		e.Advice = "Remove them, or choose another name."
	case errors.Is(err, syscall.ENAMETOOLONG):
		e.Err = fs.ErrInvalid
		e.Advice = "Choose a shorter name."
	case errors.Is(err, syscall.EROFS):
		e.Err = fs.ErrPermission
		e.Advice = "The file system is mounted read-only."
	case errors.Is(err, fs.ErrPermission):
		e.Advice = "The user who runs Terraform needs to read and write " + d.dir + " and what is below it."
	case isFull(err):
		e.Advice = "Make room on the file system of " + d.dir + ", or raise the quota or the limit on the size of files."
	}
	return e
}

// uri names a key in messages: file:///dir/key, and file:///C:/dir/key on Windows.
func (d *disk) uri(key string) string {
	path := filepath.ToSlash(d.dir)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + strings.TrimSuffix(path, "/") + "/" + key
}

// isNotDirectory reports whether something above the name is no directory. Windows has one number for that and for a directory that does not exist,
// syscall.ENOTDIR: there it counts as the latter, which is the everyday case.
func isNotDirectory(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) && !errors.Is(err, fs.ErrNotExist)
}

// cause is the innermost reason, without the operation and the path that the system's errors carry.
func cause(err error) error {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err
}
