// Package lifecycle_test drives the provider through its protocol server by a stand-in for Terraform's core, in random lifecycles: configurations and
// changes of them, drift, failures, lost states. A small model, which shares no code with the provider, says after each step what must be in the
// store and in the state; and Terraform's own rules are checked as core checks them.
package lifecycle_test

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// lifecycle is one: a configuration, a state and a store, from nothing until everything is destroyed.
type lifecycle struct {
	t *rapid.T
	*core
	world   world
	sources sources
	blocks  map[string]artifactBlock

	accelerated map[string]accelerationBlock
	storages    map[string]storageBlock
}

var addresses = []string{"flink_artifact.a", "flink_artifact.b", "flink_artifact.c"}

func live(t *rapid.T, s served, w world, folder string) {
	m := newModel(t, w)
	l := &lifecycle{
		t: t, core: &core{t: t, served: s, state: map[string]*instance{}, model: m},
		world: w, sources: newSources(folder), blocks: map[string]artifactBlock{},
		accelerated: map[string]accelerationBlock{}, storages: map[string]storageBlock{},
	}
	if remote := w.remote("stored/job.jar"); remote != "" {
		w.put("stored/job.jar", []byte(texts[0]), nil)
		w.put("stored/tool.py", []byte(texts[1]), nil)
		m.look()
	}
	if m.hasCORS() && rapid.Bool().Draw(t, "rules of others") {
		w.allow([]corsRule{{Origins: []string{"https://before.example.com"}, Methods: []string{"GET"}, Age: 5}})
		m.look()
	}
	l.blocks[addresses[0]] = l.drawArtifact()
	l.apply(run{})
	for range rapid.IntRange(1, 5).Draw(t, "steps") {
		l.step()
	}
	l.end()
}

// step is one thing that happens, and mostly a run of Terraform after it.
func (l *lifecycle) step() {
	t := l.t
	if _, has := l.model.store[accelerationPath]; has && often(t, 4, "about the acceleration") {
		l.changeAccelerations()
		l.apply(run{})
		return
	}
	rarely := 5
	if l.model.hasCORS() {
		rarely = 3 // the rules of others are at stake there
	}
	if often(t, rarely, "about the workspace") {
		l.changeStorages()
		l.apply(run{})
		return
	}
	switch kind := rapid.SampledFrom([]string{
		"change", "change", "change", "change", "source", "source", "drift", "drift", "drift", "add", "add", "rename", "remove", "import", "forget", "taint", "replace", "destroy", "again",
	}).Draw(t, "step"); kind {
	case "change":
		if addr, b, ok := l.any(); ok {
			for range rapid.IntRange(1, 2).Draw(t, "changes") {
				l.changeArtifact(&b, rapid.SampledFrom(artifactChanges).Draw(t, "change"))
			}
			l.blocks[addr] = b
		}
	case "source":
		l.sources.change(t)
		l.changeStored()
	case "drift":
		l.drift()
		if often(t, 3, "drift again") {
			l.drift()
		}
	case "add":
		addr := rapid.SampledFrom(addresses).Draw(t, "address")
		l.blocks[addr] = l.drawArtifact()
		t.Logf("%s is configured anew", addr)
	case "rename":
		if addr, b, ok := l.any(); ok {
			to := rapid.SampledFrom(addresses).Draw(t, "new address")
			delete(l.blocks, addr)
			l.blocks[to] = b
			t.Logf("%s becomes %s", addr, to)
			tally.count("step: renamed")
		}
	case "remove":
		if addr, _, ok := l.any(); ok {
			delete(l.blocks, addr)
			t.Logf("%s is removed from the configuration", addr)
		}
	case "import":
		l.imported()
	case "forget":
		if addr := l.anyState(); addr != "" {
			delete(l.state, addr)
			t.Logf("%s is removed from the state", addr)
			tally.count("step: lost state")
		}
	case "taint":
		if addr := l.anyState(); addr != "" && l.state[addr].current != nil {
			l.state[addr].current.tainted = true
			t.Logf("%s is tainted", addr)
		}
	case "replace":
		if addr := l.anyState(); addr != "" {
			l.apply(run{replace: map[string]bool{addr: true}})
			return
		}
	case "destroy":
		l.destroy()
		return
	}
	l.apply(run{})
}

// any is one of the configured blocks.
func (l *lifecycle) any() (addr string, b artifactBlock, ok bool) {
	if len(l.blocks) == 0 {
		return "", artifactBlock{}, false
	}
	addr = rapid.SampledFrom(slices.Sorted(maps.Keys(l.blocks))).Draw(l.t, "block")
	return addr, l.blocks[addr], true
}

func (l *lifecycle) anyState() string {
	if len(l.state) == 0 {
		return ""
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(l.state))).Draw(l.t, "in the state")
}

// places are where something is, or could come to be.
func (l *lifecycle) places() []string {
	places := []string{"a/artifacts/namespaces/default/job.jar", "a/artifacts/namespaces/default/tool.py", "b/artifacts/namespaces/other/job.jar"}
	for path := range l.model.store {
		if strings.Contains(path, "/artifacts/namespaces/") && !strings.HasSuffix(path, "/") && !slices.Contains(places, path) {
			places = append(places, path)
		}
	}
	slices.Sort(places)
	return places
}

// managed are the places of the artifacts in the state.
func (l *lifecycle) managed() []string {
	var places []string
	for _, addr := range slices.Sorted(maps.Keys(l.state)) {
		if at := l.state[addr]; at.current != nil && at.current.kind == artifactKind {
			places = append(places, placeOf(fields(at.current.value)))
		}
	}
	return places
}

// drift is what another client does.
func (l *lifecycle) drift() {
	t := l.t
	if now, has := l.model.store[accelerationPath]; has && often(t, 5, "switch by hand") {
		l.world.accelerate(now.data == "off")
		l.model.look()
		t.Logf("drift: the acceleration was %s", now.data)
		tally.count("drift: acceleration switched by hand")
		return
	}
	if l.anyStorage() && (l.model.hasCORS() || rapid.Bool().Draw(t, "drift of the workspace")) {
		l.driftStorage()
		return
	}
	places := l.places()
	if managed := l.managed(); len(managed) > 0 && rapid.Bool().Draw(t, "drift of ours") {
		places = managed
	}
	place := rapid.SampledFrom(places).Draw(t, "drift at")
	there, found := l.model.store[place]
	kind := "foreign object"
	if found {
		kind = rapid.SampledFrom([]string{"other bytes of the same size", "the same bytes again", "metadata", "gone", "other bytes", "the token copied along"}).Draw(t, "drift")
	}
	t.Logf("drift: %s: %s", place, kind)
	tally.count("drift: " + kind)
	switch kind {
	case "foreign object", "other bytes":
		l.world.put(place, []byte(rapid.SampledFrom(texts).Draw(t, "foreign bytes")), nil)
	case "other bytes of the same size":
		l.world.put(place, []byte(strings.Map(func(r rune) rune { return r ^ 1 }, there.data)), nil)
	case "the same bytes again":
		l.world.put(place, []byte(there.data), nil)
	case "metadata":
		changed := maps.Clone(there.metadata)
		if changed == nil {
			changed = map[string]string{}
		}
		switch rapid.IntRange(0, 2).Draw(t, "metadata of others") {
		case 0:
			changed["foreign"] = "kept"
		case 1:
			changed["team"] = "theirs"
		case 2:
			delete(changed, "team")
		}
		l.world.edit(place, changed)
	case "the token copied along": // as a tool does that synchronises buckets
		l.world.put(place, []byte(rapid.SampledFrom(texts).Draw(t, "foreign bytes")), map[string]string{"copied": "yes"})
		if there.owner != "" {
			l.world.own(place, there.owner)
		}
	case "gone":
		l.world.remove(place)
	}
	l.model.look()
}

// changeStored changes the objects that others are made of.
func (l *lifecycle) changeStored() {
	if l.world.remote("stored/job.jar") == "" || !rapid.Bool().Draw(l.t, "stored, too") {
		return
	}
	path := rapid.SampledFrom([]string{"stored/job.jar", "stored/tool.py"}).Draw(l.t, "stored changes")
	if _, there := l.model.store[path]; there && often(l.t, 4, "stored goes") {
		l.world.remove(path)
	} else {
		l.world.put(path, []byte(rapid.SampledFrom(texts).Draw(l.t, "stored has")), nil)
	}
	l.model.look()
}

// imported brings an object into the state, and mostly a block that fits it.
func (l *lifecycle) imported() {
	t := l.t
	addr := rapid.SampledFrom(addresses).Draw(t, "import to")
	if at := l.state[addr]; at != nil && at.current != nil {
		return
	}
	place := rapid.SampledFrom(l.places()).Draw(t, "import from")
	there, found := l.model.store[place]
	prefix, below, _ := strings.Cut(place, "/")
	base := rapid.SampledFrom(l.world.bases(prefix)).Draw(t, "import spelled")
	uri := strings.TrimSuffix(base, "/") + "/" + below
	if failures := l.configure(l.world.provider()); failures != nil {
		t.Fatalf("configuring: %v", failures)
	}
	l.model.beginWalk(l.world.provider())
	o, failures := l.imports("flink_artifact", uri, rapid.Bool().Draw(t, "by identity"))
	if failures != nil {
		t.Fatalf("importing %s: %v", uri, failures)
	}
	l.model.unchanged("an import")
	if (o != nil) != found {
		t.Fatalf("importing %s: %v, and there is %t", uri, o, found)
	}
	if o == nil {
		tally.count("import: nothing there")
		return
	}
	tally.count("import: done")
	state := fields(o.value)
	if text(state["content_sha256"]) != sum(there.data) || text(state["uri"]) != uri {
		t.Fatalf("importing %s (%s): %s", uri, there, describe(o.value))
	}
	o.known = known{id: l.model.new(), token: there.owner, owned: true, seen: there.tag}
	if o.token == "" {
		o.token = fmt.Sprintf("nobody knows %d", o.id)
	}
	if l.state[addr] == nil {
		l.state[addr] = &instance{}
	}
	l.state[addr].current = o
	if often(t, 4, "import without a block") {
		return
	}
	b := artifactBlock{base: base, namespace: text(state["namespace"]), filename: text(state["filename"]), kind: "content", content: there.data, addressed: truth(state["content_addressed"])}
	if often(t, 3, "import and change") {
		l.changeArtifact(&b, rapid.SampledFrom(artifactChanges).Draw(t, "change"))
	}
	l.blocks[addr] = b
}

// apply runs Terraform, perhaps under bad circumstances, and looks whether it has converged.
func (l *lifecycle) apply(r run) {
	t := l.t
	r.pick = func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") }
	r.planning, r.applying = l.world.provider(), l.world.provider()
	var unknowns []string
	circumstance := rapid.SampledFrom([]string{
		"", "", "", "", "", "", "", "", "", "", "as is", "between", "within", "killed", "lost", "harm", "harm", "blind", "blind", "unknown", "unknown", "unknown base",
	}).Draw(t, "circumstance")
	switch circumstance {
	case "as is":
		r.asIs = true
	case "between":
		r.between = l.meddle
	case "within":
		done := false
		r.within = func() {
			if !done {
				done = true
				l.meddle()
			}
		}
	case "killed":
		r.stop = rapid.IntRange(1, 3).Draw(t, "killed after")
	case "harm":
		most := 12
		if l.anyStorage() {
			most = 60 // its directories come before its rules
		}
		kind, n := rapid.SampledFrom(l.world.harms()).Draw(t, "harm"), rapid.IntRange(1, most).Draw(t, "harm at")
		r.harm = func() (context.Context, func()) { return l.world.harm(kind, n) }
	case "blind":
		kinds := l.world.harms()
		if slices.Contains(kinds, "denied") && rapid.Bool().Draw(t, "denied") {
			kinds = []string{"denied"} // which must not pass for gone
		}
		kind, n := rapid.SampledFrom(kinds).Draw(t, "blinded by"), rapid.IntRange(1, 4).Draw(t, "blind at")
		r.blind = func() (context.Context, func()) { return l.world.harm(kind, n) }
	case "unknown":
		for range 2 {
			unknowns = append(unknowns, rapid.SampledFrom([]string{"source", "source_url", "content", "filename", "namespace", "metadata", "content_sha256", "content_type"}).Draw(t, "unknown"))
		}
	case "unknown base":
		r.planning["base_uri"] = unknown(tftypes.String)
	}
	l.model.excused = strings.HasPrefix(circumstance, "unknown")
	r.blocks = l.configured(unknowns, circumstance == "", func(string, string) bool { return true })
	if l.world.name() == "oss" && l.anyStorage() {
		r.harm = nil // where rules have no IDs, nobody knows after a failure whose a rule is
	}
	for _, addr := range slices.Sorted(maps.Keys(r.blocks)) {
		t.Logf("run (%s): %s: %s creates=%t", circumstance, addr, words{to: r.blocks[addr].config}, r.blocks[addr].creates)
	}
	before, shared := l.snapshot(), l.overlapping() // one of two that have the same object may take it from the other
	changes, refreshed, errors := l.plan(r)
	l.model.unchanged("a plan")
	if errors != nil {
		tally.count("run: the plan is refused")
		return
	}
	l.state = refreshed
	if r.between != nil {
		r.between()
	}
	failures, killed := l.core.apply(changes, r)
	if circumstance == "lost" {
		l.state = before
	}
	l.tidy()
	switch {
	case killed:
		tally.count("run: killed")
	case len(failures) > 0:
		tally.count("run: failed")
	default:
		tally.count("run: applied")
	}
	quiet := !slices.ContainsFunc(changes, func(c *change) bool { return c.action != noop }) // then this was such a plan
	if circumstance != "" || len(failures) > 0 || quiet || shared || l.yields(before, changes) {
		return
	}
	l.settled()
}

// configured are the blocks that are wanted of the configuration.
func (l *lifecycle) configured(unknowns []string, waits bool, wanted func(addr, kind string) bool) map[string]block {
	blocks := map[string]block{}
	for addr, b := range l.blocks {
		blocks[addr] = b.block(l.core, unknowns)
	}
	for addr, b := range l.accelerated {
		blocks[addr] = b.block(l.core, waits)
	}
	for addr, b := range l.storages {
		blocks[addr] = b.block(l.core)
	}
	maps.DeleteFunc(blocks, func(addr string, b block) bool { return !wanted(addr, b.kind) })
	return blocks
}

// yields says whether a workspace or an acceleration that is removed may take along what another one keeps, which has no token of its own: what was deposed when
// Terraform was killed, the empty directories of another address of the same place, and on OSS a rule that two workspaces share, as the documents say.
// The next apply makes it anew.
func (l *lifecycle) yields(before map[string]*instance, changes []*change) bool {
	of := map[string]int{}
	for _, at := range before {
		if at.current != nil {
			of[at.current.kind]++
		}
		if slices.ContainsFunc(at.deposed, func(o *object) bool { return o.kind != artifactKind }) {
			return true
		}
	}
	return slices.ContainsFunc(changes, func(c *change) bool {
		goes := c.kind != artifactKind && (c.action == replace || c.action == remove)
		return goes && (of[c.kind] > 1 || c.kind == storageKind && l.world.name() == "oss")
	})
}

// settled plans once more: nothing is to be done, and nothing has changed by the looking.
func (l *lifecycle) settled() {
	if l.overlapping() {
		return
	}
	before := l.snapshot()
	r := run{pick: func(int) int { return 0 }, planning: l.world.provider()}
	r.blocks = l.configured(nil, true, func(string, string) bool { return true })
	changes, refreshed, errors := l.plan(r)
	if errors != nil {
		l.t.Fatalf("the plan after an apply is refused: %v", errors)
	}
	for _, c := range changes {
		if c.kind == storageKind && c.prior != nil && !c.prior.value.Equal(before[c.addr].current.value) {
			// It was imported, or lost a marker: a namespace that exists by its files alone was gone with the last of them, which another resource has just deleted.
			tally.count("storage: a namespace went with its last file")
			return
		}
		if c.action != noop {
			l.t.Fatalf("the plan after an apply is not empty: %s: %s\n%s", c.addr, c.action, describe(c.planned))
		}
	}
	for addr, was := range before {
		if is := refreshed[addr]; was.current != nil && (is.current == nil || !was.current.value.Equal(is.current.value)) {
			l.t.Fatalf("%s: a refresh after the apply changes\n%s\nto\n%s", addr, describe(was.current.value), fmt.Sprint(is.current))
		}
	}
	l.model.unchanged("a plan after an apply")
	l.state = refreshed
	l.tidy()
}

// overlapping says whether two resources have the same object, as after an import: what one does, the other one sees as drift.
func (l *lifecycle) overlapping() bool {
	seen := map[string]bool{}
	for _, at := range l.state {
		if at.current != nil && at.current.kind == artifactKind {
			place := placeOf(fields(at.current.value))
			if seen[place] {
				return true
			}
			seen[place] = true
		}
	}
	return false
}

// meddle is what happens while Terraform runs.
func (l *lifecycle) meddle() {
	if rapid.Bool().Draw(l.t, "meddle with a source") {
		l.sources.change(l.t)
		return
	}
	l.drift()
}

// destroy ends everything, as terraform destroy does: it plans as always first, whatever has become of the sources.
func (l *lifecycle) destroy() {
	t := l.t
	if rapid.Bool().Draw(t, "the sources are gone") {
		for _, name := range sourceFiles[:4] {
			os.Remove(l.sources.path(name))
		}
	}
	r := run{pick: func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "next") }, planning: l.world.provider(), applying: l.world.provider(), destroy: true}
	r.blocks = l.configured(nil, false, func(addr, kind string) bool {
		at := l.state[addr]
		return at != nil && (at.current != nil || kind != artifactKind)
	})
	t.Logf("destroy")
	_, refreshed, errors := l.plan(r)
	// The model has said of each block whether it is to be refused: for what a create would meet, where the object is gone or tainted, and for what would
	// take an object from another one. Nothing else stands in the way of a destroy.
	if errors == nil {
		l.state = refreshed
	}
	r.blocks, r.asIs = nil, errors == nil
	changes, refreshed, errors := l.plan(r)
	if errors != nil {
		t.Fatalf("the destroy of everything is refused: %v", errors)
	}
	l.state = refreshed
	failures, _ := l.core.apply(changes, r)
	if len(failures) > 0 {
		t.Fatalf("a destroy fails: %v", failures)
	}
	l.tidy()
	if len(l.state) > 0 {
		t.Fatalf("after a destroy there is a state of %v", slices.Collect(maps.Keys(l.state)))
	}
	tally.count("run: destroyed")
}

func (l *lifecycle) end() { l.destroy() }

// snapshot is the state as it is saved.
func (c *core) snapshot() map[string]*instance {
	saved := map[string]*instance{}
	for addr, at := range c.state {
		kept := &instance{}
		if at.current != nil {
			current := *at.current
			kept.current = &current
		}
		for _, deposed := range at.deposed {
			one := *deposed
			kept.deposed = append(kept.deposed, &one)
		}
		saved[addr] = kept
	}
	return saved
}

// tidy forgets addresses with nothing.
func (c *core) tidy() {
	maps.DeleteFunc(c.state, func(_ string, at *instance) bool { return at.current == nil && len(at.deposed) == 0 })
}

func folderIn(parent, name string) string {
	folder := filepath.Join(parent, name)
	must(os.MkdirAll(folder, 0o755))
	return folder
}
