package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// usage is a line of the meter.
type usage struct {
	Event   string  `json:"event"`
	Seconds float64 `json:"seconds"`
	CPU     float64 `json:"cpu"`
	PeakKiB int64   `json:"peak_kib"`
	Exit    int     `json:"exit"`
}

// command is a program to run and to measure.
type command struct {
	name        string // for its log
	directory   string
	environment []string
	args        []string
	plugin      string // what of metered it starts; "": nothing
	exits       int    // the only status that is right
}

// patience is how long one command may take. The longest, an apply of 10,000 artifacts, takes minutes.
const patience = 40 * time.Minute

// meter runs a program to its end, and tells what it took.
func (l *lab) meter(ctx context.Context, c command) (result.Sample, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("%v: no end within %s", c.args, patience))
	defer cancel()
	log, usages := l.path("log", c.name+".log"), l.path("log", c.name+".usage")
	if err := remove(usages); err != nil {
		return result.Sample{}, err
	}
	plugins := ""
	if c.plugin != "" {
		plugins = l.path("metered", c.plugin, "usage.jsonl")
		if err := remove(plugins); err != nil {
			return result.Sample{}, err
		}
	}
	if err := l.start(ctx, c, log, usages); err != nil {
		return result.Sample{}, err
	}
	took, _, err := readUsages(usages)
	if err != nil {
		return result.Sample{}, err
	}
	if len(took) != 1 {
		return result.Sample{}, fmt.Errorf("%v: no usage was written\n%s", c.args, tail(log))
	}
	if took[0].Exit != c.exits {
		return result.Sample{}, fmt.Errorf("%v: exit status %d\n%s", c.args, took[0].Exit, tail(log))
	}
	sample := result.Sample{Seconds: took[0].Seconds, CPU: took[0].CPU, PeakKiB: took[0].PeakKiB}
	if plugins != "" {
		if sample.Plugin, err = pluginUsage(ctx, plugins); err != nil {
			return result.Sample{}, err
		}
	}
	return sample, nil
}

// start runs it in a group of its own. When ctx ends, the group is interrupted, and later killed.
func (l *lab) start(ctx context.Context, c command, log, usages string) error {
	out, err := os.Create(log)
	if err != nil {
		return err
	}
	defer out.Close()
	process := exec.CommandContext(ctx, l.path("bin", "meter"), append([]string{usages}, c.args...)...)
	process.Dir, process.Env, process.Stdout, process.Stderr = c.directory, c.environment, out, out
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGINT) }
	process.WaitDelay = 20 * time.Second
	err = process.Run()
	if ctx.Err() != nil {
		_ = syscall.Kill(-process.Process.Pid, syscall.SIGKILL) // whoever of the group is left
		return context.Cause(ctx)
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return err
	}
	return nil
}

// pluginUsage adds up the launches. A plugin that has just been told to end may still be ending.
func pluginUsage(ctx context.Context, file string) (*result.Plugin, error) {
	for deadline := time.Now().Add(5 * time.Second); ; {
		ended, started, err := readUsages(file)
		if err != nil {
			return nil, err
		}
		if started == len(ended) {
			total := &result.Plugin{Launches: started}
			for _, u := range ended {
				total.CPU += u.CPU
				total.PeakKiB = max(total.PeakKiB, u.PeakKiB)
			}
			return total, nil
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("%d of %d plugins were killed before they could say what they took", started-len(ended), started)
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func readUsages(file string) (ended []usage, started int, err error) {
	in, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var u usage
		if err := json.Unmarshal(lines.Bytes(), &u); err != nil {
			return nil, 0, err
		}
		switch u.Event {
		case "start":
			started++
		case "end":
			ended = append(ended, u)
		}
	}
	return ended, started, lines.Err()
}

// remove removes a file that may be there.
func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
