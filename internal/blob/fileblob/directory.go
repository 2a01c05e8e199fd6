package fileblob

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// directoryStage is a real directory on its way. It takes no bytes and keeps no attributes.
type directoryStage struct {
	store     *Store
	key, name string
	cond      blob.Cond
}

func (w *directoryStage) Write(p []byte) (int, error) {
	if len(p) > 0 {
		return 0, w.store.fail("write", w.key, errDirectory)
	}
	return 0, nil
}

// Commit makes the directory, and those above it.
func (w *directoryStage) Commit(ctx context.Context, _ blob.Sums) (blob.Info, error) {
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	info, err := w.make()
	if errors.Is(err, fs.ErrNotExist) {
		err = errNoParent
	}
	if err != nil {
		return blob.Info{}, w.store.fail("make directory", w.key, err)
	}
	return info, nil
}

func (w *directoryStage) make() (blob.Info, error) {
	w.store.publishing.Lock()
	defer w.store.publishing.Unlock()
	var made made
	if w.cond.IfMatch != "" {
		if err := w.store.checkBefore(w.key, w.name, w.cond); err != nil {
			return blob.Info{}, err
		}
	}
	root, err := w.store.openOrMake(&made)
	if err != nil {
		return blob.Info{}, err
	}
	defer root.Close()
	dir := filepath.ToSlash(w.name)
	fresh, err := makeDirectory(root, dir, &made)
	if err != nil {
		return blob.Info{}, err
	}
	found, err := lookup(root, w.key, w.name)
	if err != nil {
		return blob.Info{}, err
	}
	if w.cond.IfAbsent && !fresh {
		return blob.Info{}, fs.ErrExist
	}
	w.store.marked[dir] = true
	info := describe(w.key, found)
	info.Attrs = &blob.Attrs{Metadata: map[string]string{}}
	return info, w.store.syncNames(root, dir, made)
}

// Abort has nothing to clean up.
func (w *directoryStage) Abort(context.Context) error { return nil }

// Delete removes a file, or a directory that is empty for a key that ends in "/": one that holds something is
// fs.ErrExist. The directories above it stay.
func (s *Store) Delete(ctx context.Context, key string, cond blob.Cond) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	name, err := localName(key)
	if err == nil {
		s.sweepKey(key)
		err = s.remove(key, name, cond)
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errParent) {
		return nil
	}
	if err != nil {
		return s.fail("delete", key, err)
	}
	return nil
}

func (s *Store) remove(key, name string, cond blob.Cond) error {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	root, err := s.open()
	if err != nil {
		return err
	}
	defer root.Close()
	present, err := lookup(root, key, name)
	if err != nil {
		return err
	}
	if err := checkPresent(blob.Cond{IfMatch: cond.IfMatch}, key, present); err != nil {
		return err
	}
	if present.IsDir() {
		// Removing the link would take away what is below, although it is not empty.
		if itself, err := root.Lstat(name); err == nil && !itself.IsDir() {
			return errLinkedDir
		}
		delete(s.marked, filepath.ToSlash(name))
	}
	if err := root.Remove(name); err != nil {
		return err
	}
	s.memory.forget(key)
	return s.syncNames(root, filepath.ToSlash(name), made{})
}
