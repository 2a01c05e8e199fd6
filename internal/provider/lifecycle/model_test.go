package lifecycle_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// model says what must be in the store and in the state after each step. It knows the provider by its documents, and shares no code with it.
type model struct {
	t     fatal
	world world
	store map[string]thing // as it was when it was last looked at

	base      string // the provider's, in this walk; "": it is not known
	claims    []claim
	placed    map[string]bool // where something was created in this walk
	foreign   map[string]bool // what a refresh of this walk found to be another's
	ids       int
	abandoned map[string]bool // uploads that were open after a failure
	tokens    map[string]bool // all that were ever seen
	murky     bool            // a call failed under bad circumstances: what it has sent may be done only now
	excused   bool            // something was not known at plan: what is refused then may be refused as late as in the apply
}

// known is what the model knows of an object of a state.
type known struct {
	id         int
	lost       bool   // Terraform has lost the private state: only a tainted resource's, in a delete that failed
	token      string // that it knows; "": none
	owned      bool
	stamped    bool   // it wrote that token itself
	seen       string // tag of the object as it was seen last
	source     string // URL that was read last
	sourceHash string // and what came
	found      bool   // of a transfer acceleration: whether it was on
	written    string // of a workspace: what its CORS rule was when it was last written
}

type claim struct {
	place string
	kind  string // "kept", "created", "destroyed"
	known known  // without an id: a new resource
}

// plannedChange is what the model knows of a planned change.
type plannedChange struct {
	refused   bool
	why       string
	hash      string // "": not known
	location  string // path; "": not known
	unproven  bool   // nobody could see what comes in the place of what is replaced
	foreign   bool   // of a tainted resource: its object is another's
	tainted   bool
	replaced  bool // it lies somewhere else by now, or may
	complains bool // the source is of no use
}

// outcome is what must come of a call.
type outcome struct {
	refused bool
	why     string
	creates string // where a resource comes to be, written or not; "": it does not
	path    string // the one place that changes; "": none
	after   *thing // what exists then; nil: nothing. An owner of "new" stands for a token that nobody has seen, and a tag counts only if nothing changes.
	known   known
	tally   string
	others  func(before, after map[string]thing, errors failed) // compares where more than one object changes
}

func newModel(t fatal, w world) *model {
	m := &model{t: t, world: w, tokens: map[string]bool{}, abandoned: map[string]bool{}}
	m.look()
	return m
}

// look takes in what is in the store, after a change behind the provider's back.
func (m *model) look() {
	m.store = m.world.look()
	for _, o := range m.store {
		if o.owner != "" {
			m.tokens[o.owner] = true
		}
	}
}

func (m *model) beginWalk(provider map[string]tftypes.Value) {
	if m.murky {
		m.murky = false
		m.world.settle()
		m.look()
	}
	m.base = text(provider["base_uri"])
	m.claims, m.placed, m.foreign = nil, map[string]bool{}, map[string]bool{}
}

// unchanged is for all that must not write.
func (m *model) unchanged(doing string) {
	m.t.Helper()
	after := m.world.look()
	for _, path := range slices.Sorted(maps.Keys(merged(m.store, after))) {
		was, before := m.store[path]
		is, now := after[path]
		if before != now || !was.equal(is) {
			m.t.Fatalf("%s changed %s:\n%t %s\n%t %s", doing, path, before, was, now, is)
		}
	}
}

func merged(one, other map[string]thing) map[string]bool {
	paths := map[string]bool{}
	for path := range one {
		paths[path] = true
	}
	for path := range other {
		paths[path] = true
	}
	return paths
}

// shares says whether the delete of one resource could take what the other one keeps.
func (k known) shares(kept known) bool { return k.token == kept.token || kept.owned && !kept.stamped }

// claim notes who is planned where. It says whether that must be refused.
func (m *model) claim(place, kind string, mine known) (refused bool) {
	same := false
	for _, other := range m.claims {
		if other.place != place {
			continue
		}
		if other.known.id != 0 && other.known.id == mine.id {
			same = same || other.kind == kind
			continue
		}
		switch {
		case kind == "destroyed":
			refused = refused || other.kind == "kept" && mine.shares(other.known)
		case other.kind == "destroyed":
			refused = refused || kind == "kept" && other.known.shares(mine)
		case other.kind == "kept" && kind == "kept":
		default:
			refused = true
		}
	}
	if !same {
		m.claims = append(m.claims, claim{place, kind, mine})
	}
	return refused
}

// prefixOf is the workspace that a base URI names.
func prefixOf(base string) string { return path.Base(strings.TrimSuffix(base, "/")) }

// placeOf is the path of an artifact.
func placeOf(state map[string]tftypes.Value) string {
	uri := text(state["uri"])
	at := strings.LastIndex(uri, "/artifacts/namespaces/")
	return prefixOf(uri[:at]) + uri[at:]
}

func (m *model) new() int {
	m.ids++
	return m.ids
}

// found is what there is to read at a source: "" and the reason, where there is nothing.
func (m *model) found(config map[string]tftypes.Value) (data, problem string) {
	at := text(config["source"])
	switch {
	case !config["content"].IsNull():
		return text(config["content"]), ""
	case !config["source_url"].IsNull():
		url := text(config["source_url"])
		if !strings.HasPrefix(url, "file://") {
			for path, o := range m.store {
				if m.world.remote(path) == url {
					return o.data, ""
				}
			}
			return "", "missing"
		}
		at = strings.TrimPrefix(url, "file://")
	}
	read, err := os.ReadFile(at)
	switch {
	case err == nil:
		return string(read), ""
	case os.IsNotExist(err):
		return "", "missing"
	}
	return "", "complaint"
}

func isRemote(config map[string]tftypes.Value) bool {
	url := text(config["source_url"])
	return url != "" && !strings.HasPrefix(url, "file://")
}

// pin is the hash that the configuration requires. ok: it is known; a pin that is not known yet is "?".
func (m *model) pin(config map[string]tftypes.Value) (pin string, ok bool) {
	sums := config["content_sha256_url"]
	switch {
	case !config["content_sha256"].IsKnown():
		return "?", true
	case sums.IsNull():
		return text(config["content_sha256"]), true
	case !sums.IsKnown() || !config["source_url"].IsKnown():
		return "?", false
	}
	read, err := os.ReadFile(strings.TrimPrefix(text(sums), "file://"))
	if err != nil {
		return "", false
	}
	return strings.TrimSpace(string(read)), true
}

func (m *model) String() string {
	var lines []string
	for _, path := range slices.Sorted(maps.Keys(m.store)) {
		lines = append(lines, fmt.Sprintf("  %s: %s", path, m.store[path]))
	}
	return strings.Join(lines, "\n")
}
