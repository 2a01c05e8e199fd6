package digestcache

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

func device(told *syscall.Stat_t) uint64 { return uint64(told.Dev) } //nolint:unconvert // narrower on some machines

func changeTime(told *syscall.Stat_t) *syscall.Timespec { return &told.Ctim }

// isWritten asks for a lease and gives it back at once: there is none for reading while somebody writes, or has mapped the file for that.
// In between, who opens the file for writing waits. Other failures (a file of another user, a file system without leases) tell nothing.
func isWritten(fd uintptr) bool {
	_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, err = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
	}
	return errors.Is(err, unix.EAGAIN)
}
