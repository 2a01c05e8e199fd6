// Package result has what a run of the benchmarks found, as it is written to results.json: samples, and no figure made of them.
package result

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// Results is the whole file.
type Results struct {
	Machine      Machine                 `json:"machine"`
	Measurements map[string]*Measurement `json:"measurements"`
}

// Machine is what it ran on.
type Machine struct {
	Processor string   `json:"processor"`
	Cores     int      `json:"cores"`
	MemoryMiB int64    `json:"memory_mib"`
	Kernel    string   `json:"kernel"`
	Go        string   `json:"go"`
	Terraform string   `json:"terraform"`
	Peers     []string `json:"peers"` // with their versions
}

// Measurement is one of the programs' measurements, taken in one go.
type Measurement struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	About    string    `json:"about"`
	Started  time.Time `json:"started"`
	Seconds  float64   `json:"seconds"`
	Load     float64   `json:"load"`     // average over the minute before it started
	Provider string    `json:"provider"` // the commit that was measured
	Quick    bool      `json:"quick"`    // smaller than the goals say
	Cases    []*Case   `json:"cases"`
	Notes    []string  `json:"notes,omitempty"` // who was left out and why, and what else a reader has to know
	Tables   []Table   `json:"tables,omitempty"`
}

// Case is one thing that all contestants did in turns.
type Case struct {
	Key         string        `json:"key"`
	Title       string        `json:"title"`
	X           float64       `json:"x,omitempty"`     // where cases are points of a curve: a number of files, or bytes
	Bytes       int64         `json:"bytes,omitempty"` // of all files together
	Contestants []*Contestant `json:"contestants"`
}

// Contestant is one of those that did it. Its n-th sample is of the same round as the n-th of the others.
type Contestant struct {
	Name    string   `json:"name"`
	Samples []Sample `json:"samples"`
}

// Sample is one run. What was not measured is absent.
type Sample struct {
	Seconds  float64        `json:"seconds,omitempty"`
	CPU      float64        `json:"cpu,omitempty"`      // seconds, of the command and all that it started
	PeakKiB  int64          `json:"peak_kib,omitempty"` // of the largest of its processes
	Plugin   *Plugin        `json:"plugin,omitempty"`
	Requests map[string]int `json:"requests,omitempty"` // by method
	Sent     int64          `json:"sent,omitempty"`     // bytes of requests' bodies
	Received int64          `json:"received,omitempty"` // bytes of answers' bodies
}

// Plugin is what the provider took, over all its launches in one command of Terraform.
type Plugin struct {
	Launches int     `json:"launches"`
	CPU      float64 `json:"cpu"`
	PeakKiB  int64   `json:"peak_kib"`
}

// Table is what is told in words.
type Table struct {
	Title string     `json:"title"`
	Head  []string   `json:"head"`
	Rows  [][]string `json:"rows"`
}

// Case returns the case with that key, or nil.
func (m *Measurement) Case(key string) *Case {
	if m == nil {
		return nil
	}
	for _, c := range m.Cases {
		if c.Key == key {
			return c
		}
	}
	return nil
}

// Of returns a contestant's samples.
func (c *Case) Of(name string) []Sample {
	if c == nil {
		return nil
	}
	for _, contestant := range c.Contestants {
		if contestant.Name == name {
			return contestant.Samples
		}
	}
	return nil
}

// Total is how many requests there were.
func (s Sample) Total() int {
	total := 0
	for _, n := range s.Requests {
		total += n
	}
	return total
}

// Values returns one figure of each sample.
func Values(samples []Sample, of func(Sample) float64) []float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, of(s))
	}
	return values
}

// Read reads a file. One that is not there has no results.
func Read(path string) (*Results, error) {
	results := &Results{Measurements: map[string]*Measurement{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return results, nil
	}
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, results); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return results, nil
}

// Write writes the file, at once and whole.
func (r *Results) Write(path string) error {
	text, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path+".part", append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// SameMachine says whether figures of both may stand in one file.
func (m Machine) SameMachine(other Machine) bool {
	return m.Processor == other.Processor && m.Cores == other.Cores && m.Kernel == other.Kernel && m.MemoryMiB>>9 == other.MemoryMiB>>9
}
