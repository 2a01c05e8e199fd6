package lifecycle_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// tally counts what happened, so that a generator that has gone blind is seen.
var tally = &counts{seen: map[string]int{}}

type counts struct {
	mu   sync.Mutex
	seen map[string]int
}

func (c *counts) count(what string) {
	if what == "" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[what]++
}

func (c *counts) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	var lines []string
	for _, what := range slices.Sorted(maps.Keys(c.seen)) {
		lines = append(lines, fmt.Sprintf("%8d %s", c.seen[what], what))
	}
	return strings.Join(lines, "\n")
}

// missing are those that never happened.
func (c *counts) missing(all []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(all), func(what string) bool { return c.seen[what] > 0 })
}

func (c *counts) lifecycles() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for what, seen := range c.seen {
		if strings.HasPrefix(what, "lifecycles: ") {
			n += seen
		}
	}
	return n
}

// mustHappen is what a generator that is not blind lets happen.
var mustHappen = []string{
	"create: adopted", "create: overwritten", "create: taken over", "create: written",
	"update: attributes alone", "update: nothing sent", "update: other bytes",
	"delete: deleted", "delete: gone already", "delete: left, adopted", "delete: left, another one was created there", "delete: left, another one's",
	"delete: left, of a tainted resource", "delete: left, to be retained", "delete: refused, unproven", "delete: refused, the source changed after the plan",
	"refused: another object is there already", "refused: the object changed since the plan",
	"refused: the source has other bytes than planned", "refused: the source is missing",
	"refused: as it is planned again", "the final plan is another one", "refused: the bucket is not accelerated",
	"refresh: another's by now", "refresh: gone", "refresh: other bytes", "refresh: the same bytes again",
	"drift: foreign object", "drift: gone", "drift: metadata", "drift: other bytes", "drift: other bytes of the same size", "drift: the same bytes again",
	"drift: the token copied along", "drift: acceleration switched by hand",
	"acceleration: switched", "acceleration: nothing to switch", "acceleration: put back", "acceleration: is as it was found",
	"acceleration: imported",
	"storage: made", "storage: changed", "storage: removed", "storage: imported", "storage: left to another one",
	"storage: a directory with something in it stays",
	"cors: added at the end", "cors: removed", "cors: another's rule serves", "cors: another's rule stays",
	"drift of the workspace: a directory goes", "drift of the workspace: a foreign rule first",
	"import: done", "import: nothing there", "step: lost state", "step: renamed",
	"planned: flink_artifact create", "planned: flink_artifact no-op", "planned: flink_artifact replace", "planned: flink_artifact update",
	"run: applied", "run: destroyed", "run: failed", "run: killed", "run: the plan is refused", "failed under bad circumstances", "refresh: failed under bad circumstances", "survived bad circumstances",
	"error: Interrupted", "error: Two artifacts at the same location", "error: Two resources own the same object, and one would delete it", "error: The old object was kept",
	"error: The object changed since the plan", "error: The source differs from the plan", "error: Object already exists",
	"warning: The base URI is not known yet", "warning: The object was left in the store", "warning: Existing object taken over", "warning: Existing object adopted",
	"warning: The object now belongs to another resource", "warning: One artifact is destroyed and another created at the same location",
	"warning: The source is not known yet",
}
