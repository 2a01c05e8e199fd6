package tree

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
	"time"
)

// The names of temporary files have these, so that a listing can leave them out and an administrator recognizes them.
// They never change: a later version sweeps what an earlier one left.
const (
	temporaryPrefix = ".flink-upload-"
	temporarySuffix = ".tmp"
)

// abandonedAfter is the age of a temporary file that counts as abandoned where nothing else is known of its writer.
const abandonedAfter = 24 * time.Hour

// temporaryName returns a new unique name for an upload of the file that is called name in its directory.
func temporaryName(name string) string {
	return temporaryPrefix + tagOf(name) + "-" + rand.Text() + temporarySuffix
}

// tagOf is what the temporary files of one file have in common.
func tagOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

// isTemporary reports whether a file's name, without its directory, is that of an unfinished upload.
func isTemporary(name string) bool {
	return strings.HasPrefix(name, temporaryPrefix) && strings.HasSuffix(name, temporarySuffix)
}

// takeLeftovers returns, once, the temporary files of a file that existed when this store first wrote to its directory:
// one reading serves all that is written there. A directory that cannot be read has none.
func (s *Store) takeLeftovers(ctx context.Context, base Dir, dir, tag string) []string {
	s.sweeping.Lock()
	defer s.sweeping.Unlock()
	if s.leftovers[dir] == nil {
		tagged := map[string][]string{}
		_ = base.ReadDir(ctx, dir, func(entries []Entry) error {
			for _, e := range entries {
				if tag, _, ok := strings.Cut(strings.TrimPrefix(e.Name, temporaryPrefix), "-"); ok && isTemporary(e.Name) {
					tagged[tag] = append(tagged[tag], e.Name)
				}
			}
			return nil
		})
		s.leftovers[dir] = tagged
	}
	names := s.leftovers[dir][tag]
	delete(s.leftovers[dir], tag)
	return names
}

// sweep removes the temporary files that killed processes have left of one key; whatever changes the key does it first.
// A failure is none of what comes next.
// The stage that does it keeps its own file, which tells what the file system takes for the present; nil: it is no stage.
func (s *Store) sweep(ctx context.Context, base Dir, key string, by *fileStage) {
	if strings.HasSuffix(key, "/") {
		return
	}
	dir, now := path.Dir(key), time.Now()
	names := s.takeLeftovers(ctx, base, dir, tagOf(path.Base(key)))
	if by != nil {
		names = slices.DeleteFunc(names, func(name string) bool { return name == path.Base(by.temporary) })
		if info, err := by.file.Stat(ctx); err == nil {
			now = info.ModTime
		}
	}
	for _, name := range names {
		_ = base.RemoveAbandoned(ctx, path.Join(dir, name), now.Add(-abandonedAfter)) // or the next time
	}
}
