package secrettest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// The directories of a run. The names are short, as sockets are made below them.
const (
	temporaryDirectory = "tmp"  // for everything that asks for a temporary file
	workDirectory      = "work" // where terraform-plugin-testing runs Terraform; it is left as it is
	logsDirectory      = "logs"
)

const wrapperPackage = "github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest/terraform"

// Run runs a command that is a suite of acceptance tests, watches it, and searches what it leaves. Terraform is the path of the real one.
func Run(terraform string, command ...string) (report Report, err error) {
	directory, err := os.MkdirTemp("", "watch-") // short, as tests have sockets below it
	if err != nil {
		return report, err
	}
	defer os.RemoveAll(directory)
	for _, name := range []string{temporaryDirectory, workDirectory, logsDirectory} {
		if err := os.Mkdir(filepath.Join(directory, name), 0o755); err != nil {
			return report, err
		}
	}
	wrapper := filepath.Join(directory, "bin", "terraform")
	if output, err := exec.Command("go", "build", "-o", wrapper, wrapperPackage).CombinedOutput(); err != nil {
		return report, fmt.Errorf("building the program before Terraform: %w\n%s", err, output)
	}

	suite := exec.Command(command[0], command[1:]...)
	suite.Env = append(os.Environ(), environment(directory, terraform, wrapper)...)
	samples := &sampler{temporary: filepath.Join(directory, temporaryDirectory), processes: map[string]*searcher{}, files: map[string]time.Time{}}
	code, output, err := watch(suite, samples)
	if err != nil {
		return report, err
	}

	if err := errors.Join(searchLeft(directory)...); err != nil {
		return report, err
	}
	if report, err = readLedger(directory); err != nil {
		return report, err
	}
	for _, e := range append(samples.entries(), output) {
		report.add(e)
	}
	report.ExitCode = code
	return report, nil
}

// environment makes every test leave what it has, and log all there is.
func environment(directory, terraform, wrapper string) []string {
	in := func(name string) string { return filepath.Join(directory, name) }
	return []string{
		directoryVariable + "=" + directory, terraformVariable + "=" + terraform, "TF_ACC_TERRAFORM_PATH=" + wrapper,
		"TMPDIR=" + in(temporaryDirectory), "TF_ACC_TEMP_DIR=" + in(workDirectory), "TF_ACC_PERSIST_WORKING_DIR=1",
		// Of the provider within the tests' process, and of Terraform.
		"TF_LOG=TRACE", "TF_LOG_PATH_MASK=" + in(logsDirectory) + "/%s.log",
		// The framework for tests itself logs each configuration that it writes: off.
		"TF_LOG_SDK_HELPER_RESOURCE=OFF",
	}
}

// watch runs the suite, samples meanwhile, and searches what the tests themselves print.
func watch(suite *exec.Cmd, samples *sampler) (code int, output entry, err error) {
	printed := [2]*searcher{newSearcher("what the tests print"), newSearcher("what the tests print to stderr")}
	suite.Stdin, suite.Stdout, suite.Stderr = os.Stdin, io.MultiWriter(os.Stdout, printed[0]), io.MultiWriter(os.Stderr, printed[1])
	if err := suite.Start(); err != nil {
		return 0, output, err
	}
	// `go test` asks with SIGQUIT for a trace of tests that take too long.
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT)
	defer signal.Stop(signals)
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() { samples.watch(stop) })
	watching.Go(func() {
		for {
			select {
			case received := <-signals:
				suite.Process.Signal(received)
			case <-stop:
				return
			}
		}
	})
	err = suite.Wait()
	close(stop)
	watching.Wait()
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		err = nil // its own words say why
	}
	output = entry{Kind: "the tests' own output"}
	for _, s := range printed {
		output.Files++
		output.Bytes += s.bytes
		output.Findings = append(output.Findings, s.findings...)
	}
	return suite.ProcessState.ExitCode(), output, err
}

// searchLeft searches what is left when the suite is over: the logs, the last states and plans, temporary files, the user's cache.
func searchLeft(directory string) []error {
	var failed []error
	for _, name := range []string{temporaryDirectory, workDirectory, logsDirectory} {
		failed = append(failed, filepath.WalkDir(filepath.Join(directory, name), func(path string, file os.DirEntry, err error) error {
			if goesAway(err) { // what a test has started may not have ended yet
				return nil
			}
			if err != nil || !file.Type().IsRegular() || isConfiguration(path) {
				return err
			}
			found, err := searchFile(path)
			if goesAway(err) {
				return nil
			}
			if err != nil {
				return err
			}
			if found.kind == "other files" && name == temporaryDirectory {
				found.kind = "temporary files"
			}
			return noteIn(directory, entry{Kind: found.kind, Where: path, Files: 1, Bytes: found.bytes, Findings: found.findings})
		}))
	}
	return failed
}
