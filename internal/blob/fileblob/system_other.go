//go:build !linux && !darwin && !freebsd

package fileblob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

const openFlags = 0

// etag has no change time to rest on here: a rewrite of the same size that sets the modification time back is not seen.
func etag(found fs.FileInfo) string {
	return fmt.Sprintf("%x-%x", found.Size(), found.ModTime().UnixNano())
}

// lockFile: a lock would keep others from reading.
func lockFile(*os.File) error { return errors.ErrUnsupported }

// syncDirectory does nothing: Windows cannot sync a directory.
func syncDirectory(*os.File, func(*os.File) error) error { return nil }

func isFull(err error) bool {
	const handleDiskFull, diskFull = syscall.Errno(39), syscall.Errno(112)
	return errors.Is(err, handleDiskFull) || errors.Is(err, diskFull)
}
