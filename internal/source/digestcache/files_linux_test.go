package digestcache

import (
	"errors"
	"os"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Who has a file mapped may write to a page for the second time, and the times stay: that is why such a file is not remembered.
func TestMappedFile(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	opened, err := os.OpenFile(file.Path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	isRead(t, c, file)
	holds(t, c, 0) // it is open for writing
	mapped, err := syscall.Mmap(int(opened.Fd()), 0, minSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
	mapped[0] = 1
	for range 3 {
		isRead(t, c, file)
		holds(t, c, 0)
		mapped[0]++
	}
	if err := syscall.Munmap(mapped); err != nil {
		t.Fatal(err)
	}
	isRead(t, c, file)
	holds(t, c, 1)
}

// The question whether somebody writes leaves nothing behind: the file can be opened for writing at once.
func TestLeaseIsGivenBack(t *testing.T) {
	file := inTempDir(t)
	reader, err := os.Open(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if isWritten(reader.Fd()) {
		t.Fatal("nobody writes")
	}
	writer, err := os.OpenFile(file.Path, os.O_WRONLY|syscall.O_NONBLOCK, 0) // which fails if there is a lease
	if err != nil {
		t.Fatal(err)
	}
	defer writer.Close()
	if !isWritten(reader.Fd()) {
		t.Error("somebody writes")
	}
}

// Who opens the file for writing in the very moment of the question waits for its end. The signal that tells of that ends nobody.
func TestOpenedDuringTheQuestion(t *testing.T) {
	file := inTempDir(t)
	reader, err := os.Open(file.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if _, err := unix.FcntlInt(reader.Fd(), unix.F_SETLEASE, unix.F_RDLCK); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		writer, err := os.OpenFile(file.Path, os.O_WRONLY, 0)
		opened <- errors.Join(err, writer.Close())
	}()
	select {
	case err := <-opened:
		t.Fatalf("it did not wait: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if _, err := unix.FcntlInt(reader.Fd(), unix.F_SETLEASE, unix.F_UNLCK); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}

func TestFileSystems(t *testing.T) {
	for _, path := range []string{"/proc/self/status", "/sys/kernel/notes"} {
		if _, err := os.Stat(path); err == nil && fileIsLocal(t, path) {
			t.Errorf("%s is on no disk", path)
		}
	}
	if isLocal(^uintptr(0)) {
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
