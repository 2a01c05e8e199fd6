package fileblob

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// pageSize is how many entries a page has at the most. Each page reads the names of its directories again, so that
// small pages of large directories are slow.
const pageSize = 10_000

// List walks the directory in byte order of the keys, in which a directory counts with its slash: "a-b" comes before
// "a/b". Directories are listed as keys that end in "/". Left out are our temporary files, and what is no object: links
// that lead nowhere, outside or to a directory, special files, names that no key can have. It holds the names of one directory at a time
// for each level, and reads no attributes. No such directory as a whole is blob.ErrNoBucket.
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
	root, err := s.open()
	if err != nil {
		return blob.Page{}, asNoBucket(err)
	}
	defer root.Close()
	w := &walk{ctx: ctx, base: root, query: q, max: cmp.Or(q.Max, pageSize)}
	start, top := root, q.Prefix[:strings.LastIndexByte(q.Prefix, '/')+1]
	if top != "" {
		name, err := localName(top)
		if err != nil {
			return blob.Page{}, err
		}
		found, err := lookup(root, top, name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errParent) || errors.Is(err, errNotDirectory) || errors.Is(err, errDangling) {
			return blob.Page{}, nil
		}
		if err != nil {
			return blob.Page{}, err
		}
		if start, err = root.OpenRoot(name); err != nil {
			return blob.Page{}, err
		}
		defer start.Close()
		if top == q.Prefix {
			w.emit(describe(top, found))
		}
	}
	if err := w.directory(start, top); err != nil {
		return blob.Page{}, err
	}
	return w.page, nil
}

// walk gathers one page.
type walk struct {
	ctx   context.Context
	base  *os.Root
	query blob.Query
	max   int // entries

	page blob.Page
	last string // the last key or prefix on the page
}

// entry is a name in a directory, sorted by the key that it has.
type entry struct {
	key string
	typ fs.FileMode
}

// directory adds what is in a directory, whose key ends in "/" or is empty.
func (w *walk) directory(dir *os.Root, dirKey string) error {
	entries, err := w.entries(dir, dirKey)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := context.Cause(w.ctx); err != nil {
			return err
		}
		if w.page.Next != "" {
			return nil
		}
		if err := w.entry(dir, dirKey, e); err != nil && !errors.Is(err, fs.ErrNotExist) { // it may have gone meanwhile
			return err
		}
	}
	return nil
}

// entries reads the names that can lead to something for this page.
func (w *walk) entries(dir *os.Root, dirKey string) ([]entry, error) {
	file, err := dir.Open(".")
	if err != nil {
		return nil, err
	}
	defer file.Close()
	found, err := file.ReadDir(-1)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, e := range found {
		key := dirKey + e.Name()
		if e.IsDir() {
			key += "/"
		}
		if _, err := localName(key); err != nil || !strings.HasPrefix(key, w.query.Prefix) {
			continue
		}
		if key <= w.query.Token && !strings.HasPrefix(w.query.Token, key) {
			continue // it was on a page before, with all that is below it
		}
		entries = append(entries, entry{key, e.Type()})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.key, b.key) })
	return entries, nil
}

func (w *walk) entry(dir *os.Root, dirKey string, e entry) error {
	name := strings.TrimSuffix(e.key[len(dirKey):], "/")
	switch {
	case e.typ.IsDir() && w.query.Delimiter != "":
		if w.take(e.key) {
			w.page.Prefixes = append(w.page.Prefixes, e.key)
		}
		return nil
	case e.typ.IsDir():
		found, err := dir.Lstat(name)
		if err != nil {
			return err
		}
		w.emit(describe(e.key, found))
		if w.page.Next != "" {
			return nil
		}
		below, err := dir.OpenRoot(name)
		if err != nil {
			return err
		}
		defer below.Close()
		return w.directory(below, e.key)
	case e.typ&fs.ModeSymlink != 0:
		// From the top: a link may lead out of its own directory, to another one of the store.
		if found, err := w.base.Stat(filepath.FromSlash(e.key)); err == nil && found.Mode().IsRegular() {
			w.emit(describe(e.key, found))
		}
		return nil
	case e.typ.IsRegular():
		found, err := dir.Lstat(name)
		if err != nil {
			return err
		}
		if found.Mode().IsRegular() { // still
			w.emit(describe(e.key, found))
		}
	}
	return nil
}

func (w *walk) emit(info blob.Info) {
	if w.take(info.Key) {
		w.page.Infos = append(w.page.Infos, info)
	}
}

// take says whether a key belongs on this page. The first one that finds no room there ends the page.
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
