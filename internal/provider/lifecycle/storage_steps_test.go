package lifecycle_test

import (
	"maps"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

var storages = []string{"flink_workspace_storage.p", "flink_workspace_storage.q"}

// anyStorage says whether a workspace is configured, or in the state.
func (l *lifecycle) anyStorage() bool {
	for _, addr := range storages {
		if _, configured := l.storages[addr]; configured || l.state[addr] != nil {
			return true
		}
	}
	return false
}

// changeStorages adds, changes, renames, imports or removes the one block of a workspace.
func (l *lifecycle) changeStorages() {
	t := l.t
	kind := rapid.SampledFrom([]string{"set", "set", "set", "rename", "remove", "import"}).Draw(t, "workspace")
	from, to := storages[0], storages[1]
	b, there := l.storages[from]
	if other, elsewhere := l.storages[to]; elsewhere {
		from, to, b, there = to, from, other, true
	}
	t.Logf("the workspace at %s: %s", from, kind)
	switch {
	case kind == "import" && l.state[from] == nil:
		l.importStorage(from)
	case kind == "rename" && there:
		delete(l.storages, from)
		l.storages[to] = b
	case kind == "remove":
		delete(l.storages, from)
	default:
		l.storages[from] = l.drawStorage()
	}
}

func (l *lifecycle) importStorage(addr string) {
	t := l.t
	base := rapid.SampledFrom(l.world.bases("a")).Draw(t, "import of")
	l.configure(l.world.provider())
	l.model.beginWalk(l.world.provider())
	o, failures := l.imports(storageKind, base, true)
	l.model.unchanged("an import")
	if failures != nil {
		// Before anything is written there is no such directory.
		if _, there := l.model.store["a/"]; l.world.name() != "file" || there {
			t.Fatalf("importing the workspace: %v", failures)
		}
		return
	}
	if o == nil {
		tally.count("storage: nothing to import")
		return
	}
	o.known = known{id: l.model.new()}
	l.state[addr] = &instance{current: o}
	l.storages[addr] = l.drawStorage()
	tally.count("storage: imported")
}

// driftStorage is what another client does to directories and rules.
func (l *lifecycle) driftStorage() {
	t := l.t
	kinds := []string{"a directory goes"}
	if l.model.hasCORS() {
		kinds = []string{"a foreign rule first", "a rule changes", "a foreign rule last", "a rule goes", "the rules are turned round", "a directory goes"}
	}
	kind := rapid.SampledFrom(kinds).Draw(t, "drift of the workspace")
	rules := l.model.rules()
	foreign := rapid.SampledFrom([]corsRule{
		{ID: "theirs", Origins: []string{"https://other.example.com"}, Methods: []string{"GET"}},
		{ID: "equal", Origins: []string{"https://console.example.com"}, Methods: []string{"GET", "PUT"}, Headers: []string{"*"}, Expose: []string{"ETag"}},
	}).Draw(t, "foreign rule")
	if l.world.name() == "oss" {
		foreign.ID = ""
	}
	for foreign.ID != "" && slices.ContainsFunc(rules, func(rule corsRule) bool { return rule.ID == foreign.ID }) {
		foreign.ID += "-too"
	}
	switch {
	case kind == "a directory goes":
		for _, path := range slices.Sorted(maps.Keys(l.model.directories())) {
			empty := strings.Count(path, "/") > 1
			for other := range l.model.store {
				empty = empty && (other == path || !strings.HasPrefix(other, path))
			}
			if empty && rapid.Bool().Draw(t, "this one") {
				t.Logf("drift: %s goes", path)
				l.world.remove(path)
				break
			}
		}
	case len(rules) > 8:
		return
	case kind == "a foreign rule first":
		rules = slices.Insert(rules, 0, foreign)
	case kind == "a foreign rule last":
		rules = append(rules, foreign)
	case len(rules) == 0:
		return
	case kind == "a rule changes":
		rules[rapid.IntRange(0, len(rules)-1).Draw(t, "which")].Age = 77
	case kind == "a rule goes":
		at := rapid.IntRange(0, len(rules)-1).Draw(t, "which")
		rules = slices.Delete(rules, at, at+1)
	default:
		slices.Reverse(rules)
	}
	if kind != "a directory goes" {
		l.world.allow(rules)
	}
	t.Logf("drift: %s", kind)
	tally.count("drift of the workspace: " + kind)
	l.model.look()
}
