//go:build unix

package versitygw

import (
	"os"
	"syscall"
)

// lockFile waits for the lock of an open file.
func lockFile(file *os.File) error { return syscall.Flock(int(file.Fd()), syscall.LOCK_EX) }
