// Package report makes RESULTS.md and its pictures of results.json: no figure in them is typed.
package report

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/stats"
)

// Write writes the report into a directory: the measurements in that order, those that were taken.
func Write(results *result.Results, order []string, directory string) error {
	plots := filepath.Join(directory, "plots")
	if err := os.MkdirAll(plots, 0o755); err != nil {
		return err
	}
	w := &writer{results: results, plots: plots}
	w.head()
	w.goals()
	for _, name := range order {
		if m := results.Measurements[name]; m != nil {
			if err := w.measurement(m); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return os.WriteFile(filepath.Join(directory, "RESULTS.md"), []byte(w.text.String()), 0o644)
}

type writer struct {
	results *result.Results
	plots   string
	text    strings.Builder
}

func (w *writer) line(format string, args ...any) {
	fmt.Fprintf(&w.text, format+"\n", args...)
}

func (w *writer) head() {
	machine := w.results.Machine
	w.line("# Results\n")
	w.line("Made by the program in this directory from `results.json`; nothing here is typed. Each contestant runs in turns with the others, round by round, after a round that does not count.")
	w.line("Times are medians, ratios are medians of the ratios pair by pair, within one measurement. Only ratios carry over to other machines. [README.md](README.md) says how it is measured.\n")
	w.line("| | |\n|---|---|")
	w.line("| processor | %d x %s |", machine.Cores, machine.Processor)
	w.line("| memory | %.1f GiB |", float64(machine.MemoryMiB)/1024)
	w.line("| kernel | %s |", machine.Kernel)
	w.line("| Go | %s |", machine.Go)
	w.line("| Terraform | %s |", machine.Terraform)
	w.line("| store | versitygw on a file system in memory, on loopback |")
	for _, peer := range machine.Peers {
		name, version, _ := strings.Cut(peer, ": ")
		w.line("| %s | %s |", name, version)
	}
	w.line("")
}

func (w *writer) goals() {
	all := goals(w.results)
	w.line("## Goals\n")
	if slices.ContainsFunc(all, func(g goal) bool { return g.quick }) {
		w.line("A star marks a quick run: with smaller loads than the goal speaks of.\n")
	}
	w.table([]string{"", "", "to reach", "figure", ""}, func(row func(...string)) {
		for _, g := range all {
			figure := g.figure
			if g.quick && figure != "" {
				figure += " \\*"
			}
			row(g.number, g.what, g.limit, figure, g.verdict())
		}
	})
}

func (w *writer) table(head []string, rows func(row func(...string))) {
	w.line("| %s |", strings.Join(head, " | "))
	w.line("|%s", strings.Repeat("---|", len(head)))
	rows(func(cells ...string) {
		for i, cell := range cells {
			cells[i] = strings.ReplaceAll(cell, "|", "\\|")
		}
		w.line("| %s |", strings.Join(cells, " | "))
	})
	w.line("")
}

func (w *writer) measurement(m *result.Measurement) error {
	w.line("## %s\n", strings.ToUpper(m.Title[:1])+m.Title[1:])
	w.line("%s\n", m.About)
	quick := ""
	if m.Quick {
		quick = " A quick run: smaller loads than the goals speak of."
	}
	w.line("`%s`, %s UTC, in %.0f s, the provider at %s, load average before: %.2f.%s\n",
		m.Name, m.Started.UTC().Format("2006-01-02 15:04"), m.Seconds, m.Provider, m.Load, quick)
	var err error
	switch m.Name {
	case "requests":
		err = w.requests(m)
	case "moved-once":
		err = w.moved(m)
	case "growth-count", "growth-size":
		err = w.growth(m)
	default:
		for _, c := range m.Cases {
			if err = w.turns(m, c); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	for _, t := range m.Tables {
		w.line("%s\n", t.Title)
		w.table(t.Head, func(row func(...string)) {
			for _, cells := range t.Rows {
				row(cells...)
			}
		})
	}
	for _, note := range m.Notes {
		w.line("* %s", note)
	}
	if len(m.Notes) > 0 {
		w.line("")
	}
	return nil
}

// column is one figure of a sample. Those that nobody has are left out.
type column struct {
	head string
	of   func(result.Sample) float64
}

var columns = []column{
	{"CPU s", func(s result.Sample) float64 { return s.CPU }},
	{"largest process, MiB", func(s result.Sample) float64 { return float64(s.PeakKiB) / 1024 }},
	{"provider's launches", func(s result.Sample) float64 {
		if s.Plugin == nil {
			return math.NaN()
		}
		return float64(s.Plugin.Launches)
	}},
	{"provider's CPU s", pluginCPU},
	{"provider's peak, MiB", pluginPeak},
}

// turns is a case in which all did the same.
func (w *writer) turns(m *result.Measurement, c *result.Case) error {
	if len(c.Contestants) == 0 {
		return nil
	}
	first := c.Contestants[0]
	w.line("### %s\n", c.Title)
	var shown []column
	for _, column := range columns {
		for _, who := range c.Contestants {
			if !math.IsNaN(stats.Median(result.Values(who.Samples, column.of))) {
				shown = append(shown, column)
				break
			}
		}
	}
	rounds := fmt.Sprintf("%d rounds", len(first.Samples))
	if len(first.Samples) == 1 {
		rounds = "1 round"
	}
	head := []string{rounds, "s", "least to most", first.Name + ", to this"}
	for _, column := range shown {
		head = append(head, column.head)
	}
	w.table(head, func(row func(...string)) {
		for _, who := range c.Contestants {
			took := result.Values(who.Samples, seconds)
			p := spread(0, took)
			cells := []string{who.Name, figure(p.y), figure(p.least) + " to " + figure(p.most), figure(stats.Ratio(result.Values(first.Samples, seconds), took))}
			for _, column := range shown {
				cells = append(cells, figure(stats.Median(result.Values(who.Samples, column.of))))
			}
			row(cells...)
		}
	})
	if err := w.picture(m, c.Key, c.Title, bars("seconds", first.Name, c.Contestants, seconds)); err != nil {
		return err
	}
	if m.Name != "parallel" {
		return nil
	}
	return w.picture(m, c.Key+"-memory", c.Title+": memory", bars("MiB, largest process or provider", first.Name, c.Contestants, func(s result.Sample) float64 {
		if s.Plugin != nil {
			return pluginPeak(s)
		}
		return float64(s.PeakKiB) / 1024
	}))
}

// requests are a row for each contestant, and a curve.
func (w *writer) requests(m *result.Measurement) error {
	var who []string
	head := []string{"requests"}
	for _, c := range m.Cases {
		head = append(head, c.Title)
		for _, contestant := range c.Contestants {
			if !slices.Contains(who, contestant.Name) {
				who = append(who, contestant.Name)
			}
		}
	}
	w.table(head, func(row func(...string)) {
		for _, name := range who {
			cells := []string{name}
			for _, c := range m.Cases {
				cells = append(cells, methods(c.Of(name)))
			}
			row(cells...)
		}
	})
	var lines []series
	for _, name := range who {
		if points := curve(m, "refresh-", name, requests); len(points) > 0 {
			lines = append(lines, series{name, points})
		}
	}
	if err := w.picture(m, "small", "Requests for one small object", groups(m.Cases, who, requests)); err != nil {
		return err
	}
	return w.picture(m, "refresh", "Requests of a plan without changes", curves("objects", "requests", lines))
}

// methods says how many requests there were, and of what kinds.
func methods(samples []result.Sample) string {
	if len(samples) == 0 {
		return ""
	}
	s := samples[0]
	var kinds []string
	for method, n := range s.Requests {
		kinds = append(kinds, fmt.Sprintf("%d %s", n, method))
	}
	slices.Sort(kinds)
	if len(kinds) == 0 {
		return "0"
	}
	return fmt.Sprintf("%d (%s)", s.Total(), strings.Join(kinds, ", "))
}

func (w *writer) moved(m *result.Measurement) error {
	w.table([]string{"", "requests", "MiB sent", "MiB received"}, func(row func(...string)) {
		for _, c := range m.Cases {
			samples := c.Of(flink)
			if len(samples) == 0 {
				continue
			}
			row(c.Title, methods(samples), fmt.Sprintf("%.2f", float64(samples[0].Sent)/(1<<20)), fmt.Sprintf("%.2f", float64(samples[0].Received)/(1<<20)))
		}
	})
	var steps []*result.Contestant
	for _, c := range m.Cases {
		steps = append(steps, &result.Contestant{Name: c.Title, Samples: c.Of(flink)})
	}
	return w.picture(m, "sent", "Bytes sent", bars("MiB", "", steps, func(s result.Sample) float64 { return float64(s.Sent) / (1 << 20) }))
}

// picture writes a picture, and shows it here.
func (w *writer) picture(m *result.Measurement, key, title string, draw drawing) error {
	name := m.Name + "-" + key + ".svg"
	if err := draw(title, filepath.Join(w.plots, name)); err != nil {
		return err
	}
	w.line("![%s](plots/%s)\n", title, name)
	return nil
}

func amount(x float64, unit string) string {
	if unit != "bytes" {
		return fmt.Sprintf("%.0f", x)
	}
	if x >= 1<<30 {
		return fmt.Sprintf("%.0f GiB", x/(1<<30))
	}
	return fmt.Sprintf("%.0f MiB", x/(1<<20))
}

// figure is a number with as many digits as it deserves.
func figure(x float64) string {
	switch {
	case math.IsNaN(x) || math.IsInf(x, 0):
		return ""
	case x >= 100 || x == math.Trunc(x): // a count, or large
		return fmt.Sprintf("%.0f", x)
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	case x >= 1:
		return fmt.Sprintf("%.2f", x)
	}
	return fmt.Sprintf("%.3f", x)
}
