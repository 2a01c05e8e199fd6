//go:build linux || darwin

package usercache

import (
	"io/fs"
	"syscall"
)

// openFlags: a file that is a link is not followed, and one that is a pipe not waited for.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func ownerOf(info fs.FileInfo) (user int, ok bool) {
	told, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(told.Uid), true
}
