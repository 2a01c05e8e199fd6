package main

import (
	"context"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// describe tells what this runs on.
func describe(ctx context.Context, terraform string) result.Machine {
	machine := result.Machine{
		Processor: field("/proc/cpuinfo", "model name"),
		Cores:     runtime.NumCPU(),
		MemoryMiB: memory("MemTotal") >> 20,
		Go:        runtime.Version(),
	}
	kernel, _ := os.ReadFile("/proc/sys/kernel/osrelease")
	machine.Kernel = strings.TrimSpace(string(kernel))
	version, _ := exec.CommandContext(ctx, terraform, "version").Output()
	machine.Terraform, _, _ = strings.Cut(string(version), "\n")
	return machine
}

// field reads a line "name : value".
func field(file, name string) string {
	text, _ := os.ReadFile(file)
	for line := range strings.Lines(string(text)) {
		if key, value, _ := strings.Cut(line, ":"); strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// memory reads a line of /proc/meminfo, in bytes.
func memory(name string) int64 {
	kib, _ := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", name), " kB"), 10, 64)
	return kib << 10
}

// loadAverage is that of the last minute.
func loadAverage() float64 {
	text, _ := os.ReadFile("/proc/loadavg")
	first, _, _ := strings.Cut(string(text), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}

// space is how many bytes a directory's file system has left.
func space(directory string) int64 {
	var stat syscall.Statfs_t
	if err := syscall.Statfs(directory, &stat); err != nil {
		return 0
	}
	return int64(stat.Bavail) * int64(stat.Bsize) //nolint:gosec,unconvert // no file system has 2^63 blocks; elsewhere it is another type
}
