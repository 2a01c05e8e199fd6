package usercache

import "golang.org/x/sys/unix"

// BootID is new with each start of the machine.
func BootID() string {
	id, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return id
}

// IsLocal reports whether an open file is on a disk of this machine alone, whose file system is known well enough.
func IsLocal(fd uintptr) bool {
	var system unix.Statfs_t
	err := unix.Fstatfs(int(fd), &system)
	return err == nil && unix.ByteSliceToString(system.Fstypename[:]) == "apfs"
}
