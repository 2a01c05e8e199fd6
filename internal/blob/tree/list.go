package tree

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// pageSize is how many entries a page has at most.
// Each page reads the names of its directories again, so that small pages of large directories are slow.
const pageSize = 10_000

// List walks the directory in byte order of the keys, in which a directory counts with its slash: "a-b" comes before "a/b".
// Directories are listed as keys that end in "/".
// Left out are our temporary files, links that lead nowhere, outside or to a directory, special files, and names that no key can have.
// It holds the names of one directory at a time for each level, and reads no attributes.
// A missing base directory is blob.ErrNoBucket.
func (s *Store) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	if err := context.Cause(ctx); err != nil {
		return blob.Page{}, err
	}
	page, err := s.list(ctx, q)
	if err != nil {
		return blob.Page{}, s.fail("list", q.Prefix, err)
	}
	return page, nil
}

func (s *Store) list(ctx context.Context, q blob.Query) (blob.Page, error) {
	if q.Delimiter != "" && q.Delimiter != "/" {
		return blob.Page{}, errors.ErrUnsupported
	}
	base, err := s.files.Open(ctx, false)
	if err != nil {
		return blob.Page{}, asNoBucket(err)
	}
	defer base.Close()
	w := &walk{ctx: ctx, store: s, base: base, query: q, max: cmp.Or(q.Max, pageSize)}
	err = w.from(q.Prefix[:strings.LastIndexByte(q.Prefix, '/')+1])
	return w.page, err
}

// walk gathers one page.
type walk struct {
	ctx   context.Context
	store *Store
	base  Dir
	query blob.Query
	max   int // entries

	page blob.Page
	last string // the last key or prefix on the page
}

// from starts in the directory that has all keys with the prefix: "", or a key that ends in "/".
func (w *walk) from(top string) error {
	if top != "" {
		if err := w.store.checkKey("list", top); err != nil {
			return err
		}
		found, err := lookup(w.ctx, w.base, top)
		var obstacle ObstacleError
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.As(err, &obstacle):
			return w.baseExists()
		case err != nil:
			return err
		}
		if top == w.query.Prefix {
			w.emit(top, found)
		}
	}
	err := w.directory(top)
	if errors.Is(err, fs.ErrNotExist) { // it may have been removed meanwhile
		return w.baseExists()
	}
	return err
}

// baseExists tells a directory that does not exist from a base that does not.
func (w *walk) baseExists() error {
	_, err := w.base.Stat(w.ctx, ".")
	return asNoBucket(err)
}

// directory adds what is in a directory, whose key ends in "/" or is empty.
func (w *walk) directory(dir string) error {
	return w.base.ReadDir(w.ctx, cmp.Or(nameOf(dir), "."), func(entries []Entry) error {
		entries = slices.DeleteFunc(entries, func(e Entry) bool {
			key := dir + e.Name
			listed := key <= w.query.Token && !strings.HasPrefix(w.query.Token, key) // on an earlier page, with all that is below it
			return listed || !strings.HasPrefix(key, w.query.Prefix) || w.store.refusal(key) != ""
		})
		// A directory's name has its slash here, as its key has.
		slices.SortFunc(entries, func(a, b Entry) int { return cmp.Compare(a.Name, b.Name) })
		for _, e := range entries {
			if err := context.Cause(w.ctx); err != nil {
				return err
			}
			if w.page.Next != "" {
				return nil
			}
			if err := w.entry(dir+e.Name, e); err != nil && !errors.Is(err, fs.ErrNotExist) { // it may have been removed meanwhile
				return err
			}
		}
		return nil
	})
}

func (w *walk) entry(key string, e Entry) error {
	isDir := strings.HasSuffix(key, "/")
	if isDir && w.query.Delimiter != "" {
		if w.take(key) {
			w.page.Prefixes = append(w.page.Prefixes, key)
		}
		return nil
	}
	found, err := e.Stat()
	if err != nil || checkKind(key, found) != nil {
		return err
	}
	w.emit(key, found)
	if isDir && w.page.Next == "" {
		return w.directory(key)
	}
	return nil
}

func (w *walk) emit(key string, found Info) {
	if w.take(key) {
		w.page.Infos = append(w.page.Infos, describe(key, found))
	}
}

// take reports whether a key belongs on this page. The first one that finds no room there ends the page.
func (w *walk) take(key string) bool {
	if key <= w.query.Token {
		return false
	}
	if len(w.page.Infos)+len(w.page.Prefixes) == w.max {
		w.page.Next = w.last
		return false
	}
	w.last = key
	return true
}
