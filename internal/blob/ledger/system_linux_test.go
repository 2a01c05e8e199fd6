package ledger

import (
	"strings"
	"testing"
)

func TestParseStat(t *testing.T) {
	rest := " S 1 1 1 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 5117601 3133440 410"
	for stat, want := range map[string]struct {
		started string
		there   bool
	}{
		"2396 (cat)" + rest:                               {"5117601", true},
		"2396 (a ) Z (b) 1 2)" + rest:                     {"5117601", true},
		"2396 (cat)" + strings.Replace(rest, "S", "Z", 1): {"5117601", false},
		"2396 (cat)" + strings.Replace(rest, "S", "X", 1): {"5117601", false},
		"2396 (cat) S 1 1":                                {"", true},
		"":                                                {"", true},
	} {
		if started, there := parseStat(stat); started != want.started || there != want.there {
			t.Errorf("%q: %q, %t", stat, started, there)
		}
	}
}
