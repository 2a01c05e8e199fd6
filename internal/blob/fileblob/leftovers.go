package fileblob

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// A process that is killed leaves its temporary file. Whoever works on one holds its lock, which the system gives back when the process ends,
// however it ends. So a temporary file of the same target that is not locked is nobody's, and what changes the target next removes it: a
// write, a change of attributes, a delete.
//
// Locks are believed on the disks of this machine. A lock that another machine took may not show here; and where there are none at all, or it is
// not known what is below, a file has to be a day old too, since its last byte was written.

const old = 24 * time.Hour

var (
	errLocked = errors.New("somebody works on it")
	// errSwept is a temporary file that somebody took for a leftover before it was locked: the next one has another name.
	errSwept = fmt.Errorf("%w: the temporary file was taken for a leftover", fs.ErrNotExist)
)

// leftovers are the temporary files that were there when this store first wrote to a directory: one reading for all that is written there.
type leftovers struct {
	mu    sync.Mutex
	found map[string]map[string][]string // by directory and tag
}

// take returns the temporary files of a target once.
func (l *leftovers) take(root *os.Root, dir, tag string) []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	tagged, ok := l.found[dir]
	if !ok {
		tagged = readTemporaries(root, dir)
		if l.found == nil {
			l.found = map[string]map[string][]string{}
		}
		l.found[dir] = tagged
	}
	names := tagged[tag]
	delete(tagged, tag)
	return names
}

func readTemporaries(root *os.Root, dir string) map[string][]string {
	tagged := map[string][]string{}
	opened, err := root.Open(filepath.FromSlash(dir))
	if err != nil {
		return tagged
	}
	defer opened.Close()
	names, err := opened.Readdirnames(-1)
	if err != nil {
		return tagged
	}
	for _, name := range names {
		if tag, _, ok := strings.Cut(strings.TrimPrefix(name, temporaryPrefix), "-"); ok && isTemporary(name) {
			tagged[tag] = append(tagged[tag], name)
		}
	}
	return tagged
}

// claim locks a new temporary file. Between its making and its locking it looks like a leftover.
func (s *Store) claim(root *os.Root, temporary string, file *os.File) error {
	if errors.Is(s.lock(file), errLocked) {
		return errSwept
	}
	own, err := file.Stat()
	if err != nil {
		return err
	}
	there, err := root.Lstat(filepath.FromSlash(temporary))
	if err != nil {
		return err
	}
	if !os.SameFile(own, there) {
		return errSwept
	}
	return nil
}

// clockOf is what the file system takes for the present, as a new file tells.
func clockOf(file *os.File) time.Time {
	if info, err := file.Stat(); err == nil {
		return info.ModTime()
	}
	return time.Now()
}

// sweepKey is sweep for what makes no temporary file of its own.
func (s *Store) sweepKey(key string) {
	name, err := localName(key)
	if err != nil || strings.HasSuffix(key, "/") {
		return
	}
	root, err := s.open()
	if err != nil {
		return
	}
	defer root.Close()
	s.sweep(root, filepath.ToSlash(name), time.Now())
}

// sweep removes the temporary files of one target whose process is gone. That it cannot is no failure of what comes next.
func (s *Store) sweep(root *os.Root, name string, now time.Time) {
	dir := parent(name)
	for _, temporary := range s.leftovers.take(root, dir, tagOf(path.Base(name))) {
		s.sweepOne(root, filepath.FromSlash(dir+"/"+temporary), now)
	}
}

func (s *Store) sweepOne(root *os.Root, temporary string, now time.Time) {
	found, err := root.Lstat(temporary)
	if err != nil || !found.Mode().IsRegular() {
		return
	}
	file, err := root.OpenFile(temporary, os.O_WRONLY|openFlags, 0) // a network file system locks for writing only what may be written
	if err != nil {
		return
	}
	defer file.Close()
	opened, err := file.Stat()
	if err != nil || !os.SameFile(found, opened) {
		return
	}
	err = s.lock(file)
	if errors.Is(err, errLocked) {
		return
	}
	if err == nil && s.local(file.Fd()) || now.Sub(opened.ModTime()) > old {
		_ = root.Remove(temporary) // or the next time
	}
}
