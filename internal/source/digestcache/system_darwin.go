package digestcache

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bootID is new with each start of the machine.
func bootID() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}

func device(told *syscall.Stat_t) uint64 { return uint64(told.Dev) } //nolint:gosec // only compared

func changeTime(told *syscall.Stat_t) *syscall.Timespec { return &told.Ctimespec }

func isLocal(fd uintptr) bool {
	var system unix.Statfs_t
	err := unix.Fstatfs(int(fd), &system)
	return err == nil && unix.ByteSliceToString(system.Fstypename[:]) == "apfs"
}

// isWritten: the system does not tell.
func isWritten(uintptr) bool { return false }
