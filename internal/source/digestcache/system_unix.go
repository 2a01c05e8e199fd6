//go:build linux || darwin

package digestcache

import (
	"io/fs"
	"syscall"
	"time"
)

// openFlags: an entry that is a link is not followed, and one that is a pipe not waited for.
const openFlags = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

func statOf(info fs.FileInfo) (stat, bool) {
	told, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return stat{}, false
	}
	return stat{
		device:   device(told),
		inode:    told.Ino,
		size:     info.Size(),
		modified: info.ModTime(),
		changed:  time.Unix(changeTime(told).Unix()),
	}, true
}

func ownerOf(info fs.FileInfo) (user int, ok bool) {
	told, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(told.Uid), true
}
