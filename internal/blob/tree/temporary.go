package tree

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"path"
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

// sweep removes the temporary files that killed processes have left of one key.
// Whatever changes the key does it first, so that a full disk gets its space back, but after it has checked its condition:
// a process that was killed as it published by a link has left a second name of the file itself, and removing that changes the file's ETag.
// A failure is none of what comes next.
func (s *Store) sweep(ctx context.Context, base Dir, key string) {
	dir := path.Dir(key)
	for _, name := range s.takeLeftovers(ctx, base, dir, tagOf(path.Base(key))) {
		removeAbandoned(ctx, base, path.Join(dir, name), time.Now())
	}
}

// sweepFor is sweep for a stage, whose condition counts until it is published: until then a second name of the file itself stays.
// So does the stage's own file, which shows what the file system takes for the present.
func (s *Store) sweepFor(ctx context.Context, w *fileStage) {
	dir, tag := path.Dir(w.key), tagOf(path.Base(w.key))
	names := s.takeLeftovers(ctx, w.base, dir, tag)
	if len(names) == 0 {
		return
	}
	now := time.Now()
	if own, err := w.file.Stat(ctx); err == nil {
		now = own.ModTime
	}
	published, _ := w.base.Stat(ctx, w.key)
	for _, name := range names {
		name := path.Join(dir, name)
		switch found, err := w.base.Stat(ctx, name); {
		case name == w.temporary:
		case err == nil && found.ETag == published.ETag:
			s.sweeping.Lock()
			s.leftovers[dir][tag] = append(s.leftovers[dir][tag], path.Base(name))
			s.sweeping.Unlock()
		default:
			removeAbandoned(ctx, w.base, name, now)
		}
	}
}

func removeAbandoned(ctx context.Context, base Dir, name string, now time.Time) {
	_ = base.RemoveAbandoned(ctx, name, now.Add(-abandonedAfter)) // or the next time
}
