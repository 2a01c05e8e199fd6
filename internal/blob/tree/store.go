// Package tree is a store of real directories and files, over the operations of one file system.
// It has what all of those share: keys as paths, listings in byte order, temporary names and their sweeping, attributes in a record beside each file, and
// publishing by a rename under a condition.
//
// A write is a temporary file beside its destination, then a rename, so that readers see the old or the new file, whole.
// A condition IfAbsent is atomic where the rename can refuse to replace a file.
// A condition IfMatch is checked just before the rename, under a lock of this Store: between processes a short window remains.
package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// directoryETag is the ETag of every directory: it has no contents of its own that could change.
const directoryETag = "dir"

// Store is one base directory.
type Store struct {
	files Files

	// publishing makes check and change one step within this process.
	publishing sync.Mutex
	requested  map[string]bool // directories that were written under their own names; guarded by publishing

	sweeping  sync.Mutex
	leftovers map[string]map[string][]string // temporary files by directory and tag; guarded by sweeping

	memory sync.Map // of remembered, by key
}

var _ blob.Store = (*Store)(nil)

// New returns the store of a base directory, which need not exist: the first write makes it. It sends nothing.
func New(files Files) *Store {
	return &Store{files: files, requested: map[string]bool{}, leftovers: map[string]map[string][]string{}}
}

// Bucket returns nil if the base directory exists and can be opened, and blob.ErrNoBucket if it does not exist.
func (s *Store) Bucket(ctx context.Context) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	base, err := s.files.Open(ctx, false)
	if err == nil {
		_, err = base.Stat(ctx, ".")
		base.Close()
	}
	return s.fail("open directory", "", asNoBucket(err))
}

func asNoBucket(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return blob.ErrNoBucket
	}
	return err
}

// at opens the base directory and calls do with it and the name of a key.
// An error of either says that op failed, as in "write".
func (s *Store) at(ctx context.Context, op, key string, do func(base Dir, name string) error) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	if err := s.checkKey(op, key); err != nil {
		return err
	}
	base, err := s.files.Open(ctx, false)
	if err != nil {
		return s.fail(op, key, err)
	}
	defer base.Close()
	return s.fail(op, key, do(base, nameOf(key)))
}

// nameOf is the name of a key that is not refused.
func nameOf(key string) string { return strings.TrimSuffix(key, "/") }

// refusal returns why a key cannot be a file's name, on this file system or at all, in words that follow it; "": it can.
func (s *Store) refusal(key string) string {
	switch name := nameOf(key); {
	case name == "":
		return "names no file"
	case name == "." || !fs.ValidPath(name):
		return `has an empty segment, "." or "..", or is no UTF-8`
	case strings.ContainsFunc(name, unicode.IsControl):
		return "has control characters"
	case strings.Contains(name, temporaryPrefix) && slices.ContainsFunc(strings.Split(name, "/"), isTemporary):
		return "is reserved for unfinished uploads"
	default:
		return s.files.Refuses(name)
	}
}

// checkKey returns the error of op on a key that is refused.
func (s *Store) checkKey(op, key string) error {
	why := s.refusal(key)
	if why == "" {
		return nil
	}
	e := s.files.Explain(op, "", fs.ErrInvalid) // without the key, in which there may be something unprintable
	e.Message, e.Advice = fmt.Sprintf("the key %q %s", key, why), "Choose a name without these."
	return e
}

// lookup describes the file or directory of a key.
func lookup(ctx context.Context, base Dir, key string) (Info, error) {
	found, err := base.Stat(ctx, nameOf(key))
	if err != nil {
		return Info{}, err
	}
	return found, checkKind(key, found)
}

// checkKind returns an error if what was found cannot be the object of a key.
func checkKind(key string, found Info) error {
	switch isDir, wantDir := found.Type.IsDir(), strings.HasSuffix(key, "/"); {
	case isDir && !wantDir:
		return ErrDirectory
	case !isDir && wantDir:
		return ErrNotDirectory
	case !isDir && !found.Type.IsRegular():
		return ErrSpecial
	}
	return nil
}

// describe has no attributes: a listing knows none.
func describe(key string, found Info) blob.Info {
	info := blob.Info{Key: key, ETag: directoryETag, ModTime: found.ModTime}
	if !found.Type.IsDir() {
		info.Size, info.ETag = found.Size, found.ETag
	}
	return info
}

// check compares a condition with what has the key now.
func check(ctx context.Context, base Dir, key string, cond blob.Cond) error {
	found, err := lookup(ctx, base, key)
	switch absent := errors.Is(err, fs.ErrNotExist); {
	case err != nil && !absent:
		return err
	case cond.IfAbsent && !absent:
		return fs.ErrExist
	case cond.IfMatch != "" && (absent || describe(key, found).ETag != cond.IfMatch):
		return blob.ErrChanged
	}
	return nil
}

// checkFirst is check before anything is made for a write, the base directory included.
func (s *Store) checkFirst(ctx context.Context, op, key string, cond blob.Cond) error {
	err := s.at(ctx, op, key, func(base Dir, _ string) error { return check(ctx, base, key, cond) })
	switch {
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case cond.IfMatch != "":
		return s.fail(op, key, blob.ErrChanged)
	}
	return nil
}

// Delete removes a file, or for a key that ends in "/" an empty directory: one with entries is fs.ErrExist.
// The directories above it stay.
func (s *Store) Delete(ctx context.Context, key string, cond blob.Cond) error {
	err := s.at(ctx, "delete", key, func(base Dir, name string) error {
		s.publishing.Lock()
		defer s.publishing.Unlock()
		found, err := lookup(ctx, base, key)
		if err == nil && cond.IfMatch != "" && describe(key, found).ETag != cond.IfMatch {
			return blob.ErrChanged
		}
		if !strings.HasSuffix(key, "/") {
			s.sweep(ctx, base, key)
		}
		if err != nil {
			return err
		}
		remove := base.Remove
		if found.Type.IsDir() {
			delete(s.requested, name)
			remove = base.Rmdir
		}
		if err := remove(ctx, name); err != nil {
			return err
		}
		s.memory.Delete(key)
		return base.Sync(ctx, []string{name})
	})
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrParent) {
		return nil
	}
	return err
}
