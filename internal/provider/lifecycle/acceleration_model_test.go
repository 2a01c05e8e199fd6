package lifecycle_test

import (
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// accelerationBlock is a flink_transfer_acceleration in a configuration.
type accelerationBlock struct {
	base    string // "": the provider's
	enabled int    // 0: not set, 1: true, 2: false
	wait    bool
	creates bool
}

func (l *lifecycle) drawAcceleration() accelerationBlock {
	t := l.t
	return accelerationBlock{
		base:    rapid.SampledFrom(append(append([]string{""}, l.world.bases("a")...), l.world.bases("b")...)).Draw(t, "base of the acceleration"),
		enabled: rapid.IntRange(0, 2).Draw(t, "enabled"),
		wait:    often(t, 4, "wait"),
		creates: rapid.Bool().Draw(t, "create_before_destroy"),
	}
}

// block is what a run gets. A wait is for quiet runs: it may last half an hour where another client switches off meanwhile.
func (b accelerationBlock) block(c *core, quiet bool) block {
	values := map[string]tftypes.Value{}
	if b.base != "" {
		values["base_uri"] = str(b.base)
	}
	if b.enabled > 0 {
		values["enabled"] = boolean(b.enabled == 1)
	}
	if b.wait && quiet {
		values["wait"] = boolean(true)
	}
	of := c.typeOf("flink_transfer_acceleration")
	if b.creates {
		values["timeouts"] = withNulls(of.AttributeTypes["timeouts"], patience(of))
	}
	config := withNulls(of, values)
	return block{kind: "flink_transfer_acceleration", config: config, planning: config, creates: b.creates}
}

// claimAlone notes who is planned for a thing of which there is one: two of them are refused, unless both exist already.
func (m *model) claimAlone(place, kind string, mine known) (refused bool) {
	same := false
	for _, other := range m.claims {
		switch {
		case other.place != place:
		case other.known.id != 0 && other.known.id == mine.id:
			same = same || other.kind == kind
		case kind == "destroyed", other.kind == "destroyed", kind == "kept" && other.kind == "kept":
		default:
			refused = true
		}
	}
	if !same {
		m.claims = append(m.claims, claim{place, kind, mine})
	}
	return refused
}

func (m *model) plansAcceleration(planning tftypes.Value, prior *object, anew bool) (planned plannedChange) {
	config := fields(planning)
	if config["base_uri"].IsNull() && m.base == "" && prior == nil {
		return planned
	}
	kind, mine := "created", known{}
	if prior != nil {
		mine = prior.ours()
		if !anew {
			kind = "kept"
		}
	}
	planned.location = accelerationPath
	if m.claimAlone(accelerationPath, kind, mine) {
		planned.refused, planned.why = true, "two accelerations of one bucket"
	}
	return planned
}

func (m *model) plannedAcceleration(c *change, forced bool) {
	if c.prior == nil {
		return
	}
	if want := forced || c.prior.tainted; want != (c.action == replace) {
		m.t.Fatalf("%s: planned %s", c.addr, c.action)
	}
	before, planned := fields(c.prior.value), fields(c.planned)
	if c.action == noop && truth(before["enabled"]) != truth(planned["enabled"]) {
		m.t.Fatalf("%s: nothing is planned, and it is to be switched", c.addr)
	}
}

func (m *model) refreshedAcceleration(before, after *object) *object {
	if after == nil {
		m.t.Fatalf("the refresh says that the acceleration is gone")
	}
	was, is := fields(before.value), fields(after.value)
	if truth(is["enabled"]) != (m.store[accelerationPath].data == "on") {
		m.t.Fatalf("the refresh says %s, and it is %s", describe(after.value), m.store[accelerationPath].data)
	}
	for name, value := range was {
		if name != "enabled" && !is[name].Equal(value) {
			m.t.Fatalf("the refresh changes %s from %s to %s", name, value, is[name])
		}
	}
	return after
}

// writesAcceleration says what a create and an update switch. The destroy will put back what the create found.
func (m *model) writesAcceleration(planned tftypes.Value, prior *object) outcome {
	wanted := truth(fields(planned)["enabled"])
	now := m.store[accelerationPath].data == "on"
	result := outcome{tally: "acceleration: nothing to switch"}
	if prior == nil {
		result.creates = accelerationPath
		result.known = known{id: m.new(), found: now}
		if now == wanted {
			return result
		}
	} else {
		result.known = prior.known
		if truth(fields(prior.value)["enabled"]) == wanted {
			return result
		}
	}
	after := switched(wanted)
	result.path, result.after, result.tally = accelerationPath, &after, "acceleration: switched"
	return result
}

// deletesAcceleration puts back what was found, unless another resource has come in its place.
func (m *model) deletesAcceleration(target *object, planned plannedChange, deposed bool) outcome {
	found := target.ours().found && (!planned.tainted || deposed)
	switch {
	case m.placed[accelerationPath]:
		return outcome{tally: "acceleration: left to another one"}
	case truth(fields(target.value)["enabled"]) == found:
		return outcome{tally: "acceleration: is as it was found"}
	}
	after := switched(found)
	return outcome{path: accelerationPath, after: &after, tally: "acceleration: put back"}
}

// changeAccelerations adds, changes, renames or removes the one block of a bucket's acceleration.
func (l *lifecycle) changeAccelerations() {
	t := l.t
	kind := rapid.SampledFrom([]string{"set", "set", "rename", "remove", "import", "enabled"}).Draw(t, "acceleration")
	from, to := accelerations[0], accelerations[1]
	b, there := l.accelerated[from]
	if other, elsewhere := l.accelerated[to]; elsewhere {
		from, to, b, there = to, from, other, true
	}
	t.Logf("the acceleration at %s: %s", from, kind)
	switch {
	case kind == "set" || !there && kind != "import":
		l.accelerated[from] = l.drawAcceleration()
	case kind == "enabled":
		b.enabled = rapid.IntRange(0, 2).Draw(t, "enabled")
		l.accelerated[from] = b
	case kind == "rename":
		delete(l.accelerated, from)
		l.accelerated[to] = b
	case kind == "remove":
		delete(l.accelerated, from)
	default:
		l.importAcceleration(from)
	}
}

func (l *lifecycle) importAcceleration(addr string) {
	t := l.t
	if l.state[addr] != nil {
		return
	}
	base := rapid.SampledFrom(l.world.bases("b")).Draw(t, "import of")
	l.configure(l.world.provider())
	l.model.beginWalk(l.world.provider())
	o, failures := l.imports(accelerationKind, base, false)
	l.model.unchanged("an import")
	if failures != nil || truth(fields(o.value)["enabled"]) != (l.model.store[accelerationPath].data == "on") {
		t.Fatalf("importing the acceleration: %v", failures)
	}
	o.known = known{id: l.model.new()}
	l.state[addr] = &instance{current: o}
	l.accelerated[addr] = accelerationBlock{base: base, enabled: 1}
	tally.count("acceleration: imported")
}

var accelerations = []string{"flink_transfer_acceleration.x", "flink_transfer_acceleration.y"}
