// Package ledger remembers on this machine which uploads by parts were begun from here, so that the next write of the same key can throw away
// those that a killed process left open. And it does that: see Sweep.
//
// An entry is a file of its own, so that processes do not wait for each other. It is written as soon as the upload has an ID and before its
// first part, and removed when the upload is completed or aborted. It says where the upload is, and which process began it. It holds no
// secret: an upload's ID is of use to nobody without the store's credentials.
//
// Nothing here is ever an error. Without a home, where nothing can be written, and on systems that do not tell one process from another, no
// entry is written; then an open upload goes when it is a day old. Nothing is synced either: an entry that is lost with the machine's power
// costs a day, and a sync each upload's first part.
package ledger

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

const (
	// kept is how long an entry stays whose upload nobody has written again since, unless its process lives. By then
	// the bucket's own rule has taken the upload away, or the age of it is enough.
	kept = 7 * 24 * time.Hour
	// maxEntries bounds the folder. The oldest go.
	maxEntries = 512
	// maxEntry bounds an entry, in bytes: a key has 1024 at the most, and an upload's ID was never seen to have more than that.
	maxEntry = 16 << 10

	entryPrefix     = "upload-"
	temporaryPrefix = ".upload-"
	// abandoned is when a temporary file is one of a run that was killed.
	abandoned = time.Hour
)

// Ledger has the entries of one folder. A nil Ledger remembers nothing. It is safe for concurrent use.
type Ledger struct {
	folder usercache.Folder
	now    func() time.Time
	system system
}

// Place is one key of one bucket.
type Place struct {
	Endpoint string // what tells buckets of one name apart
	Bucket   string
	Key      string
}

// entry is one upload that was begun.
type entry struct {
	Place   Place
	Upload  string // its ID
	Process process
}

// New returns the ledger in the user's cache directory, nil where there is none. It opens nothing.
func New() *Ledger {
	folder, ok := usercache.New()
	if !ok {
		return nil
	}
	return &Ledger{folder: folder.Below("uploads"), now: time.Now, system: thisSystem}
}

// Begun remembers an upload of this process, and returns what forgets it: to be called once it is completed or aborted, and not where nobody
// knows.
func (l *Ledger) Begun(at Place, upload string) (ended func()) {
	if l == nil {
		return func() {}
	}
	self, ok := l.system.self()
	if !ok {
		return func() {}
	}
	data, err := json.Marshal(entry{at, upload, self})
	if err != nil || len(data) > maxEntry || !l.folder.Make() {
		return func() {}
	}
	l.tidy()
	name := nameOf(at, data)
	if l.folder.Write(name, temporaryPrefix, data) != nil {
		return func() {}
	}
	return func() { l.remove(name) }
}

// nameOf is an entry's name. It begins with what all entries of a key have in common, and ends with the sum of what is in it, so that a
// damaged one is none.
func nameOf(at Place, data []byte) string {
	return prefixOf(at) + fmt.Sprintf("%x", sha256.Sum256(data))
}

func prefixOf(at Place) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", at.Endpoint, at.Bucket, at.Key))
	return fmt.Sprintf("%s%x-", entryPrefix, sum[:16])
}

func (l *Ledger) remove(name string) { os.Remove(filepath.Join(l.folder.Dir, name)) }

// find returns the entries of a key by their names.
func (l *Ledger) find(at Place) map[string]entry {
	if l == nil || !l.folder.IsPrivate() {
		return nil
	}
	names, err := os.ReadDir(l.folder.Dir)
	if err != nil {
		return nil
	}
	found := map[string]entry{}
	for _, name := range names {
		if !strings.HasPrefix(name.Name(), prefixOf(at)) {
			continue
		}
		if e, ok := l.read(name.Name()); ok {
			found[name.Name()] = e
		}
	}
	return found
}

// read reads an entry that is whole, of the place that its name tells, and that this user alone can have written.
func (l *Ledger) read(name string) (entry, bool) {
	data, _, err := l.folder.Read(name, maxEntry)
	if err != nil {
		return entry{}, false
	}
	var e entry
	if json.Unmarshal(data, &e) != nil || e.Upload == "" || name != nameOf(e.Place, data) {
		return entry{}, false
	}
	return e, true
}

// tidy holds the bounds before another entry comes.
func (l *Ledger) tidy() {
	names, err := os.ReadDir(l.folder.Dir)
	if err != nil {
		return
	}
	var entries []fs.FileInfo
	for _, name := range names {
		info, err := name.Info()
		if err != nil {
			continue // another run has removed it
		}
		age := l.now().Sub(info.ModTime())
		switch {
		case strings.HasPrefix(name.Name(), temporaryPrefix) && age > abandoned:
			l.remove(name.Name())
		case !strings.HasPrefix(name.Name(), entryPrefix):
		case age > kept && !l.lives(name.Name()):
			l.remove(name.Name())
		default:
			entries = append(entries, info)
		}
	}
	if len(entries) < maxEntries {
		return
	}
	slices.SortFunc(entries, func(a, b fs.FileInfo) int { return a.ModTime().Compare(b.ModTime()) })
	for _, info := range entries[:len(entries)-maxEntries+1] {
		l.remove(info.Name())
	}
}

// lives reports whether an entry is one of a process that may still be at work.
func (l *Ledger) lives(name string) bool {
	e, ok := l.read(name)
	return ok && !l.gone(e.Process)
}
