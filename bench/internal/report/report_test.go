package report_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/report"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

func took(name string, seconds ...float64) *result.Contestant {
	c := &result.Contestant{Name: name}
	for _, s := range seconds {
		c.Samples = append(c.Samples, result.Sample{Seconds: s, CPU: 3, PeakKiB: 20 << 10})
	}
	return c
}

func render(t *testing.T, all ...*result.Measurement) (text, directory string) {
	t.Helper()
	results := &result.Results{Machine: result.Machine{Processor: "a|b", Cores: 2}, Measurements: map[string]*result.Measurement{}}
	var order []string
	for _, m := range all {
		m.Started = time.Date(2026, 11, 22, 1, 2, 3, 0, time.UTC)
		results.Measurements[m.Name] = m
		order = append(order, m.Name)
	}
	directory = t.TempDir()
	// As it is read from the file.
	file := filepath.Join(directory, "results.json")
	if err := results.Write(file); err != nil {
		t.Fatal(err)
	}
	results, err := result.Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := report.Write(results, order, directory); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(filepath.Join(directory, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(written), directory
}

func has(t *testing.T, text string, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if !strings.Contains(text, line+"\n") {
			t.Errorf("there is no line\n%s\nin\n%s", line, text)
		}
	}
}

func TestTurns(t *testing.T) {
	cold := took("flink, no digest known", 2, 6, 4)
	for i := range cold.Samples {
		cold.Samples[i].Plugin = &result.Plugin{Launches: 4, CPU: 1, PeakKiB: int64(40+10*i) << 10}
	}
	text, directory := render(t, &result.Measurement{
		Name: "large", Title: "one large file",
		Cases: []*result.Case{{Key: "apply", Title: "One file", Bytes: 1 << 30, Contestants: []*result.Contestant{cold, took("mc", 1, 3, 4), took("a | b", 100, 250, 400)}}},
	})
	has(t, text,
		"| flink, no digest known | 4 | 2 to 6 | 1 | 3 | 20 | 4 | 1 | 50 |",
		"| mc | 3 | 1 to 4 | 2 | 3 | 20 |  |  |  |",
		`| a \| b | 250 | 100 to 400 | 0.020 | 3 | 20 |  |  |  |`,
		// The median of the ratios is missed, the usual processor time is right, and of the peaks the largest counts.
		"| 3 | apply of 1 GiB, no digest known, to mc | at most 1.25 times | 2.00 times | **missed** |",
		"| 3 | apply of 1 GiB, digest known, to mc | at most 1.00 times |  | not measured: the provider remembers no digest |",
		"| 3 | processor time of the provider, all launches, for each GiB | at most 2.50 s | 1.00 s | met |",
		"| 3 | peak of the provider's memory, whatever the file's size | at most 48 MiB | 60 MiB | **missed** |",
		"| 5 | plan of 1000 without changes, 50 ms each way, to the same without delay | at most 1.50 times |  | not measured: there are no such runs |",
	)
	svg, err := os.ReadFile(filepath.Join(directory, "plots", "large-apply.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<svg", "sans-serif", ">mc"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("the picture has no %s", want)
		}
	}
}

func TestRequests(t *testing.T) {
	asked := func(n map[string]int) []*result.Contestant {
		return []*result.Contestant{{Name: "flink", Samples: []result.Sample{{Requests: n}}}}
	}
	m := &result.Measurement{Name: "requests", Title: "how many", Quick: true, Cases: []*result.Case{
		{Key: "plan-create", Title: "Plan of a create", Contestants: asked(map[string]int{})},
		{Key: "create", Title: "Create", Contestants: asked(map[string]int{"PUT": 1, "HEAD": 2})},
		{Key: "refresh-10", Title: "Plan of 10", X: 10, Contestants: asked(map[string]int{"GET": 1})},
		{Key: "refresh-1001", Title: "Plan of 1001", X: 1001, Contestants: asked(map[string]int{"GET": 2, "HEAD": 9})},
	}}
	text, _ := render(t, m)
	has(t, text,
		"| flink | 0 | 3 (1 PUT, 2 HEAD) | 1 (1 GET) | 11 (2 GET, 9 HEAD) |",
		`| 1 | requests of a plan of N artifacts without changes | at most 8 + N/1000, rounded up | N = 10: 1, N = 1001: 11 \* | **missed** |`,
		`| 2 | requests while a create is planned | at most 0 | 0 \* | met |`,
		`| 2 | requests of a create of one small object | at most 2 | 3 \* | **missed** |`,
	)
	m.Cases[3].Contestants = asked(map[string]int{"GET": 10})
	text, _ = render(t, m)
	has(t, text, `| 1 | requests of a plan of N artifacts without changes | at most 8 + N/1000, rounded up | N = 10: 1, N = 1001: 10 \* | met |`)
}

func TestGrowth(t *testing.T) {
	m := &result.Measurement{Name: "growth-count", Title: "growth"}
	for _, at := range []struct {
		x            float64
		title        string
		ours, theirs float64
		peak         int64
	}{{10, "10", 1, 0.1, 30}, {100, "100", 2, 1, 40}, {1000, "1000", 20, 20, 40}} {
		ours := took("flink", at.ours)
		ours.Samples[0].Plugin = &result.Plugin{Launches: 4, PeakKiB: at.peak << 10}
		m.Cases = append(m.Cases, &result.Case{Key: "apply-" + at.title, X: at.x, Contestants: []*result.Contestant{ours, took("Terraform alone", at.theirs)}})
	}
	text, _ := render(t, m)
	has(t, text,
		"| 100 | 2 | 1 |  |  | 0 |  |  | 40 |  |",
		"| 7 | growth of an apply's time with the number (1 is linear) | at most 1.10 | 1.00 (Terraform alone: 1.30) | met |",
		"| 7 | growth of the provider's memory with the number, at apply (0 is flat) | at most 0.10 | 0.00 | met |",
	)
}
