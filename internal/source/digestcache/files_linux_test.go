package digestcache

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Who has a file mapped may write to a page for the second time, and the times stay: that is why such a file is not remembered.
func TestMappedFile(t *testing.T) {
	c, file := newCache(t), inTempDir(t)
	opened, err := os.OpenFile(file.Path, os.O_RDWR, 0)
	noError(t, err)
	isRead(t, c, file)
	holds(t, c, 0) // it is open for writing
	mapped, err := syscall.Mmap(int(opened.Fd()), 0, minSize, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	noError(t, err)
	opened.Close()
	mapped[0] = 1
	for range 3 {
		isRead(t, c, file)
		holds(t, c, 0)
		mapped[0]++
	}
	noError(t, syscall.Munmap(mapped))
	isRead(t, c, file)
	holds(t, c, 1)
}

// The question whether the file is written leaves nothing behind: the file can be opened for writing at once.
func TestLeaseIsGivenBack(t *testing.T) {
	file := inTempDir(t)
	reader, err := os.Open(file.Path)
	noError(t, err)
	defer reader.Close()
	if isWritten(reader.Fd()) {
		t.Fatal("nobody writes")
	}
	writer, err := os.OpenFile(file.Path, os.O_WRONLY|syscall.O_NONBLOCK, 0) // which fails if there is a lease
	noError(t, err)
	defer writer.Close()
	if !isWritten(reader.Fd()) {
		t.Error("it is written")
	}
}

// Who opens the file for writing in the very moment of the question waits for its end. The signal of that ends no process.
func TestOpenedDuringTheQuestion(t *testing.T) {
	file := inTempDir(t)
	reader, err := os.Open(file.Path)
	noError(t, err)
	defer reader.Close()
	if _, err := unix.FcntlInt(reader.Fd(), unix.F_SETLEASE, unix.F_RDLCK); err != nil {
		t.Fatal(err)
	}
	opened := make(chan error)
	go func() {
		writer, err := os.OpenFile(file.Path, os.O_WRONLY, 0)
		opened <- errors.Join(err, writer.Close())
	}()
	// The kernel reports a lease that another open waits for as one that is to end.
	for lease := unix.F_RDLCK; lease != unix.F_UNLCK; {
		var err error
		if lease, err = unix.FcntlInt(reader.Fd(), unix.F_GETLEASE, 0); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-opened:
			t.Fatalf("it did not wait: %v", err)
		default:
			runtime.Gosched()
		}
	}
	if _, err := unix.FcntlInt(reader.Fd(), unix.F_SETLEASE, unix.F_UNLCK); err != nil {
		t.Fatal(err)
	}
	if err := <-opened; err != nil {
		t.Error(err)
	}
}
