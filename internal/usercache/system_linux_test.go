package usercache

import (
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

func TestFileSystems(t *testing.T) {
	for _, path := range []string{"/proc/self/status", "/sys/kernel/notes"} {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		if IsLocal(file.Fd()) {
			t.Errorf("%s is on no disk", path)
		}
		file.Close()
	}
	if IsLocal(^uintptr(0)) {
		t.Error("what is not open is on no disk")
	}
	for name, magic := range map[string]uint32{
		"nfs": unix.NFS_SUPER_MAGIC, "cifs": unix.CIFS_SUPER_MAGIC, "smb2": unix.SMB2_SUPER_MAGIC, "ceph": unix.CEPH_SUPER_MAGIC, "fuse": unix.FUSE_SUPER_MAGIC,
		"9p": unix.V9FS_MAGIC, "afs": unix.AFS_SUPER_MAGIC, "ocfs2": unix.OCFS2_SUPER_MAGIC, "vfat": unix.MSDOS_SUPER_MAGIC, "none": 0,
	} {
		if isLocalType(magic) {
			t.Errorf("%s is trusted", name)
		}
	}
	for name, magic := range map[string]uint32{
		"ext4": 0xef53, "xfs": 0x58465342, "btrfs": 0x9123683e, "zfs": 0x2fc12fc1, "tmpfs": 0x01021994, "overlay": 0x794c7630,
	} {
		if !isLocalType(magic) {
			t.Errorf("%s is not trusted", name)
		}
	}
}
