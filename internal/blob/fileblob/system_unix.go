//go:build linux || darwin || freebsd

package fileblob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// openFlags: a pipe that took a file's place does not block the opening.
const openFlags = syscall.O_NONBLOCK

// etag changes with every change of the bytes, even where the modification time was set back, since nobody can set the change time.
// It is in users' states: its form never changes.
func etag(found fs.FileInfo) string {
	stat := found.Sys().(*syscall.Stat_t) // as package os has it on every Unix
	changed := changeTime(stat)
	return fmt.Sprintf("%x-%x-%x-%x", stat.Ino, found.Size(), found.ModTime().UnixNano(), changed.Nano())
}

// lockFile takes the lock of an open file, which ends with the file's last descriptor, and so with the process.
func lockFile(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EINTR):
			continue
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errLocked
		}
		return err
	}
}

// syncDirectory makes new names outlive a crash. Some file systems have nothing to sync there, and say so.
func syncDirectory(dir *os.File, sync func(*os.File) error) error {
	err := sync(dir)
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	return err
}

func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG)
}
