//go:build linux || darwin

package ledger

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/usercache"
)

var here = Place{Endpoint: "https://s3.example.com", Bucket: "acme", Key: "vvp/artifacts/job.jar"}

// machine is what a test lets the system say.
type machine struct {
	own     process
	running map[int]string // when they were started
	shared  bool           // the folder is on a network
}

func thisMachine() *machine {
	return &machine{own: process{Boot: "monday", Namespace: "pid:[1]", PID: 100, Started: "5000"}, running: map[int]string{100: "5000"}}
}

func (m *machine) system() system {
	return system{
		self:  func() (process, bool) { return m.own, m.own.PID != 0 },
		find:  func(pid int) (string, bool) { started, there := m.running[pid]; return started, there },
		local: func(string) bool { return !m.shared },
	}
}

// newLedger is one in a folder of the test.
func newLedger(t *testing.T, m *machine) *Ledger {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CACHE_HOME", filepath.Join(t.TempDir(), "cache"))
	l := New()
	l.system = m.system()
	return l
}

// kept are the names in the folder.
func (l *Ledger) keptNames(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(l.folder.Dir)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (l *Ledger) holds(t *testing.T, want int) {
	t.Helper()
	if names := l.keptNames(t); len(names) != want {
		t.Errorf("the folder has %q, want %d entries", names, want)
	}
}

func TestAnEntryIsThereUntilTheUploadEnds(t *testing.T) {
	l := newLedger(t, thisMachine())
	first, second := l.Begun(here, "one"), l.Begun(here, "two")
	l.holds(t, 2)
	first()
	found := l.find(here)
	if len(found) != 1 {
		t.Fatalf("found %v", found)
	}
	for _, e := range found {
		if e.Upload != "two" || e.Place != here || e.Process != thisMachine().own {
			t.Errorf("%+v", e)
		}
	}
	second()
	second() // harmless
	l.holds(t, 0)
}

// Everything is the user's alone, as the folder of digests is.
func TestModes(t *testing.T) {
	l := newLedger(t, thisMachine())
	l.Begun(here, "one")
	for path, want := range map[string]os.FileMode{l.folder.Dir: 0o700, filepath.Dir(l.folder.Dir): 0o700, filepath.Join(l.folder.Dir, l.keptNames(t)[0]): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// What is said of one place is said of no other.
func TestPlaces(t *testing.T) {
	l := newLedger(t, thisMachine())
	l.Begun(here, "one")
	for name, change := range map[string]func(*Place){
		"endpoint":         func(p *Place) { p.Endpoint = "https://other.example.com" },
		"bucket":           func(p *Place) { p.Bucket = "acme2" },
		"key":              func(p *Place) { p.Key = "vvp/artifacts/job.ja" },
		"a key below":      func(p *Place) { p.Key += "/more" },
		"another division": func(p *Place) { p.Bucket, p.Key = "acme/vvp", "artifacts/job.jar" },
	} {
		other := here
		change(&other)
		if found := l.find(other); len(found) > 0 {
			t.Errorf("%s: found %v", name, found)
		}
		// Not even where the entry has the other's name.
		name := l.keptNames(t)[0]
		renamed := strings.Replace(name, prefixOf(here), prefixOf(other), 1)
		if err := os.Rename(filepath.Join(l.folder.Dir, name), filepath.Join(l.folder.Dir, renamed)); err != nil {
			t.Fatal(err)
		}
		if found := l.find(other); len(found) > 0 {
			t.Errorf("%s, renamed: found %v", name, found)
		}
		if err := os.Rename(filepath.Join(l.folder.Dir, renamed), filepath.Join(l.folder.Dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.find(here)) != 1 {
		t.Error("its own place does not find it")
	}
}

func TestDamagedEntries(t *testing.T) {
	l := newLedger(t, thisMachine())
	l.Begun(here, "one")
	path := filepath.Join(l.folder.Dir, l.keptNames(t)[0])
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := map[string][]byte{"empty": nil, "cut off": data[:len(data)-1], "longer": append(data[:len(data):len(data)], '\n'), "not JSON": []byte("upload")}
	for i := range data {
		changed := []byte(string(data))
		changed[i] ^= 1
		damaged[fmt.Sprint("byte ", i)] = changed
	}
	for name, data := range damaged {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if found := l.find(here); len(found) > 0 {
			t.Errorf("%s: found %v", name, found)
		}
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o622); err != nil {
		t.Fatal(err)
	}
	if found := l.find(here); len(found) > 0 {
		t.Errorf("others may have written it: found %v", found)
	}
	if err := firstOf(os.Chmod(path, 0o600), os.Chmod(l.folder.Dir, 0o722)); err != nil {
		t.Fatal(err)
	}
	if found := l.find(here); len(found) > 0 {
		t.Errorf("others may have put it there: found %v", found)
	}
	if err := os.Chmod(l.folder.Dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if len(l.find(here)) != 1 {
		t.Error("whole again, it is not found")
	}
}

// A process is gone when that is certain.
func TestGone(t *testing.T) {
	for name, c := range map[string]struct {
		change func(m *machine) // after the entry was written
		gone   bool
	}{
		"it lives":                      {func(*machine) {}, false},
		"no process has its ID":         {func(m *machine) { m.running = nil }, true},
		"another process has its ID":    {func(m *machine) { m.running[100] = "6000" }, true},
		"the system does not tell when": {func(m *machine) { m.running[100] = "" }, false},
		"the machine was started anew, and another has its ID and time": {func(m *machine) { m.own.Boot = "tuesday" }, true},
		"another machine shares the home":                               {func(m *machine) { m.own.Boot, m.shared, m.running = "tuesday", true, nil }, false},
		"in another container":                                          {func(m *machine) { m.own.Namespace, m.running = "pid:[2]", nil }, false},
		"in another container that tells a start of its own":            {func(m *machine) { m.own.Boot, m.own.Namespace, m.running = "tuesday", "pid:[2]", nil }, false},
		"we do not know who we are":                                     {func(m *machine) { m.own, m.running = process{}, nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			m := thisMachine()
			l := newLedger(t, m)
			p := m.own
			c.change(m)
			if got := l.gone(p); got != c.gone {
				t.Errorf("gone: %t, want %t", got, c.gone)
			}
		})
	}
}

// Where nothing can be written there is no ledger, and no failure.
func TestNoLedger(t *testing.T) {
	use := func(l *Ledger) {
		t.Helper()
		l.Begun(here, "one")()
		if found := l.find(here); len(found) > 0 {
			t.Errorf("found %v", found)
		}
		l.Sweep(t.Context(), &store{}, here, true)
	}
	use(nil)
	for name, spoil := range map[string]func(m *machine, l *Ledger) error{
		"a file in its place": func(_ *machine, l *Ledger) error {
			return os.WriteFile(filepath.Dir(filepath.Dir(l.folder.Dir)), nil, 0o600)
		},
		"a folder of another":      func(_ *machine, l *Ledger) error { l.folder.User++; return nil },
		"others may write into it": func(_ *machine, l *Ledger) error { l.folder.Make(); return os.Chmod(l.folder.Dir, 0o777) },
		"no process can be told":   func(m *machine, _ *Ledger) error { m.own = process{}; return nil },
		"a home that is not there": func(_ *machine, l *Ledger) error {
			l.folder = usercache.Folder{Dir: "/nonexistent/cache/flink"}.Below("uploads")
			return nil
		},
		"a folder that takes links": func(_ *machine, l *Ledger) error {
			l.folder.Make()
			return firstOf(os.Remove(l.folder.Dir), os.Symlink(t.TempDir(), l.folder.Dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := thisMachine()
			l := newLedger(t, m)
			if err := spoil(m, l); err != nil {
				t.Fatal(err)
			}
			use(l)
		})
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_CACHE_HOME", "")
	if l := New(); l != nil {
		t.Errorf("without a home the ledger is in %s", l.folder.Dir)
	}
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// An upload that is remembered for nothing would be forgotten for nothing: an entry holds what it must, and no more.
func TestNoSecretInAnEntry(t *testing.T) {
	l := newLedger(t, thisMachine())
	l.Begun(here, "one")
	data, err := os.ReadFile(filepath.Join(l.folder.Dir, l.keptNames(t)[0]))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"Place":{"Endpoint":"https://s3.example.com","Bucket":"acme","Key":"vvp/artifacts/job.jar"},"Upload":"one",` +
		`"Process":{"Boot":"monday","Namespace":"pid:[1]","PID":100,"Started":"5000"}}`
	if string(data) != want {
		t.Errorf("%s", data)
	}
}
