package digestcache

import (
	"errors"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

const zfsMagic = 0x2fc12fc1 // which is not of the kernel's own tree

// bootID is new with each start of the machine, and the same in all its containers.
func bootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

func device(told *syscall.Stat_t) uint64 { return uint64(told.Dev) } //nolint:unconvert // narrower on some machines

func changeTime(told *syscall.Stat_t) *syscall.Timespec { return &told.Ctim }

func isLocal(fd uintptr) bool {
	var system unix.Statfs_t
	for {
		err := unix.Fstatfs(int(fd), &system)
		if err == nil {
			return isLocalType(uint32(system.Type)) //nolint:gosec // it is as wide, or signed, on some machines
		}
		if !errors.Is(err, unix.EINTR) {
			return false
		}
	}
}

func isLocalType(magic uint32) bool {
	switch magic {
	case unix.EXT4_SUPER_MAGIC, unix.XFS_SUPER_MAGIC, unix.BTRFS_SUPER_MAGIC, zfsMagic, unix.TMPFS_MAGIC, unix.OVERLAYFS_SUPER_MAGIC:
		return true
	}
	return false
}

// isWritten asks for a lease and gives it back at once: there is none for reading while somebody writes, or has mapped the file for that.
// In between, who opens the file for writing waits. Other failures (a file of another user, a file system without leases) tell nothing.
func isWritten(fd uintptr) bool {
	_, err := unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_RDLCK)
	if err == nil {
		_, err = unix.FcntlInt(fd, unix.F_SETLEASE, unix.F_UNLCK)
	}
	return errors.Is(err, unix.EAGAIN)
}
