package secrettest

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// between is how often processes and temporary files are looked at. Terraform and the provider live several times as long.
const between = 100 * time.Millisecond

// seesProcesses: elsewhere the arguments of Terraform are searched, and not those of what it starts.
const seesProcesses = runtime.GOOS == "linux"

// sampler looks at what is there for a short time only: the arguments of processes, and files directly in the directory for temporary ones.
type sampler struct {
	temporary string

	processes map[string]*searcher // by PID and arguments
	files     map[string]time.Time // when they were changed last, as they were seen
	fileBytes int64
	found     []Finding
}

// watch samples until it is told to stop.
func (s *sampler) watch(stop <-chan struct{}) {
	for {
		s.lookAtProcesses()
		s.lookAtFiles()
		select {
		case <-stop:
			return
		case <-time.After(between):
		}
	}
}

// lookAtProcesses goes through the processes below this one.
func (s *sampler) lookAtProcesses() {
	parents := map[int]int{}
	entries, _ := os.ReadDir("/proc")
	for _, process := range entries {
		pid, err := strconv.Atoi(process.Name())
		if err != nil {
			continue // something else
		}
		stat, err := os.ReadFile(filepath.Join("/proc", process.Name(), "stat"))
		if err != nil {
			continue // gone
		}
		// "pid (name) state ppid …", and the name may have anything in it.
		if fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:])); len(fields) > 1 {
			parents[pid], _ = strconv.Atoi(fields[1])
		}
	}
	for pid := range parents {
		if pid == os.Getpid() || !descends(pid, parents) {
			continue
		}
		arguments, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
		if err != nil || len(arguments) == 0 || isServersOwn(arguments) {
			continue
		}
		key := strconv.Itoa(pid) + " " + string(arguments)
		if s.processes[key] == nil {
			search := newSearcher("the arguments of the process " + strings.SplitN(string(arguments), "\x00", 2)[0])
			search.Write(arguments)
			s.processes[key] = search
		}
	}
}

func descends(pid int, parents map[int]int) bool {
	for range len(parents) {
		parent, there := parents[pid]
		if !there {
			return false
		}
		if parent == os.Getpid() {
			return true
		}
		pid = parent
	}
	return false
}

// isServersOwn: the tool that makes an account in versitygw takes its secret as an argument and knows no other way. It is a part of the
// test's server, and nothing that the provider starts.
func isServersOwn(arguments []byte) bool {
	words := strings.Split(string(arguments), "\x00")
	return filepath.Base(words[0]) == "versitygw" && len(words) > 1 && words[1] == "admin"
}

// lookAtFiles searches each file that is new, or was changed.
func (s *sampler) lookAtFiles() {
	entries, _ := os.ReadDir(s.temporary)
	for _, file := range entries {
		if !file.Type().IsRegular() {
			continue
		}
		path := filepath.Join(s.temporary, file.Name())
		info, err := file.Info()
		if err != nil || s.files[path].Equal(info.ModTime()) {
			continue
		}
		found, err := searchFile(path)
		if err != nil {
			continue // gone
		}
		s.files[path] = info.ModTime()
		s.fileBytes += found.bytes
		s.found = append(s.found, found.findings...)
	}
}

// entries are what was seen.
func (s *sampler) entries() []entry {
	processes := entry{Kind: "processes", Files: len(s.processes)}
	for _, search := range s.processes {
		processes.Bytes += search.bytes
		processes.Findings = append(processes.Findings, search.findings...)
	}
	return []entry{processes, {Kind: "temporary files", Files: len(s.files), Bytes: s.fileBytes, Findings: s.found}}
}
