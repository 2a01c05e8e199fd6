package usercache

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

const zfsMagic = 0x2fc12fc1 // which is not of the kernel's own tree

// BootID is new with each start of the machine. Some containers (LXC, systemd-nspawn) have one of their own.
func BootID() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

// IsLocal reports whether an open file is on a disk of this machine alone, whose file system is known well enough.
func IsLocal(fd uintptr) bool {
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
