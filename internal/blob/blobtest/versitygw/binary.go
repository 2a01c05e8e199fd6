package versitygw

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

const (
	mainModule = "module github.com/terraform-provider-flink/terraform-provider-flink\n"
	command    = "github.com/versity/versitygw/cmd/versitygw"
	// override names a variable with the path of another binary.
	override = "FLINK_TEST_VERSITYGW"
)

// find runs once in a test process.
var find = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(override); path != "" {
		return path, nil
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	path := filepath.Join(root, ".bin", "versitygw")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	return path, build(root, path)
})

// binary is the path of the server's binary, which it builds when it is not there yet.
func binary(t testing.TB) string {
	t.Helper()
	path, err := find()
	if err != nil {
		t.Fatalf("versitygw cannot be had (make .bin/versitygw, or set %s): %v", override, err)
	}
	return path
}

// build makes the binary of the version that tools/go.mod names. Test packages are processes that start together: a
// lock on a file lets one of them build.
func build(root, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(path+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close() // and with it the lock
	if err := lockFile(lock); err != nil {
		return err
	}
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	// Under its name only when whole: others look for it without the lock.
	unfinished := path + ".new"
	output, err := exec.Command("go", "build", "-C", filepath.Join(root, "tools"), "-o", unfinished, command).CombinedOutput()
	if err != nil {
		return fmt.Errorf("go build %s: %w\n%s", command, err, output)
	}
	return os.Rename(unfinished, path)
}

// repository looks for the main module's directory upward from the working directory, which is the package under test.
func repository() (string, error) {
	directory, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		content, err := os.ReadFile(filepath.Join(directory, "go.mod"))
		if err == nil && bytes.Contains(content, []byte(mainModule)) {
			return directory, nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			return "", errors.New("no go.mod of the provider above the working directory")
		}
		directory = parent
	}
}
