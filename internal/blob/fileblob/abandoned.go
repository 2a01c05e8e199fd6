package fileblob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// A writer holds the lock of its temporary file, which the system releases when the process ends, however it ends.
//
// Locks are believed on the disks of this machine. A lock that another machine has taken may not show here.
// There, and where there are no locks at all, or the file system is not known, the age of the file decides.

var (
	errLocked = errors.New("another process has the lock")
	// errSwept is a temporary file that was taken for an abandoned one before it was locked: the next one has another name.
	errSwept = fmt.Errorf("%w: the temporary file was taken for an abandoned one", fs.ErrNotExist)
)

// claim locks a new temporary file. Until then it looks like an abandoned one.
func (b *directory) claim(created *os.File, name string) error {
	if errors.Is(b.disk.lock(created), errLocked) {
		return errSwept
	}
	own, err := created.Stat()
	if err != nil {
		return err
	}
	present, err := b.root.Lstat(name)
	if err == nil && !os.SameFile(own, present) {
		err = errSwept
	}
	return err
}

// RemoveAbandoned removes a regular file that nobody has locked.
func (b *directory) RemoveAbandoned(_ context.Context, name string, before time.Time) error {
	found, err := b.root.Lstat(name)
	if err != nil || !found.Mode().IsRegular() {
		return err
	}
	opened, err := b.root.OpenFile(name, os.O_WRONLY|openFlags, 0) // a network file system locks for writing only what may be written
	if err != nil {
		return err
	}
	defer opened.Close()
	now, err := opened.Stat()
	if err != nil || !os.SameFile(found, now) {
		return err
	}
	err = b.disk.lock(opened)
	if errors.Is(err, errLocked) {
		return nil
	}
	if err == nil && b.disk.local(opened.Fd()) || now.ModTime().Before(before) {
		return b.root.Remove(name)
	}
	return nil
}
