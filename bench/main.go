// Command bench measures this provider beside others that do the same, in turns, on servers of its own on loopback. README.md says
// how; RESULTS.md says what came out.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/report"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// measurement is one of those that can be named on the command line.
type measurement struct {
	name  string
	title string
	about string
	run   func(context.Context, *lab, *result.Measurement) error
}

// measurements are all there are, in the order in which they run.
var measurements = []measurement{startup, requests, small, latency, large, parallel, hashOnce, movedOnce, sourceURL, growthCount, growthSize}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	quick := flags.Bool("quick", false, "smaller files and fewer of them: minutes, and not the sizes that the goals speak of")
	rounds := flags.Int("rounds", 0, "how often each contestant runs, in turns; 0: each measurement's own number")
	out := flags.String("out", "", "directory for results.json, RESULTS.md and plots/; measurements that are there already and not named stay")
	render := flags.Bool("render", false, "measure nothing, make RESULTS.md and plots/ anew from the results.json that is there")
	flags.Usage = func() {
		fmt.Fprintf(flags.Output(), "usage: bench [flags] -out DIRECTORY [measurement ...]\n\nWithout names all are taken:\n")
		for _, m := range measurements {
			fmt.Fprintf(flags.Output(), "  %-13s %s\n", m.name, m.title)
		}
		fmt.Fprintln(flags.Output())
		flags.PrintDefaults()
	}
	if err := flags.Parse(os.Args[1:]); err != nil {
		return err
	}
	if *out == "" {
		flags.Usage()
		return errors.New("-out says where the results go")
	}
	chosen, err := choose(flags.Args())
	if err != nil {
		return err
	}
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	file := filepath.Join(*out, "results.json")
	results, err := result.Read(file)
	if err != nil {
		return err
	}
	var failed error
	if !*render {
		failed = measure(ctx, chosen, results, file, options{quick: *quick, rounds: *rounds})
	}
	// What was measured before a failure is told all the same.
	if err := report.Write(results, names(), *out); err != nil {
		return errors.Join(failed, err)
	}
	fmt.Fprintf(os.Stdout, "%s\n", filepath.Join(*out, "RESULTS.md"))
	return failed
}

// names are those of all measurements, in their order.
func names() []string {
	var all []string
	for _, m := range measurements {
		all = append(all, m.name)
	}
	return all
}

func choose(wanted []string) ([]measurement, error) {
	if len(wanted) == 0 {
		return measurements, nil
	}
	var chosen []measurement
	for _, m := range measurements {
		if slices.Contains(wanted, m.name) {
			chosen = append(chosen, m)
		}
	}
	if len(chosen) != len(wanted) {
		return nil, fmt.Errorf("[%s]: there are only [%s]", strings.Join(wanted, " "), strings.Join(names(), " "))
	}
	return chosen, nil
}

// measure takes one measurement after another, and writes the file after each. One that fails is said at the end.
func measure(ctx context.Context, chosen []measurement, results *result.Results, file string, o options) (err error) {
	l, err := newLab(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	if len(results.Measurements) > 0 && !results.Machine.SameMachine(l.machine) {
		return fmt.Errorf("%s is of another machine: give another -out", file)
	}
	results.Machine = l.machine
	var failed []error
	for _, m := range chosen {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		taken := &result.Measurement{
			Name: m.name, Title: m.title, About: m.about, Started: time.Now().UTC().Truncate(time.Second),
			Load: loadAverage(), Provider: l.commit, Quick: o.quick,
		}
		l.say("%s: %s (load average %.2f)", m.name, m.title, taken.Load)
		err := m.run(ctx, l, taken)
		taken.Seconds = time.Since(taken.Started).Seconds()
		err = errors.Join(err, l.clear())
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", m.name, err))
			continue
		}
		results.Measurements[m.name] = taken
		if err := results.Write(file); err != nil {
			return err
		}
	}
	return errors.Join(failed...)
}
