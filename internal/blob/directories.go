package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// directoriesAtOnce bounds the requests for directories that are on their way at once.
const directoriesAtOnce = 8

// MakeDirectories makes directories, whose keys end in "/". One that is there already stays as it is, and is no error.
func MakeDirectories(ctx context.Context, store Store, keys []string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(directoriesAtOnce)
	for _, key := range keys {
		group.Go(func() error {
			_, _, err := Put(ctx, store, key, nothing{}, nil, PutOptions{Cond: Cond{IfAbsent: true}})
			if errors.Is(err, fs.ErrExist) {
				return nil
			}
			return err
		})
	}
	return group.Wait()
}

// RemoveDirectories removes the directories in which there is nothing, the deepest first, and returns the others, sorted. It
// never removes data: in an object store what goes is the empty marker alone, and a file system refuses to remove a directory
// that has just got something.
func RemoveDirectories(ctx context.Context, store Store, keys []string) (kept []string, err error) {
	levels := map[int][]string{}
	for _, key := range keys {
		depth := strings.Count(key, "/")
		levels[depth] = append(levels[depth], key)
	}
	var mu sync.Mutex
	for _, depth := range slices.Backward(slices.Sorted(maps.Keys(levels))) {
		group, ctx := errgroup.WithContext(ctx)
		group.SetLimit(directoriesAtOnce)
		for _, key := range levels[depth] {
			group.Go(func() error {
				removed, err := removeDirectory(ctx, store, key)
				if err == nil && !removed {
					mu.Lock()
					kept = append(kept, key)
					mu.Unlock()
				}
				return err
			})
		}
		if err := group.Wait(); err != nil {
			return nil, err
		}
	}
	slices.Sort(kept)
	return kept, nil
}

// removeDirectory reports whether the directory is gone afterwards.
func removeDirectory(ctx context.Context, store Store, key string) (removed bool, err error) {
	marked := false
	for page, err := range Pages(ctx, store, Query{Prefix: key, Max: 2}) { // the marker and one more
		if err != nil {
			return false, err
		}
		for _, info := range page.Infos {
			if info.Key != key || info.Size > 0 {
				return false, nil
			}
			marked = true
		}
	}
	if !marked {
		return true, nil
	}
	err = store.Delete(ctx, key, Cond{})
	if errors.Is(err, fs.ErrExist) {
		return false, nil
	}
	return err == nil, err
}

// ExistingDirectories are those of the keys that are there, with a marker or with something in them, sorted. It lists each parent once,
// so that many directories in one place cost one request for each thousand entries of that place.
func ExistingDirectories(ctx context.Context, store Store, keys []string) ([]string, error) {
	byParent := map[string][]string{}
	for _, key := range keys {
		parent := key[:strings.LastIndexByte(strings.TrimSuffix(key, "/"), '/')+1]
		byParent[parent] = append(byParent[parent], key)
	}
	var existing []string
	for _, parent := range slices.Sorted(maps.Keys(byParent)) {
		wanted := byParent[parent]
		there, err := Directories(ctx, store, parent, slices.Max(wanted))
		if err != nil {
			return nil, err
		}
		for _, key := range wanted {
			if slices.Contains(there, key) {
				existing = append(existing, key)
			}
		}
	}
	slices.Sort(existing)
	return existing, nil
}

// Directories are the keys of the directories right below a parent ("" for the top, else a key that ends in "/"), in byte order. It
// reads no page after the one that reaches the key last; "": it reads all of them.
func Directories(ctx context.Context, store Store, parent, last string) ([]string, error) {
	var keys []string
	for page, err := range Pages(ctx, store, Query{Prefix: parent, Delimiter: "/"}) {
		if err != nil {
			return nil, err
		}
		keys = append(keys, page.Prefixes...)
		if last != "" && page.end() >= last {
			break
		}
	}
	return keys, nil
}

// end is the last key or prefix of the page; "" for an empty one.
func (p Page) end() string {
	var end string
	if n := len(p.Infos); n > 0 {
		end = p.Infos[n-1].Key
	}
	if n := len(p.Prefixes); n > 0 {
		end = max(end, p.Prefixes[n-1])
	}
	return end
}

// nothing is a source without bytes, as a directory's marker has none.
type nothing struct{}

func (nothing) Open(context.Context) (Content, error) { return nothing{}, nil }
func (nothing) Read([]byte) (int, error)              { return 0, io.EOF }
func (nothing) Close() error                          { return nil }
func (nothing) Size() int64                           { return 0 }
