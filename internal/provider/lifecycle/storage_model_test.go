package lifecycle_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// corsPath is under which look shows a bucket's CORS rules, where a store has them.
const corsPath = "?cors"

// corsRule is a rule as any store has it. Its lists are sorted.
type corsRule struct {
	ID      string `json:",omitempty"`
	Origins []string
	Methods []string
	Headers []string `json:",omitempty"`
	Expose  []string `json:",omitempty"`
	Age     int64    `json:",omitempty"` // 0: none
}

func (r corsRule) allows() string {
	r.ID = ""
	for _, list := range []*[]string{&r.Origins, &r.Methods, &r.Headers, &r.Expose} {
		*list = slices.Sorted(slices.Values(*list))
	}
	text, _ := json.Marshal(r)
	return string(text)
}

func rulesThing(rules []corsRule) thing {
	var lines []string
	for _, rule := range rules {
		lines = append(lines, rule.ID+" "+rule.allows())
	}
	return thing{data: strings.Join(lines, "\n")}
}

func (m *model) rules() (rules []corsRule) {
	for line := range strings.Lines(m.store[corsPath].data) {
		id, allowed, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		var rule corsRule
		must(json.Unmarshal([]byte(allowed), &rule))
		rule.ID = id
		rules = append(rules, rule)
	}
	return rules
}

func (m *model) hasCORS() bool { _, has := m.store[corsPath]; return has }

const storageKind = "flink_workspace_storage"

// storageBlock is a flink_workspace_storage in a configuration.
type storageBlock struct {
	base        string // "": the provider's
	namespaces  []string
	directories []string // nil: those of Flink platforms
	cors        int      // 0: none, 1: the documented one, 2 and 3: others
	creates     bool
}

func (l *lifecycle) drawStorage() storageBlock {
	t := l.t
	b := storageBlock{
		base:        rapid.SampledFrom(append(append([]string{""}, l.world.bases("a")...), l.world.bases("b")...)).Draw(t, "base of the workspace"),
		namespaces:  rapid.SampledFrom([][]string{nil, {"default"}, {"default", "other"}, {"third"}}).Draw(t, "namespaces"),
		directories: rapid.SampledFrom([][]string{nil, {"logs"}, {"artifacts", "logs"}, {}}).Draw(t, "directories"),
		creates:     rapid.Bool().Draw(t, "create_before_destroy"),
	}
	if l.model.hasCORS() {
		b.cors = rapid.IntRange(0, 3).Draw(t, "cors_rule")
	}
	if b.cors == 0 && len(b.namespaces) == 0 && len(b.directories) == 0 && b.directories != nil {
		b.namespaces = []string{"default"} // with nothing at all there is nothing to be seen
	}
	return b
}

func set(values ...string) tftypes.Value {
	elements := []tftypes.Value{}
	for _, value := range slices.Sorted(slices.Values(values)) {
		elements = append(elements, str(value))
	}
	return tftypes.NewValue(tftypes.Set{ElementType: tftypes.String}, elements)
}

func (b storageBlock) block(c *core) block {
	of := c.typeOf(storageKind)
	values := map[string]tftypes.Value{}
	if b.base != "" {
		values["base_uri"] = str(b.base)
	}
	if b.namespaces != nil {
		values["namespaces"] = set(b.namespaces...)
	}
	if b.directories != nil {
		values["directories"] = set(b.directories...)
	}
	if b.cors > 0 {
		rule := map[string]tftypes.Value{}
		if b.cors > 1 {
			rule["allowed_origins"] = set("https://console.example.com")
			rule["allowed_methods"] = set("GET", "PUT")
			rule["expose_headers"] = set("ETag")
		}
		if b.cors > 2 {
			rule["max_age_seconds"] = tftypes.NewValue(tftypes.Number, 600)
			rule["allowed_headers"] = set("content-type")
		}
		values["cors_rule"] = withNulls(of.AttributeTypes["cors_rule"], rule)
	}
	if b.creates {
		values["timeouts"] = withNulls(of.AttributeTypes["timeouts"], patience(of))
	}
	config := withNulls(of, values)
	return block{kind: storageKind, config: config, planning: config, creates: b.creates}
}

// patience is a timeout for everything that a resource has one for.
func patience(of tftypes.Object) map[string]tftypes.Value {
	values := map[string]tftypes.Value{}
	for name := range of.AttributeTypes["timeouts"].(tftypes.Object).AttributeTypes {
		values[name] = str("10m")
	}
	return values
}

func elements(value tftypes.Value) (texts []string) {
	if value.IsNull() || !value.IsKnown() {
		return nil
	}
	var values []tftypes.Value
	must(value.As(&values))
	for _, one := range values {
		texts = append(texts, text(one))
	}
	return texts
}

// wantedRule is the rule of a state; nil: there is none.
func (m *model) wantedRule(state map[string]tftypes.Value) *corsRule {
	if state["cors_rule"].IsNull() {
		return nil
	}
	of := fields(state["cors_rule"])
	rule := &corsRule{
		Origins: elements(of["allowed_origins"]), Methods: elements(of["allowed_methods"]), Headers: elements(of["allowed_headers"]),
		Expose: elements(of["expose_headers"]), Age: number(of["max_age_seconds"]),
	}
	rule.ID = m.ruleID(state)
	return rule
}

// ours is where our rule is: by its ID, or where the store has none by what was written last.
func ours(rules []corsRule, id, written string) int {
	for i, rule := range slices.Backward(rules) {
		if id != "" && rule.ID == id || id == "" && written != "" && rule.allows() == written {
			return i
		}
	}
	return -1
}

func (m *model) ruleID(state map[string]tftypes.Value) string {
	if m.world.name() != "s3" {
		return ""
	}
	digest := sha256.Sum256([]byte(m.world.bases(prefixOf(text(state["base_uri"])))[0]))
	return "flink-" + hex.EncodeToString(digest[:])[:16]
}

// directoriesOf are the paths of all directories of a state, those of namespaces among them.
func directoriesOf(state map[string]tftypes.Value) []string {
	prefix := prefixOf(text(state["base_uri"])) + "/"
	var paths []string
	for _, directory := range elements(state["directories"]) {
		paths = append(paths, prefix+directory+"/")
	}
	for _, namespace := range elements(state["namespaces"]) {
		paths = append(paths, prefix+"artifacts/namespaces/"+namespace+"/")
	}
	slices.Sort(paths)
	return paths
}

func workspacePlace(base string) string { return "workspace " + prefixOf(base) }

func (m *model) plansStorage(planning tftypes.Value, prior *object, anew bool) (planned plannedChange) {
	base := m.base
	if own := fields(planning)["base_uri"]; !own.IsNull() {
		base = text(own)
	} else if base == "" && prior != nil {
		base = text(fields(prior.value)["base_uri"])
	}
	if base == "" {
		return planned
	}
	kind, mine := "created", known{}
	if prior != nil {
		mine = prior.ours()
		planned.replaced = prefixOf(base) != prefixOf(text(fields(prior.value)["base_uri"]))
		if !anew && !planned.replaced {
			kind = "kept"
		}
	}
	if m.claimAlone(workspacePlace(base), kind, mine) {
		planned.refused, planned.why = true, "two workspaces in one place"
	}
	return planned
}

func (m *model) plannedStorage(c *change, forced bool) {
	if c.prior == nil {
		return
	}
	if want := forced || c.prior.tainted || c.expected.replaced; want != (c.action == replace) {
		m.t.Fatalf("%s: planned %s", c.addr, c.action)
	}
}

// refreshedStorage holds a refresh to what exists: a directory exists with its marker, or with anything in it.
func (m *model) refreshedStorage(before, after *object) *object {
	was := fields(before.value)
	var there []string
	for _, directory := range directoriesOf(was) {
		for path := range m.store {
			if strings.HasPrefix(path, directory) {
				there = append(there, directory)
				break
			}
		}
	}
	var rule string
	if wanted := m.wantedRule(was); wanted != nil {
		rules := m.rules()
		if at := ours(rules, m.ruleID(was), before.written); at >= 0 {
			rule = rules[at].allows()
		} else if slices.ContainsFunc(rules, func(other corsRule) bool {
			return !strings.HasPrefix(other.ID, "flink-") && other.allows() == wanted.allows()
		}) {
			rule = wanted.allows()
		}
	}
	if len(there) == 0 && rule == "" && (len(directoriesOf(was)) > 0 || !was["cors_rule"].IsNull()) {
		if after != nil {
			m.t.Fatalf("nothing of the workspace is there, and the refresh says %s", describe(after.value))
		}
		tally.count("storage: gone")
		return nil
	}
	if after == nil {
		m.t.Fatalf("the refresh says that the workspace is gone, and there are %v and the rule %q", there, rule)
	}
	is := fields(after.value)
	if got := directoriesOf(is); !slices.Equal(got, there) {
		m.t.Fatalf("the refresh says %v, and there are %v", got, there)
	}
	if got := m.wantedRule(is); (got != nil) != (rule != "") || got != nil && got.allows() != rule {
		m.t.Fatalf("the refresh says the rule %v, want %q", got, rule)
	}
	return after
}

// storageOutcome compares directories and rules. Objects with data are never touched; that is compared for all kinds. Whatever failed, the rules
// of others stay.
func (m *model) storageOutcome(id string, directories map[string]bool, rules []corsRule, result outcome) outcome {
	result.others = func(before, after map[string]thing, errors failed) {
		if errors != nil {
			if was, is := rulesOfOthers(before, id), rulesOfOthers(after, id); id != "" && !slices.Equal(was, is) {
				m.t.Fatalf("%s: failed, and the rules of others were\n%v\nand are\n%v", result.tally, was, is)
			}
			return
		}
		var wanted, got []string
		wanted = slices.Sorted(maps.Keys(directories))
		for path := range after {
			if strings.HasSuffix(path, "/") {
				got = append(got, path)
			}
		}
		if slices.Sort(got); !slices.Equal(got, wanted) {
			m.t.Fatalf("%s: there are the directories %v, want %v, and there were\n%s", result.tally, got, wanted, m)
		}
		if m.hasCORS() && after[corsPath].data != rulesThing(rules).data {
			m.t.Fatalf("%s: the rules were\n%s\nand are\n%s\nwant\n%s", result.tally, before[corsPath].data, after[corsPath].data, rulesThing(rules).data)
		}
	}
	return result
}

// rulesOfOthers are those without the ID of ours, in their order.
func rulesOfOthers(store map[string]thing, id string) (others []string) {
	for line := range strings.Lines(store[corsPath].data) {
		if other, _, _ := strings.Cut(line, " "); other != id {
			others = append(others, strings.TrimSuffix(line, "\n")) // the last one has none
		}
	}
	return others
}

func (m *model) directories() map[string]bool {
	directories := map[string]bool{}
	for path := range m.store {
		if strings.HasSuffix(path, "/") {
			directories[path] = true
		}
	}
	return directories
}

// without takes directories away in which there is nothing, the deepest first.
func (m *model) without(directories map[string]bool, paths, staying []string) {
	isNamespace := func(path string) bool {
		return strings.Count(path, "/") == 4 && strings.Contains(path, "/artifacts/namespaces/")
	}
	for _, path := range paths {
		above := prefixOf(strings.Split(path, "/")[0]) + "/artifacts/namespaces/"
		if isNamespace(path) && !slices.ContainsFunc(staying, isNamespace) && !slices.Contains(paths, above) {
			paths = append(slices.Clone(paths), above) // the directory of all namespaces is removed with the last
		}
	}
	slices.SortStableFunc(paths, func(a, b string) int { return strings.Count(b, "/") - strings.Count(a, "/") })
	for _, path := range paths {
		holds := func(other string) bool { return other != path && strings.HasPrefix(other, path) }
		full := false
		for other := range m.store {
			full = full || holds(other) && !strings.HasSuffix(other, "/")
		}
		for other := range directories {
			full = full || holds(other)
		}
		if full {
			tally.count("storage: a directory with something in it stays")
			continue
		}
		delete(directories, path)
	}
}

func (m *model) writesStorage(planned tftypes.Value, prior *object) outcome {
	state := fields(planned)
	var before []string
	was := ""
	result := outcome{tally: "storage: made"}
	if prior == nil {
		result.known = known{id: m.new()}
		m.placed[workspacePlace(text(state["base_uri"]))] = true // Terraform has planned it: that counts
	} else {
		before, result.known, result.tally = directoriesOf(fields(prior.value)), prior.known, "storage: changed"
		if rule := m.wantedRule(fields(prior.value)); rule != nil {
			was = rule.allows()
		}
	}
	after := directoriesOf(state)
	directories := m.directories()
	for _, path := range after {
		if slices.Contains(before, path) {
			continue
		}
		directories[path] = true
		if m.world.name() == "file" {
			for parent := path; ; {
				parent = parent[:strings.LastIndexByte(strings.TrimSuffix(parent, "/"), '/')+1]
				if parent == "" {
					break
				}
				directories[parent] = true
			}
		}
	}
	m.without(directories, slices.DeleteFunc(slices.Clone(before), func(path string) bool { return slices.Contains(after, path) }), after)
	rules := m.rules()
	wanted := m.wantedRule(state)
	id := m.ruleID(state)
	at := ours(rules, id, result.known.written)
	switch {
	case wanted == nil && was == "" || wanted != nil && was == wanted.allows():
	case wanted == nil:
		if at >= 0 {
			rules = slices.Delete(rules, at, at+1)
			tally.count("cors: removed")
		}
		result.known.written = ""
	case at >= 0:
		rules[at] = *wanted
		result.known.written = wanted.allows()
		tally.count("cors: mended in its place")
	case slices.ContainsFunc(rules, func(other corsRule) bool {
		return !strings.HasPrefix(other.ID, "flink-") && other.allows() == wanted.allows()
	}):
		result.known.written = ""
		tally.count("cors: another's rule serves")
	default:
		rules = append(rules, *wanted)
		result.known.written = wanted.allows()
		tally.count("cors: added at the end")
	}
	return m.storageOutcome(id, directories, rules, result)
}

func (m *model) deletesStorage(target *object, planned plannedChange, deposed bool) outcome {
	state := fields(target.value)
	directories, rules := m.directories(), m.rules()
	if m.placed[workspacePlace(text(state["base_uri"]))] {
		return m.storageOutcome(m.ruleID(state), directories, rules, outcome{tally: "storage: left to another one"})
	}
	written := target.ours().written
	if planned.tainted && !deposed {
		written = ""
	}
	if !state["cors_rule"].IsNull() {
		if at := ours(rules, m.ruleID(state), written); at >= 0 {
			rules = slices.Delete(rules, at, at+1)
			tally.count("cors: removed")
		} else {
			tally.count("cors: another's rule stays")
		}
	}
	m.without(directories, directoriesOf(state), nil)
	return m.storageOutcome(m.ruleID(state), directories, rules, outcome{tally: "storage: removed"})
}
