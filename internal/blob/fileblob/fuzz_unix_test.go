//go:build unix

package fileblob

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

// Whatever the key: what is written under it lies below the directory, comes back as it was written, and is listed under that key; or it is
// refused, and nothing is written at all. Nothing outside changes or is read.
func FuzzKeys(f *testing.F) {
	for _, key := range []string{
		"key", "dir/key", "dir/", "../outside/secret", "..", "a/../../outside/secret", "/etc/passwd", "out/secret", "out", "out/new", "up/outside/secret",
		"within/key", "a//b", "a/./b", "nul\x00", "line\nbreak", "bad\xff", ".flink-upload-X.tmp", "", "/", strings.Repeat("x", 300), "e\u0301", `a\b`, "key/below", "a:b", "CON",
		strings.Repeat("d/", 200) + "deep",
	} {
		f.Add(key, []byte("data"))
	}
	f.Fuzz(func(t *testing.T, key string, data []byte) {
		if len(key) > 1024 {
			return // longer than any key
		}
		top := t.TempDir()
		dir, outside := filepath.Join(top, "store"), filepath.Join(top, "outside")
		if err := errors.Join(
			os.MkdirAll(filepath.Join(dir, "inside"), 0o755), os.Mkdir(outside, 0o755), os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o644),
			os.Symlink(outside, filepath.Join(dir, "out")), os.Symlink("..", filepath.Join(dir, "up")), os.Symlink("inside", filepath.Join(dir, "within")),
		); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, dir)
		s := New(dir)
		info, _, err := blob.Put(t.Context(), s, key, blobtest.BytesSource(data), nil, blob.PutOptions{})
		if err != nil {
			var told *blob.Error
			if !errors.As(err, &told) || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Errorf("%q: %#v", key, err)
			}
			if after := snapshot(t, dir); after != before {
				t.Errorf("%q was refused, and yet: %s, then %s", key, before, after)
			}
		} else {
			expectWritten(t, s, key, info, data)
		}
		for call, err := range everyCall(t, s, key) {
			if errors.Is(err, fs.ErrNotExist) && call != "Head" && call != "Open" && call != "SetAttrs" {
				t.Errorf("%s %q: %v", call, key, err)
			}
		}
		if got := snapshot(t, outside); got != "secret=secret;" {
			t.Errorf("%q: outside there is now %q", key, got)
		}
		if entries, err := os.ReadDir(top); err != nil || len(entries) != 2 {
			t.Errorf("%q: beside the directory there is now %v, %v", key, entries, err)
		}
	})
}

func expectWritten(t *testing.T, s *Store, key string, info blob.Info, data []byte) {
	t.Helper()
	page, err := s.List(t.Context(), blob.Query{Prefix: key, Max: 1})
	if err != nil {
		t.Errorf("%q cannot be listed: %v", key, err)
	}
	linked := strings.HasPrefix(key, "within/") || key == "within" || key == "up" || key == "out" // listings follow no link to a directory from above
	if len(page.Infos) == 0 && !linked || len(page.Infos) > 0 && (page.Infos[0].Key != key || page.Infos[0].ETag != info.ETag) {
		t.Errorf("%q is listed as %+v", key, page)
	}
	object, err := s.Open(t.Context(), key, blob.ReadOptions{})
	if err != nil {
		t.Errorf("%q: %v", key, err)
		return
	}
	defer object.Close()
	if got, err := io.ReadAll(object); !bytes.Equal(got, data) && !strings.HasSuffix(key, "/") || err != nil {
		t.Errorf("%q: %q came back as %q, %v", key, data, got, err)
	}
}

// snapshot are the regular files below a directory with what is in them. Directories that a refused write has made would be there too.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		b.WriteString(name)
		if d.Type().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b.WriteString("=" + string(data))
		}
		b.WriteString(";")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Whatever others call their files, a listing shows them under the key that reads them, or leaves them out.
func FuzzNamesOfOthers(f *testing.F) {
	for _, name := range []string{"job.jar", "a\nb", "\xff", "..hidden", ".flink-upload-X.tmp", " ", "e\u0301", `a\b`, "\x1b[2J", strings.Repeat("n", 255)} {
		f.Add(name, "other")
	}
	f.Fuzz(func(t *testing.T, first, second string) {
		dir := t.TempDir()
		planted := 0
		for _, name := range []string{first, second} {
			if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") || len(name) > 255 {
				continue // the system itself refuses it
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o644); err != nil {
				t.Fatal(err)
			}
			planted++
		}
		s := New(dir)
		page, err := s.List(t.Context(), blob.Query{})
		if err != nil || page.Next != "" || len(page.Infos) > planted {
			t.Fatalf("%q, %q: %+v, %v", first, second, page, err)
		}
		last := ""
		for _, info := range page.Infos {
			if info.Key <= last {
				t.Errorf("%q comes after %q", info.Key, last)
			}
			last = info.Key
			object, err := s.Open(t.Context(), info.Key, blob.ReadOptions{IfMatch: info.ETag})
			if err != nil {
				t.Errorf("%q is listed, and: %v", info.Key, err)
				continue
			}
			if data, err := io.ReadAll(object); string(data) != info.Key || err != nil {
				t.Errorf("%q has the bytes of %q, %v", info.Key, data, err)
			}
			object.Close()
		}
	})
}
