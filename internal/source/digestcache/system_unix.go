//go:build linux || darwin

package digestcache

import (
	"io/fs"
	"syscall"
	"time"
)

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
