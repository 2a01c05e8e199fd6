package jar_test

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/jar"
)

// realJars are those that others have made: where FLINK_TEST_JARS says, or from Debian's packages.
func realJars(t *testing.T) []string {
	t.Helper()
	directory := os.Getenv("FLINK_TEST_JARS")
	if directory == "" {
		directory = "/usr/share/java"
	}
	var found []string
	err := filepath.WalkDir(directory, func(path string, file fs.DirEntry, err error) error {
		// Debian has links from the names with versions.
		if err == nil && file.Type().IsRegular() && filepath.Ext(path) == ".jar" {
			found = append(found, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	if len(found) < 4 {
		t.Fatalf("%d JARs are in %s. `make tools` installs some on Debian; FLINK_TEST_JARS names another directory with at least 4.", len(found), directory)
	}
	return found
}

// oracle is what the standard library finds in an entry, which counts to the last of its name; nil for no entry.
func oracle(t *testing.T, archive *zip.Reader, is func(name string) bool) []byte {
	t.Helper()
	var found []byte
	for _, entry := range archive.File {
		if is(entry.Name) {
			data, err := entry.Open()
			noError(t, err)
			found, err = io.ReadAll(data)
			noError(t, err)
		}
	}
	return found
}

func TestRealJars(t *testing.T) {
	t.Parallel()
	withMain, forSeveral := 0, 0
	for _, path := range realJars(t) {
		data, err := os.ReadFile(path)
		noError(t, err)
		got, count, err := read(data, mib-32<<10)
		noError(t, err, path)
		atMost(t, count.bytes, mib-32<<10, path)
		atMost(t, count.calls, 6, path)
		t.Logf("%-70s %9d bytes: read %7d in %d calls; %4d entries, class %q for Java %d",
			path, len(data), count.bytes, count.calls, got.Entries, got.MainClass, got.JavaRelease)

		archive, err := zip.OpenReader(path)
		noError(t, err)
		defer archive.Close()
		want := jar.Jar{Entries: int64(len(archive.File))}
		text := oracle(t, &archive.Reader, func(name string) bool { return strings.EqualFold(name, "META-INF/MANIFEST.MF") })
		want.Manifest = simpleManifest(string(text))
		want.MainClass = want.Manifest["Main-Class"]
		want.MultiRelease = want.Manifest["Multi-Release"] == "true"
		class := strings.ReplaceAll(want.MainClass, ".", "/") + ".class"
		if code := oracle(t, &archive.Reader, func(name string) bool { return name == class }); code != nil {
			want.JavaRelease = int(code[7]) - 44
			withMain++
		}
		if want.MultiRelease {
			forSeveral++
		}
		equal(t, want, got, path)
	}
	if os.Getenv("FLINK_TEST_JARS") == "" && (withMain == 0 || forSeveral == 0) {
		t.Errorf("%d JARs have a main class, and %d are for several Javas: that proves nothing", withMain, forSeveral)
	}
}

// simpleManifest reads the main attributes of manifests without anything unusual.
func simpleManifest(text string) map[string]string {
	text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n ", "")
	text, _, _ = strings.Cut(text, "\n\n")
	attributes := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); ok {
			attributes[name] = value
		}
	}
	return attributes
}
