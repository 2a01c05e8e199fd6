package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// The silent build finds the one place that it changes.
func TestSilenced(t *testing.T) {
	text := read(t, "../"+silentFile)
	silent, err := silenced([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(silent); strings.Index(got, "benchIsSilent {") > strings.Index(got, sendsHere) || !strings.HasSuffix(got, isSilent) {
		t.Errorf("the change is not before what it keeps from sending:\n%s", got)
	}
	for _, broken := range []string{strings.ReplaceAll(text, sendsHere, "x("), text + sendsHere} {
		if _, err := silenced([]byte(broken)); err == nil {
			t.Error("a file that sends elsewhere too, or nowhere, was taken")
		}
	}
}

// What is measured is what is released.
func TestBuildFlags(t *testing.T) {
	if makefile := read(t, "../GNUmakefile"); !strings.Contains(makefile, "CGO_ENABLED=0 go build "+buildFlags+" -ldflags '-s -w") {
		t.Errorf("GNUmakefile does not build with %q", buildFlags)
	}
}

// The empty provider is on the framework of the real one.
func TestVersions(t *testing.T) {
	ours, theirs := read(t, "go.mod"), read(t, "../go.mod")
	for _, module := range []string{
		"github.com/hashicorp/terraform-plugin-framework", "github.com/hashicorp/terraform-plugin-go",
		"github.com/hashicorp/terraform-plugin-log", "github.com/hashicorp/go-plugin", "google.golang.org/grpc", "google.golang.org/protobuf",
	} {
		version := regexp.MustCompile(`\t` + regexp.QuoteMeta(module) + ` (v\S+)`)
		here, there := version.FindStringSubmatch(ours), version.FindStringSubmatch(theirs)
		if here == nil || there == nil || here[1] != there[1] {
			t.Errorf("%s: %v in bench/go.mod, and %v in go.mod", module, here, there)
		}
	}
}

func TestPackageOf(t *testing.T) {
	for symbol, want := range map[string]string{
		"github.com/aws/aws-sdk-go-v2/service/s3.(*Client).PutObject": "github.com/aws/aws-sdk-go-v2/service/s3",
		"main.main":                        "main",
		"gopkg.in/yaml%2ev3.init":          "gopkg.in/yaml.v3",
		"go:itab.*net/http.body,io.Reader": "net/http",
		"type:.eq.example.com/a/b.T":       "example.com/a/b",
		"slices.SortFunc[go.shape.[]*example.com/a.T,go.shape.*uint8]": "slices",
		"example.com/a.F.func1":                                           "example.com/a",
		"crypto/internal/fips140/sha256.blockSHANI":                       "crypto/internal/fips140/sha256",
		"github.com/hashicorp/terraform-plugin-framework/attr.init.0.abi": "github.com/hashicorp/terraform-plugin-framework/attr",
	} {
		if got := packageOf(symbol); got != want {
			t.Errorf("%s is of %q, not %q", symbol, got, want)
		}
	}
}

// A plugin that was killed before it could write is not counted as one that took nothing.
func TestUsages(t *testing.T) {
	file := filepath.Join(t.TempDir(), "usage.jsonl")
	const first = `{"event":"start","exit":0}` + "\n" + `{"event":"end","seconds":1,"cpu":0.5,"peak_kib":1000,"exit":0}` + "\n"
	if err := os.WriteFile(file, []byte(first+`{"event":"start","exit":0}`+"\n"+`{"event":"end","seconds":1,"cpu":0.25,"peak_kib":3000,"exit":0}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	got, err := pluginUsage(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	if want := (result.Plugin{Launches: 2, CPU: 0.75, PeakKiB: 3000}); *got != want {
		t.Errorf("%+v, not %+v", *got, want)
	}
	if err := os.WriteFile(file, []byte(first+`{"event":"start","exit":0}`+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	ended, started, err := readUsages(file)
	if err != nil || len(ended) != 1 || started != 2 {
		t.Errorf("%d of %d ended, %v", len(ended), started, err)
	}
}

func TestChoose(t *testing.T) {
	all, err := choose(nil)
	if err != nil || len(all) != len(measurements) {
		t.Errorf("%d without names, %v", len(all), err)
	}
	some, err := choose([]string{"small", "startup"})
	if err != nil || len(some) != 2 || some[0].name != "startup" {
		t.Errorf("%v, %v", some, err)
	}
	if _, err := choose([]string{"fast"}); err == nil || !strings.Contains(err.Error(), "hash-once") {
		t.Errorf("an unknown name: %v", err)
	}
}
