//go:build unix

package fileblob

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
)

// whileSwapping calls do again and again while another goroutine puts one thing after the other in the place of a name.
func whileSwapping(t *testing.T, place string, things []func(place string) error, do func()) {
	t.Helper()
	done := make(chan struct{})
	var swapping sync.WaitGroup
	swapping.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-done:
				return
			default:
			}
			// By a rename, so that there is never nothing in the place; a directory with something in it gives way first.
			next := place + ".next"
			if things[i%len(things)](next) != nil {
				os.RemoveAll(next)
				continue
			}
			if os.Rename(next, place) != nil {
				os.RemoveAll(place)
				os.Rename(next, place)
			}
			os.RemoveAll(next)
		}
	})
	for range 150 {
		do()
	}
	close(done)
	swapping.Wait()
}

// everything calls everything that a store can do with a key, and returns what was read.
func everything(t *testing.T, s *Store, key string) (read []byte) {
	t.Helper()
	if object, err := s.Open(t.Context(), key, blob.ReadOptions{}); err == nil {
		read, _ = io.ReadAll(object)
		object.Close()
	}
	s.List(t.Context(), blob.Query{Prefix: key})
	everyCall(t, s, key)
	return read
}

// expectNoAttribute: outside nobody has written an attribute either.
func expectNoAttribute(t *testing.T, path string) {
	t.Helper()
	if names, err := xattr.List(path); err == nil && len(names) > 0 && strings.Contains(strings.Join(names, " "), attributeName) {
		t.Errorf("%s has the attributes %q", path, names)
	}
}

// While all is done with it, an object is now a file, now a link to a secret outside, now a pipe, now a directory.
func TestObjectSwappedForALink(t *testing.T) {
	s, dir := outside(t)
	secret := filepath.Join(dir, "secret")
	whileSwapping(t, filepath.Join(s.disk.dir, "object"), []func(string) error{
		func(place string) error { return os.WriteFile(place, []byte("file"), 0o644) },
		func(place string) error { return os.Symlink(secret, place) },
		func(place string) error { return os.Symlink("../outside/secret", place) },
		func(place string) error { return syscall.Mkfifo(place, 0o666) },
		func(place string) error { return os.Mkdir(place, 0o755) },
	}, func() {
		if read := everything(t, s, "object"); bytes.Contains(read, []byte("secret")) {
			t.Fatalf("read %q", read)
		}
	})
	expectNoAttribute(t, secret)
}

// While all is done below it, a directory in the middle is now one, now a link to a directory outside.
func TestDirectorySwappedForALink(t *testing.T) {
	s, dir := outside(t)
	whileSwapping(t, filepath.Join(s.disk.dir, "middle"), []func(string) error{
		func(place string) error { return os.Mkdir(place, 0o755) },
		func(place string) error { return os.Symlink(dir, place) },
		func(place string) error { return os.Symlink("..", place) },
	}, func() {
		for _, key := range []string{"middle/secret", "middle/outside/secret", "middle/deeper/new", "middle/"} {
			if read := everything(t, s, key); bytes.Contains(read, []byte("secret")) {
				t.Fatalf("%s: read %q", key, read)
			}
		}
		for _, prefix := range []string{"", "middle/", "middle/outside/"} {
			page, _ := s.List(t.Context(), blob.Query{Prefix: prefix})
			for _, info := range page.Infos {
				if strings.HasSuffix(info.Key, "/secret") {
					t.Fatalf("below %q is listed %q", prefix, info.Key)
				}
			}
		}
	})
	expectNoAttribute(t, filepath.Join(dir, "secret"))
}

// A base URI may be a link to a directory: that is what the user has asked for, and what is there is confined to it.
func TestDirectoryThatIsALink(t *testing.T) {
	s, _ := outside(t)
	link := filepath.Join(filepath.Dir(s.disk.dir), "link")
	if err := os.Symlink("store", link); err != nil {
		t.Fatal(err)
	}
	defer os.Remove(link)
	linked := New(link)
	put(t, linked, "new", "data", attrs)
	if got, err := os.ReadFile(filepath.Join(s.disk.dir, "new")); string(got) != "data" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := linked.Head(t.Context(), "../outside/secret"); err == nil {
		t.Error("it leads out")
	}
}

// A name may be one of two of the same file, the other of which lies outside: writing and deleting leave the other one alone.
func TestHardLinks(t *testing.T) {
	s, dir := outside(t)
	secret := filepath.Join(dir, "secret")
	for _, key := range []string{"written", "deleted"} {
		if err := os.Link(secret, filepath.Join(s.disk.dir, key)); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "written", "new bytes", attrs)
	if err := s.Delete(t.Context(), "deleted", blob.Cond{}); err != nil {
		t.Error(err)
	}
	expectNoAttribute(t, secret) // and what is in it is compared in the end
}

// Special files are no objects, and nobody waits at them.
func TestSpecialFiles(t *testing.T) {
	s, _ := outside(t)
	socket, err := (&net.ListenConfig{}).Listen(context.Background(), "unix", filepath.Join(s.disk.dir, "s"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	if err := syscall.Mkfifo(filepath.Join(s.disk.dir, "p"), 0o666); err != nil {
		t.Fatal(err)
	}
	expectClear(t, s, "s", tree.ErrSpecial)
	// A pipe that takes a file's place between the look and the opening.
	base, err := s.disk.Open(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	defer base.Close()
	file, err := base.Open(t.Context(), "p", tree.Info{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if found, err := file.Stat(t.Context()); err != nil || found.Type != fs.ModeNamedPipe {
		t.Errorf("%v, %v", found, err)
	}
}
