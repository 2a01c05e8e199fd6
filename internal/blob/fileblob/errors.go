package fileblob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"syscall"

	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// What can stand in the way of an object in a file system, and in no object store. None of them is fs.ErrNotExist: a
// write would meet them too.
var (
	errDirectory    = errors.New("it is a directory, not a file")
	errNotDirectory = errors.New("it is a file, not a directory")
	errParent       = errors.New("a file stands where one of its directories should be")
	errBaseIsFile   = errors.New("it is a file, not the directory of a workspace")
	errSpecial      = errors.New("it is neither a regular file nor a directory")
	errDangling     = errors.New("it is a symbolic link to something that does not exist")
	errLinkedDir    = errors.New("it is a symbolic link to a directory")
	errNoParent     = errors.New("one of its directories cannot be made: it is a symbolic link that leads nowhere, is removed again and again, or its file system takes none")
)

// escapes says whether os.Root refused a name because it leads out. The value that says so is not exported: ask for it.
func (s *Store) escapes(err error) bool {
	if _, system := cause(err).(syscall.Errno); system { //nolint:errorlint // it was unwrapped
		return false
	}
	root, openErr := s.open()
	if openErr != nil {
		return false
	}
	defer root.Close()
	_, refusal := root.Lstat("..")
	return refusal != nil && errors.Is(err, cause(refusal))
}

// fail makes an error that a user understands out of one of the system. The names of temporary files stay out of it.
func (s *Store) fail(op, key string, err error) error {
	var told *blob.Error
	if errors.As(err, &told) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	e := &blob.Error{Op: op, URI: s.uri(key), Message: cause(err).Error(), Err: err}
	var invalid *invalidKeyError
	switch {
	case errors.As(err, &invalid):
		e.URI = s.uri("") // what is wrong with the key may be unprintable
		e.Message = invalid.Error()
		e.Advice = "Choose a name without these."
	case s.escapes(err):
		e.Message = "a symbolic link leads out of the directory"
		e.Err = fs.ErrPermission
		e.Advice = "Nothing outside " + s.dir + " is read or written. Remove the link, or choose the directory that it leads to as base URI."
	case errors.Is(err, errDirectory), errors.Is(err, errNotDirectory), errors.Is(err, errParent), errors.Is(err, errSpecial),
		errors.Is(err, errDangling), errors.Is(err, errLinkedDir), errors.Is(err, errNoParent):
		e.Advice = "Remove it, or choose another name."
	case errors.Is(err, errBaseIsFile), errors.Is(err, syscall.ENOTDIR):
		e.Message = "a file stands where " + s.dir + ", or a directory above it, should be"
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
		e.Advice = "The user who runs Terraform needs to read and write " + s.dir + " and what is below it."
	case isFull(err):
		e.Advice = "Make room on the file system of " + s.dir + ", or raise the quota or the limit on the size of files."
	case errors.Is(err, blob.ErrNoBucket):
		e.Message = "the directory does not exist"
	}
	return e
}

// cause is the innermost reason, without the operation and the path that the system's errors carry.
func cause(err error) error {
	for {
		switch e := err.(type) { //nolint:errorlint // it unwraps step by step
		case *fs.PathError:
			err = e.Err
		case *os.LinkError:
			err = e.Err
		case *os.SyscallError:
			err = e.Err
		case *xattr.Error:
			err = e.Err
		default:
			return err
		}
	}
}

// errIncorrectFunction is ERROR_INVALID_FUNCTION on Windows, and EPERM elsewhere.
const errIncorrectFunction = syscall.Errno(1)
