//go:build unix

package fileblob

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
)

// everyCall tries all that can be done with a key.
func everyCall(t *testing.T, s *Store, key string) map[string]error {
	t.Helper()
	_, headErr := s.Head(t.Context(), key)
	object, openErr := s.Open(t.Context(), key, blob.ReadOptions{})
	if openErr == nil {
		object.Close()
	}
	_, _, putErr := blob.Put(t.Context(), s, key, blobtest.BytesSource(nil), nil, blob.PutOptions{})
	_, setErr := s.SetAttrs(t.Context(), key, blob.Cond{}, func(a *blob.Attrs) { a.Owner = "token" })
	return map[string]error{"Head": headErr, "Open": openErr, "Put": putErr, "SetAttrs": setErr, "Delete": s.Delete(t.Context(), key, blob.Cond{})}
}

// expectClear: every call fails, in words, and not by saying that there is nothing.
func expectClear(t *testing.T, s *Store, key string, sentinel error) {
	t.Helper()
	for call, err := range everyCall(t, s, key) {
		var told *blob.Error
		if !errors.As(err, &told) || !errors.Is(err, sentinel) || errors.Is(err, fs.ErrNotExist) || told.Op == "" || told.Advice == "" ||
			!strings.HasPrefix(told.URI, "file:///") || strings.Contains(strings.ReplaceAll(err.Error(), key, ""), ".flink-upload-") {
			t.Errorf("%s %q: %#v; want a *blob.Error with advice, and %v", call, key, err, sentinel)
		}
	}
	if left := temporaryFiles(t, s.disk.dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// outside is a directory beside that of the store, with a secret, and a check that nothing happened to it.
func outside(t *testing.T) (s *Store, dir string) {
	t.Helper()
	top := t.TempDir()
	dir = filepath.Join(top, "outside")
	plant(t, filepath.Join(dir, "secret"), []byte("secret"))
	plant(t, filepath.Join(top, "store", "key"), []byte("data"))
	t.Cleanup(func() {
		entries, err := os.ReadDir(dir)
		data, readErr := os.ReadFile(filepath.Join(dir, "secret"))
		if err != nil || readErr != nil || len(entries) != 1 || string(data) != "secret" {
			t.Errorf("outside there is now %v with %q, %v, %v", entries, data, err, readErr)
		}
	})
	return New(filepath.Join(top, "store")), dir
}

func TestHostileKeys(t *testing.T) {
	s, _ := outside(t)
	for _, key := range []string{
		"", "/", "//", ".", "./", "..", "../", "../outside/secret", "a/../../outside/secret", "a/..", "a/./b", "a//b", "a//", "/etc/passwd", "/key",
		"nul\x00", "line\nbreak", "esc\x1b[0m", "c1\u0085", "del\x7f", "bad\xffutf8", ".flink-upload-X.tmp", "a/.flink-upload-X.tmp/b",
	} {
		expectClear(t, s, key, fs.ErrInvalid)
	}
	for _, prefix := range []string{"../", "/", "a//", "a/../"} {
		if page, err := s.List(t.Context(), blob.Query{Prefix: prefix}); !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("List %q: %+v, %v", prefix, page, err)
		}
	}
	if _, err := s.List(t.Context(), blob.Query{Delimiter: "-"}); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("delimiter: %v", err)
	}
	expectClear(t, s, strings.Repeat("x", 300), fs.ErrInvalid)
}

func TestLinksThatLeadOut(t *testing.T) {
	s, dir := outside(t)
	for name, target := range map[string]string{
		"file": filepath.Join(dir, "secret"), "dir": dir, "relative": "../outside/secret", "up": "..", "top": "/",
	} {
		if err := os.Symlink(target, filepath.Join(s.disk.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"file", "dir", "dir/", "dir/secret", "dir/new", "dir/new/", "relative", "up", "up/", "up/outside/secret", "top/etc/passwd"} {
		expectClear(t, s, key, fs.ErrPermission)
	}
	page, err := s.List(t.Context(), blob.Query{})
	if err != nil || len(page.Infos) != 1 || page.Infos[0].Key != "key" {
		t.Errorf("listed %+v, %v", page, err)
	}
	if page, err := s.List(t.Context(), blob.Query{Prefix: "dir/"}); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("listed %+v, %v", page, err)
	}
}

func TestLinksWithin(t *testing.T) {
	s, _ := outside(t)
	plant(t, filepath.Join(s.disk.dir, "deep", "er", "file"), []byte("deep"))
	for name, target := range map[string]string{"link": "key", "deep/up": "../key", "dirlink": "deep/er"} {
		if err := os.Symlink(target, filepath.Join(s.disk.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	for key, want := range map[string]string{"link": "data", "deep/up": "data", "dirlink/file": "deep"} {
		object, err := s.Open(t.Context(), key, blob.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(object); string(data) != want || err != nil || object.Close() != nil {
			t.Errorf("%s: %q, %v", key, data, err)
		}
	}
	page, err := s.List(t.Context(), blob.Query{})
	var keys []string
	for _, info := range page.Infos {
		keys = append(keys, info.Key)
		if h := head(t, s, info.Key); h.ETag != info.ETag || h.Size != info.Size {
			t.Errorf("listed as %+v, Head says %+v", info, h)
		}
	}
	if want := "deep/ deep/er/ deep/er/file deep/up key link"; strings.Join(keys, " ") != want || err != nil {
		t.Errorf("listed %q, %v", keys, err)
	}
	if page, err := s.List(t.Context(), blob.Query{Prefix: "dirlink/"}); err != nil || len(page.Infos) != 2 || page.Infos[1].Key != "dirlink/file" {
		t.Errorf("through the link: %+v, %v", page, err)
	}
	// A publish replaces the link, not what it leads to.
	put(t, s, "link", "new", attrs)
	if got, err := os.ReadFile(filepath.Join(s.disk.dir, "key")); string(got) != "data" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if err := s.Delete(t.Context(), "deep/up", blob.Cond{}); err != nil {
		t.Error(err)
	}
	if err := s.Delete(t.Context(), "dirlink/", blob.Cond{}); !errors.Is(err, errLinkedDir) {
		t.Errorf("a link to a directory: %v", err)
	}
	for _, key := range []string{"key", "deep/er/file", "dirlink/file"} {
		head(t, s, key)
	}
}

func TestWhatIsNoObject(t *testing.T) {
	s, _ := outside(t)
	dir := filepath.Join(s.disk.dir, "not")
	plant(t, filepath.Join(dir, "a", "directory", "file"), nil)
	plant(t, filepath.Join(dir, "file"), nil)
	if err := errors.Join(
		syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o666),
		os.Symlink("nothing", filepath.Join(dir, "dangling")),
		os.Symlink("loop2", filepath.Join(dir, "loop")),
		os.Symlink("loop", filepath.Join(dir, "loop2")),
		os.Symlink(".", filepath.Join(dir, "self")),
	); err != nil {
		t.Fatal(err)
	}
	expectClear(t, s, "not/a/directory", tree.ErrDirectory)
	expectClear(t, s, "not/file/", tree.ErrNotDirectory)
	expectClear(t, s, "not/pipe", tree.ErrSpecial)
	expectClear(t, s, "not/dangling", errDangling)
	expectClear(t, s, "not/loop", syscall.ELOOP)
	for _, key := range []string{"not/file/below", "not/dangling/below", "not/dangling/below/"} {
		_, _, err := blob.Put(t.Context(), s, key, blobtest.BytesSource(nil), nil, blob.PutOptions{})
		if !errors.Is(err, tree.ErrParent) && !errors.Is(err, tree.ErrNoParent) {
			t.Errorf("Put %q: %v", key, err)
		}
	}
	page, err := s.List(t.Context(), blob.Query{Prefix: "not/"})
	var keys []string
	for _, info := range page.Infos {
		keys = append(keys, info.Key)
	}
	if want := "not/ not/a/ not/a/directory/ not/a/directory/file not/file"; strings.Join(keys, " ") != want || err != nil {
		t.Errorf("listed %q, %v", keys, err)
	}
}
