package lifecycle_test

import (
	"maps"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// planBytes says which hash is planned for a configuration; before is what the state has of the artifact, nil where there is none.
func (m *model) planBytes(config, before map[string]tftypes.Value, was known) plannedChange {
	var planned plannedChange
	pin, ok := m.pin(config)
	if !ok {
		return plannedChange{unproven: true}
	}
	if before != nil && pin != "" && pin == text(before["content_sha256"]) {
		return plannedChange{hash: pin}
	}
	if pin != "?" {
		planned.hash = pin
	}
	if !config["source"].IsKnown() || !config["source_url"].IsKnown() || !config["content"].IsKnown() {
		planned.unproven = config["content"].IsNull()
		return planned
	}
	data, problem := m.found(config)
	if isRemote(config) {
		switch {
		case pin != "":
		case problem == "" && was.source == text(config["source_url"]) && was.sourceHash == sum(data):
			planned.hash = was.sourceHash
		default:
			planned.unproven = true
		}
		return planned
	}
	switch {
	case problem != "":
		planned.unproven, planned.complains = true, problem == "complaint"
	case pin == "":
		planned.hash = sum(data)
	case pin != "?" && pin != sum(data):
		planned.unproven, planned.complains = true, true
	}
	return planned
}

// locate is the path of the artifact that a configuration means; "": it is not known yet.
func (m *model) locate(config, before map[string]tftypes.Value, hash string) string {
	base := m.base
	switch {
	case !config["base_uri"].IsNull():
		base = text(config["base_uri"])
	case base == "" && before != nil:
		base = text(before["base_uri"])
	}
	name, namespace := m.filename(config), text(config["namespace"])
	if truth(config["content_addressed"]) && name != "" {
		if hash == "" {
			return ""
		}
		name = addressed(name, hash)
	}
	if base == "" || name == "" || namespace == "" {
		return ""
	}
	return prefixOf(base) + "/artifacts/namespaces/" + namespace + "/" + name
}

func (m *model) filename(config map[string]tftypes.Value) string {
	for _, from := range []string{"filename", "source_url", "source"} {
		if value := config[from]; !value.IsNull() {
			if !value.IsKnown() {
				return ""
			}
			return path.Base(text(value))
		}
	}
	return ""
}

// addressed puts the first twelve digits of the hash before the extension.
func addressed(name, hash string) string {
	stem, extension := name, ""
	for _, known := range []string{".tar.gz", path.Ext(name)} {
		if before, found := strings.CutSuffix(name, known); found && before != "" && known != "" {
			stem, extension = before, known
			break
		}
	}
	return stem + "-" + hash[:12] + extension
}

// ours is what a resource knows by its private state.
func (o *object) ours() known {
	if o.lost {
		return known{}
	}
	return o.known
}

func (m *model) plansArtifact(planning tftypes.Value, prior *object, tainted bool) plannedChange {
	config := fields(planning)
	exists := prior != nil && !tainted
	var before map[string]tftypes.Value
	var mine known
	if exists {
		before, mine = fields(prior.value), prior.ours()
	}
	planned := m.planBytes(config, before, mine)
	planned.tainted = tainted
	if tainted {
		planned.foreign = m.foreign[placeOf(fields(prior.value))]
	}
	if planned.complains && !exists {
		planned.refused, planned.why = true, "the source is unusable"
		return planned
	}
	planned.location = m.locate(config, before, planned.hash)
	replaced := exists && planned.location != placeOf(before)
	kind := "created"
	if exists && !replaced {
		kind = "kept"
	}
	if planned.location != "" && m.claim(planned.location, kind, mine) {
		planned.refused, planned.why = true, "two in one place, or one that would take the other's object"
	}
	if replaced {
		if !truth(before["retain_on_destroy"]) && m.claim(placeOf(before), "destroyed", mine) {
			planned.refused, planned.why = true, "it would take the object of another one"
		}
		if isRemote(config) && !planned.unproven {
			_, problem := m.found(config)
			planned.unproven = problem != ""
		}
	}
	planned.replaced = replaced
	return planned
}

// plansArtifactAnew is for the second planning of what is replaced.
func (m *model) plansArtifactAnew(planning tftypes.Value, prior *object, planned *plannedChange) {
	config, mine := fields(planning), prior.ours()
	again := m.planBytes(config, nil, mine)
	planned.unproven = planned.replaced && planned.unproven || again.unproven
	planned.hash = again.hash
	planned.location = m.locate(config, nil, again.hash)
	if planned.location != "" && m.claim(planned.location, "created", mine) {
		planned.refused, planned.why = true, "two in one place"
	}
}

// plannedArtifact holds a plan to the truth.
func (m *model) plannedArtifact(c *change, forced bool) {
	planned, expected := fields(c.planned), c.expected
	hash := planned["content_sha256"]
	if text(hash) != expected.hash || hash.IsKnown() != (expected.hash != "") {
		m.t.Fatalf("%s: the planned hash is %s, want %q", c.addr, hash, expected.hash)
	}
	uri := planned["uri"]
	if uri.IsKnown() != (expected.location != "") {
		m.t.Fatalf("%s: the planned uri is %s, want a path of %q", c.addr, uri, expected.location)
	}
	if uri.IsKnown() {
		below := expected.location[1:]
		if want := strings.TrimSuffix(text(planned["base_uri"]), "/") + below; text(uri) != want {
			m.t.Fatalf("%s: the planned uri is %s, want %q", c.addr, uri, want)
		}
	}
	if c.prior == nil {
		return
	}
	before := fields(c.prior.value)
	if want := forced || c.prior.tainted || expected.location != placeOf(before); want != (c.action == replace) {
		m.t.Fatalf("%s: planned %s from %s to %q", c.addr, c.action, placeOf(before), expected.location)
	}
	if c.action != replace && text(before["content_sha256"]) == expected.hash && text(planned["source"]) != "" && text(before["source"]) != "" && !planned["source"].Equal(before["source"]) {
		m.t.Fatalf("%s: the same bytes by another path are planned to be a change: %s", c.addr, planned["source"])
	}
	if c.action == update && text(before["content_sha256"]) != expected.hash && planned["etag"].IsKnown() {
		m.t.Fatalf("%s: other bytes are planned, and the etag that they will have: %s", c.addr, planned["etag"])
	}
	if c.action == noop && (text(before["content_sha256"]) != expected.hash || !maps.Equal(metadataOf(before), metadataOf(fields(c.block.planning)))) {
		m.t.Fatalf("%s: nothing is planned, and something should change", c.addr)
	}
}

func metadataOf(state map[string]tftypes.Value) map[string]string {
	values := map[string]string{}
	for key, value := range fields(state["metadata"]) {
		values[key] = text(value)
	}
	return values
}

// refreshedArtifact holds a refresh to what exists.
func (m *model) refreshedArtifact(before, after *object) *object {
	was := fields(before.value)
	place := placeOf(was)
	there, found := m.store[place]
	if !found {
		if after != nil {
			m.t.Fatalf("%s is gone, and the refresh has it still", place)
		}
		tally.count("refresh: gone")
		return nil
	}
	if after == nil {
		m.t.Fatalf("%s is there, and the refresh says that it is gone: %s", place, there)
	}
	is := fields(after.value)
	if text(is["content_sha256"]) != sum(there.data) || number(is["size"]) != int64(len(there.data)) {
		m.t.Fatalf("%s: the refresh says %s (%d bytes), and there is %s", place, is["content_sha256"], number(is["size"]), there)
	}
	for name, value := range was {
		switch name {
		case "content_sha256", "size", "etag", "version_id", "content_type", "metadata":
		default:
			if !is[name].Equal(value) {
				m.t.Fatalf("%s: the refresh changes %s from %s to %s", place, name, value, is[name])
			}
		}
	}
	if kind := is["content_type"]; kind.IsNull() != was["content_type"].IsNull() || !kind.IsNull() && text(kind) != there.kind {
		m.t.Fatalf("%s: the refresh says content type %s of %s", place, kind, there)
	}
	want := map[string]string{}
	for key := range metadataOf(was) {
		if value, there := there.metadata[key]; there {
			want[key] = value
		}
	}
	if is["metadata"].IsNull() != was["metadata"].IsNull() || !maps.Equal(metadataOf(is), want) {
		m.t.Fatalf("%s: the refresh says metadata %s, want %v", place, is["metadata"], want)
	}
	if sum(there.data) != text(was["content_sha256"]) {
		tally.count("refresh: other bytes")
	} else if there.tag != before.seen {
		tally.count("refresh: the same bytes again")
	}
	if there.owner != "" && (before.lost || there.owner != before.token) {
		switch {
		case !before.lost:
			m.foreign[place] = true
			tally.count("refresh: another's by now")
		case there.tag == before.seen:
			after.token, after.owned, after.stamped, after.lost, after.id = there.owner, true, false, false, m.new()
			tally.count("refresh: a lost private state is mended")
		}
	}
	after.seen = there.tag
	return after
}
