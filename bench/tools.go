package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// tool is a program that copies files to a store, with its own defaults.
type tool struct {
	name        string
	path        string
	version     []string // its arguments that print the version
	environment func(host string) []string
	copyFile    func(host, file, key string) []string
	copyTree    func(host, directory, prefix string) []string
	synchronize func(host, directory, prefix string) []string // of what is there already
	remove      func(host, key string) []string
}

// knownTools are those that may be there: below .bin/peers or on the user's PATH.
var knownTools = []tool{
	{
		name: "mc", version: []string{"--version"},
		environment: func(host string) []string {
			return []string{"MC_HOST_bench=http://" + accessKey + ":" + secretKey + "@" + host}
		},
		copyFile: func(_, file, key string) []string {
			return []string{"--quiet", "cp", file, "bench/" + bucket + "/" + key}
		},
		copyTree: func(_, directory, prefix string) []string {
			return []string{"--quiet", "cp", "--recursive", directory + "/", "bench/" + bucket + "/" + prefix + "/"}
		},
		synchronize: func(_, directory, prefix string) []string {
			return []string{"--quiet", "mirror", directory, "bench/" + bucket + "/" + prefix}
		},
		remove: func(_, key string) []string { return []string{"--quiet", "rm", "bench/" + bucket + "/" + key} },
	},
	{
		name: "s5cmd", version: []string{"version"},
		copyFile: func(host, file, key string) []string {
			return []string{"--endpoint-url", "http://" + host, "--log", "error", "cp", file, "s3://" + bucket + "/" + key}
		},
		copyTree: func(host, directory, prefix string) []string {
			return []string{"--endpoint-url", "http://" + host, "--log", "error", "cp", directory + "/", "s3://" + bucket + "/" + prefix + "/"}
		},
		synchronize: func(host, directory, prefix string) []string {
			return []string{"--endpoint-url", "http://" + host, "--log", "error", "sync", directory + "/", "s3://" + bucket + "/" + prefix + "/"}
		},
		remove: func(host, key string) []string {
			return []string{"--endpoint-url", "http://" + host, "--log", "error", "rm", "s3://" + bucket + "/" + key}
		},
	},
	{
		name: "aws", version: []string{"--version"},
		copyFile: func(host, file, key string) []string {
			return []string{"--endpoint-url", "http://" + host, "s3", "cp", "--only-show-errors", file, "s3://" + bucket + "/" + key}
		},
		copyTree: func(host, directory, prefix string) []string {
			return []string{"--endpoint-url", "http://" + host, "s3", "cp", "--only-show-errors", "--recursive", directory, "s3://" + bucket + "/" + prefix}
		},
		synchronize: func(host, directory, prefix string) []string {
			return []string{"--endpoint-url", "http://" + host, "s3", "sync", "--only-show-errors", directory, "s3://" + bucket + "/" + prefix}
		},
		remove: func(host, key string) []string {
			return []string{"--endpoint-url", "http://" + host, "s3", "rm", "--only-show-errors", "s3://" + bucket + "/" + key}
		},
	},
	{
		name: "rclone", version: []string{"version"},
		environment: func(host string) []string {
			return []string{
				"RCLONE_CONFIG=/dev/null", "RCLONE_CONFIG_BENCH_TYPE=s3", "RCLONE_CONFIG_BENCH_PROVIDER=Other", "RCLONE_CONFIG_BENCH_REGION=" + region,
				"RCLONE_CONFIG_BENCH_ACCESS_KEY_ID=" + accessKey, "RCLONE_CONFIG_BENCH_SECRET_ACCESS_KEY=" + secretKey,
				"RCLONE_CONFIG_BENCH_ENDPOINT=http://" + host,
			}
		},
		copyFile: func(_, file, key string) []string { return []string{"copyto", file, "bench:" + bucket + "/" + key} },
		copyTree: func(_, directory, prefix string) []string {
			return []string{"copy", directory, "bench:" + bucket + "/" + prefix}
		},
		synchronize: func(_, directory, prefix string) []string {
			return []string{"copy", directory, "bench:" + bucket + "/" + prefix}
		},
		remove: func(_, key string) []string { return []string{"deletefile", "bench:" + bucket + "/" + key} },
	},
}

// findTools finds the tools, and notes whom it misses.
func (l *lab) findTools(ctx context.Context) error {
	for _, t := range knownTools {
		path := filepath.Join(l.repository, ".bin", "peers", t.name)
		if _, err := os.Stat(path); err != nil {
			if path, err = exec.LookPath(t.name); err != nil {
				l.miss(t.name, "neither in `.bin/peers` nor on PATH")
				continue
			}
		}
		if strings.Contains(path, "/.pyenv/shims/") {
			// A script that looks for the program each time, which is none of the program's time.
			if program, err := l.output(ctx, "pyenv", "which", t.name); err == nil {
				path = program
			}
		}
		t.path = path
		version, err := l.output(ctx, path, t.version...)
		if err != nil {
			return err
		}
		if text, err := os.ReadFile(path + ".version"); err == nil { // what was built from a module does not always know its version
			version = string(text)
		}
		first, _, _ := strings.Cut(version, "\n")
		l.machine.Peers = append(l.machine.Peers, t.name+": "+first)
		l.tools = append(l.tools, t)
	}
	return nil
}

// miss notes a peer that is not here: nothing is said of it.
func (l *lab) miss(name, why string) {
	l.say("%s is left out: %s", name, why)
	l.machine.Peers = append(l.machine.Peers, name+": not measured: "+why)
}

func (l *lab) tool(name string) (tool, bool) {
	for _, t := range l.tools {
		if t.name == name {
			return t, true
		}
	}
	return tool{}, false
}

// run runs a tool with arguments of its own making.
func (t tool) run(ctx context.Context, l *lab, host string, args []string) (result.Sample, error) {
	environment := l.environment(l.path("cache", t.name))
	if t.environment != nil {
		environment = append(environment, t.environment(host)...)
	}
	return l.meter(ctx, command{name: t.name, directory: l.directory, environment: environment, args: append([]string{t.path}, args...)})
}
