//go:build unix

package source_test

import (
	"errors"
	"io/fs"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

func TestFileRefusesWhatIsNoFile(t *testing.T) {
	directory := t.TempDir()
	pipe := filepath.Join(directory, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{
		directory:                           source.ErrNotRegular,
		pipe:                                source.ErrNotRegular,
		"/dev/null":                         source.ErrNotRegular,
		filepath.Join(directory, "missing"): fs.ErrNotExist,
	} {
		opened := make(chan error, 1)
		go func() {
			content, err := source.File{Path: path}.Open(t.Context())
			if err == nil {
				content.Close()
			}
			opened <- err
		}()
		select {
		case err := <-opened:
			if !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", path, err, want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: opening it waits", path)
		}
	}
}
