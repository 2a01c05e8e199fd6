package provider_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/nginx"
)

// These tests run the provider as Terraform runs it: as a process of its own, started by the real binary from a directory with a
// configuration.

// root is a root module with the built provider at hand.
type root struct {
	directory   string
	environment []string
}

// buildProvider builds the provider once for all tests of the package.
var buildProvider = sync.OnceValues(func() (directory string, err error) {
	// In the directory that TestMain removes.
	directory = filepath.Join(os.Getenv(testDirectory), "provider")
	build := exec.Command("go", "build", "-o", filepath.Join(directory, "terraform-provider-flink"), "../..")
	if output, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("building the provider: %w\n%s", err, output)
	}
	return directory, nil
})

func newRoot(t *testing.T, config string) root {
	t.Helper()
	built, err := buildProvider()
	if err != nil {
		t.Fatal(err)
	}
	directory := t.TempDir()
	secrettest.Leave(t, directory)
	var overrides strings.Builder
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		// The second is what a configuration means that does not say where the provider comes from.
		for _, namespace := range []string{"terraform-provider-flink", "hashicorp"} {
			fmt.Fprintf(&overrides, "%q = %q\n", host+"/"+namespace+"/flink", built)
		}
	}
	cli := writeFile(t, filepath.Join(directory, "terraformrc"), "provider_installation {\n dev_overrides {\n"+overrides.String()+"}\n direct {}\n}\n")
	r := root{directory, append(os.Environ(), "TF_CLI_CONFIG_FILE="+cli)}
	r.configure(t, config)
	return r
}

// configure replaces the configuration.
func (r root) configure(t *testing.T, config string) {
	t.Helper()
	const block = "terraform {\n required_providers {\n flink = { source = \"terraform-provider-flink/flink\" }\n }\n}\n"
	writeFile(t, filepath.Join(r.directory, "main.tf"), block+config)
}

// command is a run of Terraform that has not begun.
func (r root) command(ctx context.Context, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, os.Getenv("TF_ACC_TERRAFORM_PATH"), arguments...)
	command.Dir = r.directory
	command.Env = r.environment
	// A group of its own, so that a signal to the test's group does not end it, and one to it can be sent to Terraform alone.
	ownGroup(command)
	return command
}

func (r root) run(t *testing.T, arguments ...string) string {
	t.Helper()
	output, err := r.command(t.Context(), arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("terraform %s: %v\n%s", strings.Join(arguments, " "), err, output)
	}
	return string(output)
}

// unattended is a command that prompts for nothing, with its options.
func unattended(command string, options []string) []string {
	all := []string{command, "-input=false", "-no-color"}
	if command != "plan" {
		all = append(all, "-auto-approve")
	}
	return append(all, options...)
}

func (r root) plan(t *testing.T, options ...string) string {
	t.Helper()
	return r.run(t, unattended("plan", options)...)
}

func (r root) apply(t *testing.T, options ...string) string {
	t.Helper()
	return r.run(t, unattended("apply", options)...)
}

func (r root) destroy(t *testing.T, options ...string) string {
	t.Helper()
	return r.run(t, unattended("destroy", options)...)
}

// unchanged plans, and finds nothing to do.
func (r root) unchanged(t *testing.T) {
	t.Helper()
	r.plan(t, "-detailed-exitcode")
}

// fails runs a command that must fail, and returns what it prints.
func (r root) fails(t *testing.T, command string, options ...string) string {
	t.Helper()
	output, err := r.command(t.Context(), unattended(command, options)...).CombinedOutput()
	if _, exited := err.(*exec.ExitError); !exited { //nolint:errorlint // exec returns it bare
		t.Fatalf("terraform %s %v: %v\n%s", command, options, err, output)
	}
	return string(output)
}

// randomFile makes a file that does not compress and is the same in every run.
func randomFile(t *testing.T, path string, size int) string {
	t.Helper()
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.CopyN(file, rand.NewChaCha8([32]byte{1}), int64(size)); err != nil {
		t.Fatal(err)
	}
	return path
}

// Ctrl-C in the middle of an upload: no object, no open upload, and the next apply succeeds.
func TestInterruptedUpload(t *testing.T) {
	t.Parallel()
	p, proxy := inBucketBehindProxy(t)
	file := randomFile(t, filepath.Join(t.TempDir(), "job.jar"), 64<<20)
	r := newRoot(t, p.provider()+artifact("job", fromFile(file)))

	apply := r.command(t.Context(), "apply", "-auto-approve", "-input=false", "-no-color")
	var output bytes.Buffer
	apply.Stdout, apply.Stderr = &output, &output
	var parts atomic.Int32
	started, aborted := make(chan struct{}), make(chan struct{})
	abort := sync.OnceFunc(func() { close(aborted) })
	proxy.OnRequest(func(request *http.Request) {
		if request.Method == http.MethodDelete {
			abort()
		}
		if !request.URL.Query().Has("partNumber") {
			return
		}
		n := parts.Add(1)
		if n == 3 {
			<-started
			if err := apply.Process.Signal(os.Interrupt); err != nil {
				t.Error(err)
			}
		}
		if n >= 3 {
			select { // or the upload would be over before the interrupt arrives
			case <-aborted:
			case <-time.After(time.Minute):
				t.Error("the upload is not aborted")
			}
		}
	})
	if err := apply.Start(); err != nil {
		t.Fatal(err)
	}
	close(started)
	if err := apply.Wait(); err == nil {
		t.Fatalf("the interrupted apply succeeded:\n%s", &output)
	}
	if !strings.Contains(output.String(), "Interrupted") {
		t.Errorf("the run does not say that it was interrupted:\n%s", &output)
	}
	p.holds(t, jobPath, "")

	proxy.Clear()
	r.apply(t)
	want := readFile(t, file)
	if got, _ := p.read(t, jobPath); !bytes.Equal(got, want) {
		t.Errorf("the object has %d bytes, other than the file's %d", len(got), len(want))
	}
	r.unchanged(t)
}

// The provider's memory does not grow with the file.
func TestMemoryOfLargeUpload(t *testing.T) {
	p := inBucket(t, versitygw.Start(t, versitygw.Options{}))
	file := randomFile(t, filepath.Join(t.TempDir(), "job.jar"), unlessShort(1<<30, 300<<20))
	staysBelow(t, 100<<20, newRoot(t, p.provider()+artifact("job", fromFile(file))))
}

// Nor with what comes from elsewhere, and is kept for as long as its parts are on their way.
func TestMemoryOfLargeDownload(t *testing.T) {
	p := inBucket(t, versitygw.Start(t, versitygw.Options{}))
	files := nginx.Start(t, nginx.Options{})
	randomFile(t, filepath.Join(files.Directory, "job.jar"), unlessShort(512<<20, 256<<20))
	p.block += fmt.Sprintf("http = {\n ca_bundle = %q\n}\n", files.CAFile)
	staysBelow(t, 128<<20, newRoot(t, p.provider()+artifact("job", fromURL(files.URL+"/job.jar"))))
}

// staysBelow applies, plans again, and looks at the memory of the provider's processes all the while.
func staysBelow(t *testing.T, limit int64, r root) {
	t.Helper()
	r.environment = append(r.environment, "GOGC=100") // as a user's is
	done := make(chan struct{})
	peaks := make(chan int64)
	go func() { peaks <- watchProviders(done) }()
	r.apply(t)
	r.unchanged(t)
	close(done)
	peak := <-peaks
	t.Logf("peak memory of the provider: %d MiB", peak>>20)
	if peak == 0 {
		t.Fatal("no process of the provider was seen")
	}
	if peak > limit {
		t.Errorf("the provider used %d MiB, more than %d", peak>>20, limit>>20)
	}
}

// watchProviders returns the largest resident size, in bytes, that a process of the built provider had until done.
func watchProviders(done <-chan struct{}) (peak int64) {
	built, err := buildProvider()
	if err != nil {
		return 0
	}
	own := filepath.Join(built, "terraform-provider-flink")
	for {
		select {
		case <-done:
			return peak
		case <-time.After(10 * time.Millisecond):
		}
		// Only once it runs the provider's own program does a process count: before that it is a copy of Terraform.
		names, _ := filepath.Glob("/proc/[0-9]*/exe")
		for _, name := range names {
			program, err := os.Readlink(name)
			if err != nil || program != own {
				continue
			}
			status, err := os.ReadFile(filepath.Join(filepath.Dir(name), "status"))
			if err != nil {
				continue
			}
			for line := range strings.Lines(string(status)) {
				if value, found := strings.CutPrefix(line, "VmHWM:"); found {
					kib, _ := strconv.ParseInt(strings.Fields(value)[0], 10, 64)
					peak = max(peak, kib<<10)
				}
			}
		}
	}
}
