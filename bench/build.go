package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The providers that Terraform may be told to take, by the directories below bin that hold them.
const (
	pluginFlink  = "flink"
	pluginSilent = "silent" // flink, but what it would send it does not
	pluginEmpty  = "empty"
	pluginMinio  = "minio"
	pluginAWS    = "aws"
)

// sources are the addresses of the providers.
var sources = map[string]string{
	pluginFlink:  "terraform-provider-flink/flink",
	pluginSilent: "terraform-provider-flink/flink",
	pluginEmpty:  "terraform-provider-flink/empty",
	pluginMinio:  "aminueza/minio",
	pluginAWS:    "hashicorp/aws",
}

// buildFlags are those of a release, beside the ones that strip it: a test holds them to GNUmakefile.
const buildFlags = "-trimpath -tags grpcnotrace"

// build builds all of our own, and puts the meter in front of each provider: bin/NAME has the real one, metered/NAME the meter.
func (l *lab) build(ctx context.Context) error {
	l.say("building what is measured, at %s", l.commit)
	for _, name := range []string{"meter", "bare"} {
		if _, err := l.output(ctx, "go", "build", "-C", "bench", "-trimpath", "-ldflags", "-s -w", "-o", l.path("bin", name), "./"+name); err != nil {
			return err
		}
	}
	overlay, err := l.silence()
	if err != nil {
		return err
	}
	for _, b := range []struct {
		plugin, target string
		args           []string
	}{
		{pluginFlink, ".", nil},
		{pluginSilent, ".", []string{"-overlay", overlay}},
		{pluginEmpty, "./empty", []string{"-C", "bench"}},
	} {
		// -C has to be the first.
		args := slices.Concat([]string{"CGO_ENABLED=0", "go", "build"}, b.args, strings.Fields(buildFlags), []string{"-ldflags", "-s -w", "-o", l.path("bin", b.plugin, binary(b.plugin)), b.target})
		if _, err := l.output(ctx, "env", args...); err != nil {
			return err
		}
	}
	for _, name := range []string{pluginMinio, pluginAWS} {
		from := filepath.Join(l.repository, ".bin", "peers", binary(name))
		if _, err := os.Stat(from); err != nil {
			l.miss(name+" provider", "no `.bin/peers/"+binary(name)+"`")
			continue
		}
		if err := os.MkdirAll(l.path("bin", name), 0o755); err != nil {
			return err
		}
		if err := copyFile(l.path("bin", name, binary(name)), from); err != nil {
			return err
		}
		version := "of an unknown version"
		if text, err := os.ReadFile(from + ".version"); err == nil {
			version = strings.TrimSpace(string(text))
		}
		l.machine.Peers = append(l.machine.Peers, name+" provider: "+version)
	}
	for name := range sources {
		if !l.hasPlugin(name) {
			continue
		}
		if err := os.MkdirAll(l.path("metered", name, "real"), 0o755); err != nil {
			return err
		}
		if err := os.Link(l.path("bin", name, binary(name)), l.path("metered", name, "real", binary(name))); err != nil {
			return err
		}
		if err := copyFile(l.path("metered", name, binary(name)), l.path("bin", "meter")); err != nil {
			return err
		}
	}
	return l.writeCLIConfigs()
}

// binary is the name of a provider's file.
func binary(plugin string) string {
	if plugin == pluginSilent {
		plugin = pluginFlink
	}
	return "terraform-provider-" + plugin
}

func (l *lab) hasPlugin(name string) bool {
	_, err := os.Stat(l.path("bin", name, binary(name)))
	return err == nil
}

// writeCLIConfigs writes what makes Terraform take a provider from its directory, without init and without a lock file.
func (l *lab) writeCLIConfigs() error {
	for _, kind := range []string{"bin", "metered"} {
		for name, source := range sources {
			text := fmt.Sprintf("provider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n", source, l.path(kind, name))
			if err := os.WriteFile(l.path("bin", kind+"-"+name+".tfrc"), []byte(text), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

// Where the silent build says that it has sent what it has not. It is the one place that sends a small object.
const (
	silentFile = "internal/blob/s3blob/upload.go"
	sendsHere  = "out, err := u.client.PutObject("
	saysIt     = "if benchIsSilent {\n\t\t_, err := io.Copy(io.Discard, body)\n\t\treturn objectstore.Written{ETag: \"silent\"}, err\n\t}\n\t"
	isSilent   = "\n// benchIsSilent is in a build of the benchmarks, and in no other.\nconst benchIsSilent = true\n"
)

// silence writes the overlay for a build that does everything but send, so that the provider's own code has no switch for it.
func (l *lab) silence() (overlay string, err error) {
	original := filepath.Join(l.repository, filepath.FromSlash(silentFile))
	text, err := os.ReadFile(original)
	if err != nil {
		return "", err
	}
	silent, err := silenced(text)
	if err != nil {
		return "", err
	}
	copied := l.path("bin", "silent.go")
	if err := os.WriteFile(copied, silent, 0o644); err != nil {
		return "", err
	}
	list, err := json.Marshal(map[string]map[string]string{"Replace": {original: copied}})
	if err != nil {
		return "", err
	}
	overlay = l.path("bin", "overlay.json")
	return overlay, os.WriteFile(overlay, list, 0o644)
}

func silenced(text []byte) ([]byte, error) {
	if n := bytes.Count(text, []byte(sendsHere)); n != 1 {
		return nil, fmt.Errorf("%s has %d times %q, and not once: bench/build.go must learn where a small object is sent now", silentFile, n, sendsHere)
	}
	return append(bytes.Replace(text, []byte(sendsHere), []byte(saysIt+sendsHere), 1), isSilent...), nil
}
