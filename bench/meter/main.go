// Command meter runs a program and writes down what it took: time, processor time and peak of memory, by the system's own account
// of the ended process and of those that it waited for. It is small, as Linux counts the peak of whoever starts a program as
// the program's own.
//
//	meter FILE PROGRAM [ARGUMENT...]
//
// Under the name of a provider (terraform-provider-*) it is a plugin that runs the real one, of the same name in the directory
// real beside it, and writes to usage.jsonl beside it: Terraform itself tells nobody what its plugins take.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// line is what a run appends to its file: one when it starts, one when it has ended, so that a run that never ended is seen.
type line struct {
	Event   string  `json:"event"`
	Seconds float64 `json:"seconds,omitempty"`
	CPU     float64 `json:"cpu,omitempty"`
	PeakKiB int64   `json:"peak_kib,omitempty"`
	Exit    int     `json:"exit"`
}

func main() {
	code, err := run(os.Args)
	if err != nil {
		fmt.Fprintln(os.Stderr, "meter:", err)
		code = 125
	}
	os.Exit(code)
}

func run(args []string) (int, error) {
	own, err := os.Executable()
	if err != nil {
		return 0, err
	}
	directory, name := filepath.Split(own)
	if strings.HasPrefix(name, "terraform-provider-") {
		return measure(filepath.Join(directory, "usage.jsonl"), filepath.Join(directory, "real", name), args[1:])
	}
	if len(args) < 3 {
		return 0, errors.New("usage: meter FILE PROGRAM [ARGUMENT...]")
	}
	return measure(args[1], args[2], args[3:])
}

func measure(file, program string, args []string) (int, error) {
	if err := note(file, line{Event: "start"}); err != nil {
		return 0, err
	}
	// The program gets an interrupt from the terminal or the group itself, and this one waits for how it ends.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	terminate := make(chan os.Signal, 1)
	signal.Notify(terminate, syscall.SIGTERM)

	command := exec.CommandContext(context.Background(), program, args...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	start := time.Now()
	if err := command.Start(); err != nil {
		return 0, err
	}
	go func() {
		for received := range terminate {
			_ = command.Process.Signal(received)
		}
	}()
	err := command.Wait()
	seconds := time.Since(start).Seconds()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	state := command.ProcessState
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0, errors.New("the system tells no usage")
	}
	code := state.ExitCode()
	if code < 0 {
		code = 128
	}
	return code, note(file, line{
		Event: "end", Seconds: seconds, CPU: (state.UserTime() + state.SystemTime()).Seconds(), PeakKiB: usage.Maxrss, Exit: code,
	})
}

// note appends one line in one write, so that plugins that run at the same time do not mix theirs.
func note(file string, l line) error {
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	out, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	if _, err := out.Write(append(text, '\n')); err != nil {
		return errors.Join(err, out.Close())
	}
	return out.Close()
}
