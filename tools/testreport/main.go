// Command testreport reads the output of `go test -json`, prints what `go test` prints, and fails where a test was
// skipped, too: a test that did not run proves nothing. It also fails where no test ran at all.
//
//	go test -json ./... | testreport
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Elapsed     float64
	Output      string
	FailedBuild string
}

type report struct {
	out      io.Writer
	output   map[string][]string // of tests that run, and of packages: printed only on failure
	builds   map[string][]string // the compiler's words, by import path
	packages map[string]bool     // passed?
	passed   int
	failed   []string
	skipped  []string
}

func main() {
	r := &report{out: os.Stdout, output: map[string][]string{}, builds: map[string][]string{}, packages: map[string]bool{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	}
	if !r.summary() {
		os.Exit(1)
	}
}

func (r *report) read(in io.Reader) error {
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) == nil {
				r.add(e)
			} else {
				fmt.Fprintf(r.out, "%s", line) // go's own words
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the test output: %w", err)
		}
	}
}

func (r *report) add(e event) {
	key := e.Package + " " + e.Test
	switch {
	case e.Action == "build-output":
		r.builds[e.ImportPath] = append(r.builds[e.ImportPath], e.Output)
	case e.Action == "output":
		r.output[key] = append(r.output[key], e.Output)
	case e.Test == "":
		r.endPackage(e, key)
	case e.Action == "pass":
		r.passed++
		delete(r.output, key)
	case e.Action == "skip":
		r.skipped = append(r.skipped, key+"\n"+indent(r.output[key]))
		delete(r.output, key)
	case e.Action == "fail":
		r.failed = append(r.failed, key)
		fmt.Fprintf(r.out, "--- FAIL: %s (%s)\n%s", e.Test, e.Package, indent(r.output[key]))
		delete(r.output, key)
	}
}

func (r *report) endPackage(e event, key string) {
	switch e.Action {
	case "pass":
		r.packages[e.Package] = true
		fmt.Fprintf(r.out, "ok  \t%s\t%.3fs\n", e.Package, e.Elapsed)
	case "skip":
		fmt.Fprintf(r.out, "?   \t%s\t[no test files]\n", e.Package)
	case "fail":
		r.packages[e.Package] = false
		for _, line := range r.builds[e.FailedBuild] {
			fmt.Fprint(r.out, line)
		}
		// A test that was running when the package died (a panic, a timeout) has no end of its own.
		for _, running := range slices.Sorted(maps.Keys(r.output)) {
			if strings.HasPrefix(running, e.Package+" ") && running != key {
				fmt.Fprintf(r.out, "--- not ended: %s\n%s", running, indent(r.output[running]))
			}
		}
		fmt.Fprintf(r.out, "%sFAIL\t%s\t%.3fs\n", indent(r.output[key]), e.Package, e.Elapsed)
	default:
		return
	}
	for running := range r.output {
		if strings.HasPrefix(running, e.Package+" ") {
			delete(r.output, running)
		}
	}
}

// summary says whether everything ran and passed.
func (r *report) summary() bool {
	broken := 0
	for _, ok := range r.packages {
		if !ok {
			broken++
		}
	}
	for _, name := range r.failed {
		fmt.Fprintf(r.out, "FAILED  %s\n", name)
	}
	for _, name := range r.skipped {
		fmt.Fprintf(r.out, "SKIPPED %s", name)
	}
	good := broken == 0 && len(r.failed) == 0 && len(r.skipped) == 0 && r.passed > 0
	verdict := "PASS"
	if !good {
		verdict = "FAIL"
	}
	fmt.Fprintf(r.out, "%s: %d passed, %d failed, %d skipped, in %d packages (%d failed)\n",
		verdict, r.passed, len(r.failed), len(r.skipped), len(r.packages), broken)
	if r.passed == 0 {
		fmt.Fprintln(r.out, "No test ran.")
	}
	return good
}

func indent(lines []string) string {
	var b strings.Builder
	for _, line := range lines {
		b.WriteString("    " + line)
	}
	return b.String()
}
