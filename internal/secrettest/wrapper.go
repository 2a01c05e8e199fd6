package secrettest

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// The variables of the program that runs before Terraform, and of the one that reads what Terraform prints.
const (
	terraformVariable = "FLINK_TEST_WATCHED_TERRAFORM"
	readingVariable   = "FLINK_TEST_WATCHED_OUTPUT"
	pipesVariable     = "FLINK_TEST_WATCHED_PIPES"
)

// Terraform becomes the real Terraform: the process stays the same, so that signals reach it and its parent waits for it. Before that it
// searches the arguments and the directory, as the run before has left it, turns the log on and has its output searched.
func Terraform() error {
	if command := os.Getenv(readingVariable); command != "" {
		return readOutput(command)
	}
	directory, terraform := os.Getenv(directoryVariable), os.Getenv(terraformVariable)
	if directory == "" || terraform == "" {
		return errors.New("this is a part of a run of tests, and does nothing by itself")
	}
	here, err := workingDirectory()
	if err != nil {
		return err
	}
	arguments := newSearcher("the arguments of Terraform in " + here)
	arguments.Write([]byte(strings.Join(os.Args, "\n")))
	note(entry{Kind: "arguments", Where: arguments.where, Files: 1, Bytes: arguments.bytes, Findings: arguments.findings})
	if err := searchTree(here); err != nil {
		return err
	}
	environment := os.Environ()
	if os.Getenv("TF_LOG_PATH") == "" {
		log := filepath.Join(directory, logsDirectory, fmt.Sprintf("terraform-%d-%d.log", os.Getpid(), time.Now().UnixNano()))
		environment = append(environment, "TF_LOG=TRACE", "TF_LOG_PATH="+log)
	}
	if err := pipeOutput(); err != nil {
		return err
	}
	return syscall.Exec(terraform, append([]string{terraform}, os.Args[1:]...), environment)
}

// RealTerraform is the binary that is watched, or that nobody watches.
func RealTerraform() string {
	return cmp.Or(os.Getenv(terraformVariable), os.Getenv("TF_ACC_TERRAFORM_PATH"))
}

// workingDirectory is where Terraform will work: here, or where -chdir says.
func workingDirectory() (string, error) {
	if len(os.Args) > 1 {
		if directory, found := strings.CutPrefix(os.Args[1], "-chdir="); found {
			return filepath.Abs(directory)
		}
	}
	return os.Getwd()
}

// pipeOutput puts a process of this program between Terraform and whoever reads its output. One pipe for both where they are one, so that
// the order stays.
func pipeOutput() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	reader := exec.Command(self)
	reader.Stdout, reader.Stderr = os.Stdout, os.Stderr
	var write [2]*os.File
	for i := range write {
		if i == 1 && sameFile(os.Stdout, os.Stderr) {
			write[1] = write[0]
			break
		}
		read, to, err := os.Pipe()
		if err != nil {
			return err
		}
		write[i] = to
		reader.ExtraFiles = append(reader.ExtraFiles, read)
	}
	reader.Env = append(os.Environ(), readingVariable+"="+subcommand(), pipesVariable+"="+strconv.Itoa(len(reader.ExtraFiles)))
	if err := reader.Start(); err != nil {
		return err
	}
	return redirect(write[0], write[1])
}

func sameFile(a, b *os.File) bool {
	one, err := a.Stat()
	other, otherErr := b.Stat()
	return err == nil && otherErr == nil && os.SameFile(one, other)
}

// subcommand is what Terraform is to do, as far as its output goes.
func subcommand() string {
	var words []string
	for _, argument := range os.Args[1:] {
		if argument == "-json" || !strings.HasPrefix(argument, "-") && len(words) == 0 {
			words = append(words, argument)
		}
	}
	if len(words) == 0 {
		return "terraform"
	}
	return strings.Join(words, " ")
}

// readOutput is the process in between. It ends when Terraform has closed its output.
func readOutput(command string) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM) // meant for Terraform
	where, err := os.Getwd()
	if err != nil {
		return err
	}
	search, kind := searchOutput, "output"
	if command == "show -json" {
		search, kind = searchShown, command
	}
	pipes, err := strconv.Atoi(os.Getenv(pipesVariable))
	if err != nil {
		return err
	}
	var reading sync.WaitGroup
	for i, to := range []*os.File{os.Stdout, os.Stderr}[:pipes] {
		pipe := os.NewFile(uintptr(3+i), "pipe")
		reading.Go(func() {
			s := newSearcher("the output of " + command + " in " + where)
			search(pipe, to, s)
			note(entry{Kind: kind, Where: s.where, Files: 1, Bytes: s.bytes, Findings: s.findings})
		})
	}
	reading.Wait()
	return nil
}
