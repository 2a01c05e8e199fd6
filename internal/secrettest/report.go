package secrettest

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// Report is what a run has searched, and found.
type Report struct {
	Places   map[string]Place // by kind: states, plans, logs, …
	Findings []Finding
	ExitCode int // of what was run

	named map[string]bool
}

// Place is one kind of place.
type Place struct {
	Files int
	Bytes int64
}

func (r *Report) add(e entry) {
	place := r.Places[e.Kind]
	place.Files += e.Files
	place.Bytes += e.Bytes
	r.Places[e.Kind] = place
	for _, finding := range e.Findings {
		if key := finding.Where + finding.Form; !r.named[key] {
			r.named[key] = true
			r.Findings = append(r.Findings, finding)
		}
	}
}

// expected are the places that a whole acceptance suite fills. One that is empty was not watched.
var expected = []string{"secrets made", "states", "plans", "show -json", "output", "logs", "arguments", "processes", "temporary files", "the tests' own output"}

// Unwatched are the places where nothing was seen at all.
func (r *Report) Unwatched() []string {
	var kinds []string
	for _, kind := range expected {
		if r.Places[kind].Files == 0 && (kind != "processes" || seesProcesses) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// most is how many findings are told.
const most = 50

// Print tells all of it.
func (r *Report) Print(out io.Writer) {
	fmt.Fprintf(out, "Secrets: looked for %d forms of the mark.\n", len(forms))
	for _, kind := range slices.Sorted(maps.Keys(r.Places)) {
		place := r.Places[kind]
		fmt.Fprintf(out, "  %-22s %7d  %9.1f MB\n", kind, place.Files, float64(place.Bytes)/1e6)
	}
	for _, finding := range r.Findings[:min(len(r.Findings), most)] {
		fmt.Fprintf(out, "SECRET  %s\n", strings.ReplaceAll(finding.String(), "\n", "⏎"))
	}
	fmt.Fprintf(out, "Secrets found where none may be: %d\n", len(r.Findings))
}
