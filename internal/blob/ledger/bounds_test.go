//go:build linux || darwin

package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Entries that nobody needs do not stay for ever, and those of a process that lives do.
func TestBounds(t *testing.T) {
	m := thisMachine()
	l := newLedger(t, m)
	l.Begun(here, "of a process that lives")
	m.own.PID, m.running[200] = 200, "7000"
	m.own.Started = "7000"
	l.Begun(here, "of one that is gone")
	delete(m.running, 200)
	m.own = thisMachine().own
	week := func(names ...string) {
		t.Helper()
		for _, name := range names {
			past := time.Now().Add(-kept - time.Minute)
			if err := os.Chtimes(filepath.Join(l.folder.Dir, name), past, past); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range []string{temporaryPrefix + "1", "README"} {
		if err := os.WriteFile(filepath.Join(l.folder.Dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l.Begun(here, "now")
	l.holds(t, 5)
	week(l.keptNames(t)...)
	l.Begun(here, "later")
	uploads := map[string]bool{}
	for _, e := range l.find(here) {
		uploads[e.Upload] = true
	}
	if !uploads["of a process that lives"] || uploads["of one that is gone"] || !uploads["now"] || !uploads["later"] {
		t.Errorf("left: %v", uploads)
	}
	l.holds(t, 4) // and README, which is not the ledger's
	for i := range maxEntries + 10 {
		if err := os.WriteFile(filepath.Join(l.folder.Dir, fmt.Sprint(entryPrefix, i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	l.Begun(here, "one more")
	l.holds(t, maxEntries+1)
}

// Many processes at once: each has its own entries, none sees half a one, and none is lost.
func TestConcurrentWriters(t *testing.T) {
	first := newLedger(t, thisMachine())
	var group sync.WaitGroup
	for i := range 8 {
		l := &Ledger{folder: first.folder, now: time.Now, system: first.system}
		group.Go(func() {
			for j := range 20 {
				upload := fmt.Sprint(i, "-", j)
				ended := l.Begun(here, upload)
				mine := false
				for _, e := range l.find(here) {
					mine = mine || e.Upload == upload
				}
				if !mine {
					t.Errorf("%s is not found", upload)
				}
				if j%2 == 0 {
					ended()
				}
			}
		})
	}
	group.Wait()
	if found := first.find(here); len(found) != 8*10 {
		t.Errorf("%d entries are left, want %d", len(found), 8*10)
	}
	first.holds(t, 8*10)
}
