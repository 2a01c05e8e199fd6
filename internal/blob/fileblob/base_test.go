package fileblob

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// A file in the place of the base directory, or of one above it, is told with what to do about it, and is never taken for an empty workspace.
func TestAFileInPlaceOfTheDirectory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"the directory": file, "one above it": filepath.Join(file, "below")} {
		t.Run(name, func(t *testing.T) {
			_, err := New(dir).Head(t.Context(), "artifacts/namespaces/default/job.jar")
			var told *blob.Error
			if !errors.As(err, &told) || told.Advice == "" {
				t.Errorf("%v has no advice", err)
			}
			if errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v would pass for an object that is gone", err)
			}
		})
	}
}
