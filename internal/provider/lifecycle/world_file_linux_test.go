package lifecycle_test

import (
	"fmt"
	"io/fs"
	"syscall"
)

// systemTag is what nobody can set of a file: its inode and its change time.
func systemTag(found fs.FileInfo) string {
	system := found.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d/%d", system.Ino, system.Ctim.Nano())
}
