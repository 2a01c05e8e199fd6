package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/stats"
)

// Who is who in the results, as the measurements name them.
const (
	flink    = "flink"
	cold     = "flink, no digest known"
	warm     = "flink, digest known"
	silent   = "flink, sending nothing"
	alone    = "Terraform alone"
	awsOne   = "aws provider"
	emptyOne = "empty provider"
	noDelay  = "flink, no delay"
	delayed  = "flink, 50 ms each way"
)

// goal is one thing to reach, and what was.
type goal struct {
	number  string
	what    string
	limit   string
	figure  string // "" when it was not measured
	met     bool
	quick   bool   // measured with smaller loads than the goal speaks of
	missing string // why it was not measured
}

func (g goal) verdict() string {
	switch {
	case g.figure == "":
		return "not measured: " + g.missing
	case g.met:
		return "met"
	}
	return "**missed**"
}

// Figures of a sample.
func seconds(s result.Sample) float64  { return s.Seconds }
func requests(s result.Sample) float64 { return float64(s.Total()) }
func pluginCPU(s result.Sample) float64 {
	if s.Plugin == nil {
		return math.NaN()
	}
	return s.Plugin.CPU
}

func pluginPeak(s result.Sample) float64 {
	if s.Plugin == nil {
		return math.NaN()
	}
	return float64(s.Plugin.PeakKiB) / 1024
}

// atMost judges a figure. NaN is one that was not measured.
func atMost(number, what, format string, figure, limit float64, m *result.Measurement) goal {
	g := goal{number: number, what: what, limit: "at most " + fmt.Sprintf(format, limit), quick: m != nil && m.Quick}
	if math.IsNaN(figure) {
		g.missing = "there are no such runs"
		return g
	}
	g.figure, g.met = fmt.Sprintf(format, figure), figure <= limit
	return g
}

func values(m *result.Measurement, key, who string, of func(result.Sample) float64) []float64 {
	return result.Values(m.Case(key).Of(who), of)
}

// worst is the largest of a figure, over all rounds: a peak is not what is usual.
func worst(all ...[]float64) float64 {
	joined := slices.Concat(all...)
	if len(joined) == 0 {
		return math.NaN()
	}
	return slices.Max(joined)
}

func goals(results *result.Results) []goal {
	m := results.Measurements
	all := requestGoals(m["requests"])
	all = append(all, uploadGoals(m["large"], m["parallel"], m["growth-size"])...)
	all = append(all, smallGoals(m["small"])...)
	all = append(all, atMost("5", "plan of 1000 without changes, 50 ms each way, to the same without delay", "%.2f times",
		stats.Ratio(values(m["latency"], "plan", delayed, seconds), values(m["latency"], "plan", noDelay, seconds)), 1.5, m["latency"]))
	all = append(all, atMost("6", "`providers schema -json`, more than an empty provider", "%.0f ms",
		1000*stats.Difference(values(m["startup"], "schema", flink, seconds), values(m["startup"], "schema", emptyOne, seconds)), 60, m["startup"]))
	all = append(all, growthGoals(m["growth-count"], m["growth-size"])...)
	all = append(all, atMost("8", "plan without changes over a known file of 1 GiB, more than Terraform alone", "%.2f s",
		stats.Difference(values(m["hash-once"], "plan", warm, seconds), values(m["hash-once"], "plan", alone, seconds)), 0.3, m["hash-once"]))
	return append(all, movedGoals(m["moved-once"])...)
}

func requestGoals(m *result.Measurement) []goal {
	listing := goal{number: "1", what: "requests of a plan of N artifacts without changes", limit: "at most 8 + N/1000, rounded up", missing: "there are no such runs", met: true, quick: m != nil && m.Quick}
	var figures []string
	if m != nil {
		for _, c := range m.Cases {
			if n := worst(result.Values(c.Of(flink), requests)); c.X > 0 && !math.IsNaN(n) {
				figures = append(figures, fmt.Sprintf("N = %.0f: %.0f", c.X, n))
				listing.met = listing.met && n <= 8+math.Ceil(c.X/1000)
			}
		}
	}
	listing.figure = strings.Join(figures, ", ")
	count := func(key string) float64 { return worst(values(m, key, flink, requests)) }
	return []goal{
		listing,
		atMost("2", "requests while a create is planned", "%.0f", count("plan-create"), 0, m),
		atMost("2", "requests of a create of one small object", "%.0f", count("create"), 2, m),
		atMost("2", "requests of an update", "%.0f", count("update"), 2, m),
		atMost("2", "requests of a delete", "%.0f", count("delete"), 2, m),
	}
}

func uploadGoals(large, parallel, sizes *result.Measurement) []goal {
	took := func(who string) []float64 { return values(large, "apply", who, seconds) }
	gibibytes := math.NaN()
	if c := large.Case("apply"); c != nil {
		gibibytes = float64(c.Bytes) / (1 << 30)
	}
	cpu := worst([]float64{stats.Median(values(large, "apply", cold, pluginCPU))}) / gibibytes
	peaks := [][]float64{values(large, "apply", cold, pluginPeak), values(large, "apply", warm, pluginPeak)}
	if sizes != nil {
		for _, c := range sizes.Cases {
			peaks = append(peaks, result.Values(c.Of(flink), pluginPeak))
		}
	}
	aws := atMost("3", "apply of 1 GiB, no digest known, to the aws provider", "%.2f times", stats.Ratio(took(cold), took(awsOne)), 0.5, large)
	if aws.figure == "" {
		aws.missing = "there was no aws provider"
	}
	known := atMost("3", "apply of 1 GiB, digest known, to mc", "%.2f times", stats.Ratio(took(warm), took("mc")), 1, large)
	if len(took(warm)) == 0 {
		known.missing = "the provider remembers no digest"
	}
	return []goal{
		atMost("3", "apply of 1 GiB, no digest known, to mc", "%.2f times", stats.Ratio(took(cold), took("mc")), 1.25, large),
		known,
		aws,
		atMost("3", "processor time of the provider, all launches, for each GiB", "%.2f s", cpu, 2.5, large),
		atMost("3", "peak of the provider's memory, whatever the file's size", "%.0f MiB", worst(peaks...), 48, large),
		atMost("3", "the same, ten of 100 MiB at once", "%.0f MiB", worst(values(parallel, "hundreds", flink, pluginPeak)), 96, parallel),
		atMost("3", "the same, four of 1 GiB at once", "%.0f MiB", worst(values(parallel, "large", flink, pluginPeak)), 96, parallel),
	}
}

func smallGoals(m *result.Measurement) []goal {
	took := func(who string) []float64 { return values(m, "apply", who, seconds) }
	return []goal{
		atMost("4", "apply of 200 files of 256 KiB, to the same without sending", "%.2f times", stats.Ratio(took(flink), took(silent)), 1.3, m),
		atMost("4", "the same, to 200 `terraform_data`", "%.2f times", stats.Ratio(took(flink), took(alone)), 1.6, m),
		atMost("4", "peak of the provider's memory there", "%.0f MiB", worst(values(m, "apply", flink, pluginPeak)), 60, m),
	}
}

// growthGoals judge how a figure grows between the two largest points: 1 is linear, 0 is flat.
func growthGoals(count, size *result.Measurement) []goal {
	exponent := func(m *result.Measurement, prefix, who string, of func(result.Sample) float64) float64 {
		points := curve(m, prefix, who, of)
		if len(points) < 2 {
			return math.NaN()
		}
		a, b := points[len(points)-2], points[len(points)-1]
		return stats.Exponent(a.x, a.y, b.x, b.y)
	}
	beside := func(g goal, prefix string) goal {
		if own := exponent(count, prefix, alone, seconds); g.figure != "" && !math.IsNaN(own) {
			g.figure += fmt.Sprintf(" (Terraform alone: %.2f)", own)
		}
		return g
	}
	const time, flat = 1.1, 0.1
	return []goal{
		beside(atMost("7", "growth of an apply's time with the number (1 is linear)", "%.2f", exponent(count, "apply-", flink, seconds), time, count), "apply-"),
		beside(atMost("7", "growth of a plan's time with the number", "%.2f", exponent(count, "plan-", flink, seconds), time, count), "plan-"),
		atMost("7", "growth of the provider's processor time with the number, at apply", "%.2f", exponent(count, "apply-", flink, pluginCPU), time, count),
		atMost("7", "growth of the provider's processor time with the number, at plan", "%.2f", exponent(count, "plan-", flink, pluginCPU), time, count),
		atMost("7", "growth of a plan's requests with the number", "%.2f", exponent(count, "requests-", flink, requests), 1, count),
		atMost("7", "growth of the provider's memory with the number, at apply (0 is flat)", "%.2f", exponent(count, "apply-", flink, pluginPeak), flat, count),
		atMost("7", "growth of the provider's memory with the number, at plan", "%.2f", exponent(count, "plan-", flink, pluginPeak), flat, count),
		atMost("7", "growth of an apply's time with the size", "%.2f", exponent(size, "apply-", flink, seconds), time, size),
		atMost("7", "growth of the provider's memory with the size", "%.2f", exponent(size, "apply-", flink, pluginPeak), flat, size),
	}
}

func movedGoals(m *result.Measurement) []goal {
	var all []goal
	for _, step := range []struct{ key, what string }{
		{"unchanged", "bytes sent by an apply without changes"},
		{"metadata", "bytes sent when only metadata change"},
		{"copy", "bytes sent for a source in the same store"},
		{"adopt", "bytes sent for an object that is there, its state lost"},
	} {
		c := m.Case(step.key)
		sent := worst(values(m, step.key, flink, func(s result.Sample) float64 { return float64(s.Sent) }))
		g := atMost("9", step.what, "%.0f", sent, 64<<10, m)
		g.limit = "at most 64 KiB"
		if g.figure != "" {
			g.figure += fmt.Sprintf(" of %d", c.Bytes)
		}
		all = append(all, g)
	}
	return all
}
