package fileblob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"

	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
)

// file is an open file.
type file struct {
	*os.File
	disk *disk
}

// Open opens a file for reading.
func (b *directory) Open(_ context.Context, name string, _ tree.Info) (tree.File, error) {
	opened, err := b.root.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	return file{opened, b.disk}, nil
}

// Create makes a file and locks it.
func (b *directory) Create(_ context.Context, name string) (tree.File, error) {
	created, err := b.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return nil, err
	}
	if err = b.claim(created, name); err == nil {
		return file{created, b.disk}, nil
	}
	created.Close()
	if !errors.Is(err, fs.ErrNotExist) { // errSwept: another file may have the name by now
		_ = b.root.Remove(name)
	}
	return nil, err
}

func (f file) Stat(context.Context) (tree.Info, error) { return describe(f.File.Stat()) }
func (f file) Sync(context.Context) error              { return f.disk.sync(f.File) }
func (f file) Record(context.Context) ([]byte, error)  { return f.disk.xattrs.get(f.File) }

func (f file) Range(_ context.Context, offset, length int64) (io.Reader, error) {
	return io.NewSectionReader(f, offset, length), nil
}

func (f file) SetRecord(_ context.Context, value []byte) error {
	err := f.disk.xattrs.set(f.File, value)
	if errors.Is(err, syscall.E2BIG) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.ERANGE) {
		// An earlier value must not speak for the file in the next run.
		if err = f.disk.xattrs.set(f.File, nil); err == nil {
			err = errors.ErrUnsupported
		}
	}
	return err
}

// attributeName is the extended attribute that holds a record. It is part of users' files: it never changes.
const attributeName = "user.flink"

// attributeValue is one value beside an open file. Where there are no extended attributes every call is errors.ErrUnsupported.
type attributeValue interface {
	get(*os.File) ([]byte, error) // nil: none
	set(*os.File, []byte) error   // nil: none is kept any more
}

type extendedAttribute struct{}

func (extendedAttribute) get(file *os.File) ([]byte, error) {
	value, err := xattr.FGet(file, attributeName)
	if errors.Is(err, xattr.ENOATTR) {
		return nil, nil
	}
	return value, err
}

func (extendedAttribute) set(file *os.File, value []byte) error {
	if value != nil {
		return xattr.FSet(file, attributeName, value)
	}
	if err := xattr.FRemove(file, attributeName); !errors.Is(err, xattr.ENOATTR) {
		return err
	}
	return nil
}

// noAttributes is a system without extended attributes.
type noAttributes struct{}

func (noAttributes) get(*os.File) ([]byte, error) { return nil, errors.ErrUnsupported }
func (noAttributes) set(*os.File, []byte) error   { return errors.ErrUnsupported }
