package fileblob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// made are the directories that one write had to make, outermost first.
type made struct {
	outer []string // the store's own directory and what is above it: paths of the system
	inner []string // below it: slash-separated names
}

// openOrMake opens the store's directory, and makes it when it is not there.
func (s *Store) openOrMake(m *made) (*os.Root, error) {
	root, err := s.open()
	if !errors.Is(err, fs.ErrNotExist) {
		return root, err
	}
	var missing []string
	for dir := filepath.Clean(s.dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		switch err := os.Mkdir(dir, 0o777); {
		case err == nil:
			m.outer = append(m.outer, dir)
		case !errors.Is(err, fs.ErrExist):
			return nil, err
		}
	}
	return s.open()
}

// makeDirectory makes a directory and those above it. It says whether the last of them is new.
func makeDirectory(root *os.Root, dir string, m *made) (fresh bool, err error) {
	for end := range len(dir) + 1 {
		if end < len(dir) && dir[end] != '/' {
			continue
		}
		switch err := root.Mkdir(filepath.FromSlash(dir[:end]), 0o777); {
		case err == nil:
			m.inner = append(m.inner, dir[:end])
			fresh = true
		case errors.Is(err, fs.ErrExist):
			fresh = false
		default:
			return false, err
		}
	}
	return fresh, nil
}

// undo removes the directories again that are still empty, unless somebody has asked for them by name meanwhile.
func (s *Store) undo(root *os.Root, m made) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	for _, dir := range slices.Backward(m.inner) {
		if s.marked[dir] || root.Remove(filepath.FromSlash(dir)) != nil {
			return
		}
	}
	for _, dir := range slices.Backward(m.outer) {
		if os.Remove(dir) != nil {
			return
		}
	}
}

// syncNames makes the name of a file or directory last, and those of the directories that were made for it.
func (s *Store) syncNames(root *os.Root, name string, m made) error {
	for _, name := range append(slices.Clone(m.inner), name) {
		dir, err := root.Open(filepath.FromSlash(parent(name)))
		if err != nil {
			return err
		}
		if err := errors.Join(syncDirectory(dir, s.sync), dir.Close()); err != nil {
			return err
		}
	}
	for _, outer := range m.outer {
		dir, err := os.Open(filepath.Dir(outer))
		if err != nil {
			return err
		}
		if err := errors.Join(syncDirectory(dir, s.sync), dir.Close()); err != nil {
			return err
		}
	}
	return nil
}

// parent is the directory of a slash-separated name, "." at the top.
func parent(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		return name[:i]
	}
	return "."
}
