package source_test

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

func read(t *testing.T, from blob.Source) (string, int64) {
	t.Helper()
	content, err := from.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	data, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), content.Size()
}

func TestSourcesReadFromTheStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "job.jar")
	if err := os.WriteFile(path, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, from := range map[string]blob.Source{"file": source.File{Path: path}, "text": source.Text("bytes")} {
		for range 2 {
			if data, size := read(t, from); data != "bytes" || size != 5 {
				t.Errorf("%s: read %q of size %d", name, data, size)
			}
		}
	}
}

// A file can be read from anywhere, so that its parts are sent from it; a text cannot, and need not.
func TestFileIsReaderAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "job.jar")
	if err := os.WriteFile(path, []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	content, err := source.File{Path: path}.Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if _, ok := content.(io.ReaderAt); !ok {
		t.Error("an open file is no io.ReaderAt")
	}
}
