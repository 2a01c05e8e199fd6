package lifecycle_test

import (
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What follows calls the part of the model that knows the kind of resource.

const (
	artifactKind     = "flink_artifact"
	accelerationKind = "flink_transfer_acceleration"
)

func (m *model) plans(kind string, planning tftypes.Value, prior *object, tainted bool) plannedChange {
	if kind == artifactKind {
		return m.plansArtifact(planning, prior, tainted)
	}
	plans := m.plansAcceleration
	if kind == storageKind {
		plans = m.plansStorage
	}
	if tainted {
		planned := plans(planning, nil, false)
		planned.tainted = true
		return planned
	}
	return plans(planning, prior, false)
}

func (m *model) plansAnew(kind string, planning tftypes.Value, prior *object, planned *plannedChange) {
	if kind == artifactKind {
		m.plansArtifactAnew(planning, prior, planned)
		return
	}
	plans := m.plansAcceleration
	if kind == storageKind {
		plans = m.plansStorage
	}
	again := plans(planning, prior, true)
	planned.refused, planned.why = again.refused, again.why
}

func (m *model) planned(c *change, forced bool) {
	switch c.kind {
	case artifactKind:
		m.plannedArtifact(c, forced)
	case storageKind:
		m.plannedStorage(c, forced)
	default:
		m.plannedAcceleration(c, forced)
	}
}

func (m *model) refreshed(before, after *object) *object {
	switch before.kind {
	case artifactKind:
		return m.refreshedArtifact(before, after)
	case storageKind:
		return m.refreshedStorage(before, after)
	}
	return m.refreshedAcceleration(before, after)
}

func (m *model) planDestroy(o *object) (refused bool) {
	state := fields(o.value)
	switch o.kind {
	case storageKind:
		return m.claimAlone(workspacePlace(text(state["base_uri"])), "destroyed", o.ours())
	case accelerationKind:
		return m.claimAlone(accelerationPath, "destroyed", o.ours())
	}
	return !truth(state["retain_on_destroy"]) && m.claim(placeOf(state), "destroyed", o.ours())
}

func (m *model) deletes(target *object, proven bool, planned plannedChange, deposed bool) outcome {
	switch target.kind {
	case artifactKind:
		return m.deletesArtifact(target, proven, planned, deposed)
	case storageKind:
		return m.deletesStorage(target, planned, deposed)
	}
	return m.deletesAcceleration(target, planned, deposed)
}

func (m *model) writes(kind string, config, planned tftypes.Value, prior *object) outcome {
	switch kind {
	case artifactKind:
		return m.writesArtifact(config, planned, prior)
	case storageKind:
		return m.writesStorage(planned, prior)
	}
	return m.writesAcceleration(planned, prior)
}

// refusedAgain is for a plan within the apply that is refused, where the first was not: something changed in between.
func (m *model) refusedAgain(next operation, errors failed) {
	if next.kind != artifactKind {
		m.t.Fatalf("%s was planned, and is refused as it is planned again: %v", next.addr, errors)
	}
	if _, problem := m.found(fields(next.block.config)); problem == "" && !m.excused && next.block.config.Equal(next.block.planning) && !m.pinBroken(fields(next.block.config)) {
		m.t.Fatalf("%s was planned, and is refused as it is planned again: %v", next.addr, errors)
	}
	tally.count("refused: as it is planned again")
}

// pinBroken says whether the source is another one than the pinned.
func (m *model) pinBroken(config map[string]tftypes.Value) bool {
	pin, ok := m.pin(config)
	data, problem := m.found(config)
	return !ok || problem != "" || pin != "" && pin != sum(data)
}

// inconsistent is for a final plan that is another one: something that was not pinned must have changed in between.
func (m *model) inconsistent(next operation, final tftypes.Value) {
	first, last := fields(next.planned), fields(final)
	for _, name := range []string{"content_sha256", "base_uri"} {
		if first[name].IsKnown() && !first[name].Equal(last[name]) {
			return
		}
	}
	m.t.Fatalf("%s: the final plan is another one:\n%s\nafter\n%s", next.addr, describe(final), describe(next.planned))
}

// applied compares what came of a call with what had to. Under bad circumstances a failure may leave what was there, or what was to be, whole.
func (m *model) applied(doing words, expected *outcome, errors failed, uncertain bool) {
	m.t.Helper()
	after := m.world.look()
	if !uncertain && (errors != nil) != expected.refused {
		m.t.Fatalf("%s: refused %v, want refused %t (%s)\nbefore:\n%s", doing, errors, expected.refused, expected.why, m)
	}
	if uncertain && errors == nil && expected.refused {
		m.t.Fatalf("%s succeeded, and had to be refused: %s\nbefore:\n%s", doing, expected.why, m)
	}
	for _, left := range m.world.leftovers() {
		if m.abandoned[left] {
			continue
		}
		if !uncertain || m.world.name() == "file" {
			m.t.Fatalf("%s left %s", doing, left)
		}
		m.abandoned[left] = true // the answer that named the upload was lost, or the abort never arrived
		tally.count("an upload that nobody could end")
	}
	done := errors == nil && !expected.refused
	if expected.others != nil {
		expected.others(m.store, after, errors)
	}
	m.compare(doing, expected, after, done, uncertain)
	switch {
	case uncertain && errors != nil:
		m.murky = m.world.name() != "file"
		tally.count("failed under bad circumstances")
	case uncertain:
		tally.count("survived bad circumstances")
	default:
		tally.count(expected.tally)
	}
	if is, there := after[expected.path]; done && expected.path != "" && there {
		if expected.known.token == "new" {
			expected.known.token = is.owner
		}
		expected.known.seen = is.tag
	}
	if errors == nil && expected.creates != "" {
		m.placed[expected.creates] = true
	}
	m.store = after
	for _, o := range after {
		if o.owner != "" {
			m.tokens[o.owner] = true
		}
	}
}

// compare looks at every object.
func (m *model) compare(doing words, expected *outcome, after map[string]thing, done, uncertain bool) {
	m.t.Helper()
	for _, path := range slices.Sorted(maps.Keys(merged(m.store, after))) {
		if expected.others != nil && (strings.HasSuffix(path, "/") || path == corsPath) {
			continue // it has compared them
		}
		if strings.HasSuffix(path, "/") && m.world.name() == "file" {
			continue // directories come and go with files
		}
		was, before := m.store[path]
		is, now := after[path]
		same := before == now && was.equal(is)
		right := same
		if path == expected.path {
			wanted := expected.after == nil && !now || expected.after != nil && now && m.fits(*expected.after, is)
			switch {
			case done:
				right = wanted
			case uncertain:
				right = same || wanted
			}
		}
		if !right {
			m.t.Fatalf("%s (%s):\n%s\nwas: %t %s\nis: %t %s\nwant: %t %v", doing, expected.tally, path, before, was, now, is, done, expected.after)
		}
	}
	if expected.path != "" && done && expected.after != nil {
		if _, there := after[expected.path]; !there {
			m.t.Fatalf("%s: %s is not there", doing, expected.path)
		}
	}
}

// fits says whether an object is the wanted one. A new token is one that nobody has seen before.
func (m *model) fits(wanted, is thing) bool {
	if wanted.owner == "new" {
		if is.owner == "" || m.tokens[is.owner] {
			return false
		}
		wanted.owner = is.owner
	}
	wanted.tag = is.tag
	return wanted.equal(is)
}

// notDeleted is for an object whose delete failed: of a tainted one that is replaced Terraform has lost the private state by that. A deposed one has its own.
func (m *model) notDeleted(target *object, deposed bool) {
	if target.tainted && !deposed {
		target.lost = true
	}
}

// written holds a new state to what exists.
func (m *model) written(o *object) {
	if o.kind != artifactKind {
		return
	}
	state := fields(o.value)
	if is, there := m.store[placeOf(state)]; there && o.seen == is.tag && text(state["content_sha256"]) != sum(is.data) {
		m.t.Fatalf("the state says %s of %s", describe(o.value), is)
	}
}
