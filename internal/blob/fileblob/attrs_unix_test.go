//go:build unix

package fileblob

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

// fullAttributes is a file system that takes small values only.
type fullAttributes struct {
	extendedAttribute
	limit   int // bytes
	failure error
}

func (a fullAttributes) set(file *os.File, value []byte) error {
	if len(value) > a.limit {
		return a.failure
	}
	return a.extendedAttribute.set(file, value)
}

// A rewrite in place keeps the extended attributes, unknowingly. Our token must not count any more.
func TestRewriteInPlaceLosesTheOwner(t *testing.T) {
	for name, change := range map[string]func(path string, old os.FileInfo) error{
		"other size, time set back": func(path string, old os.FileInfo) error {
			return errors.Join(os.WriteFile(path, []byte("longer data"), 0o644), os.Chtimes(path, time.Time{}, old.ModTime()))
		},
		"same size": func(path string, old os.FileInfo) error {
			return errors.Join(os.WriteFile(path, []byte("DATA"), 0o644), os.Chtimes(path, time.Time{}, old.ModTime().Add(time.Nanosecond)))
		},
	} {
		for kind, prepare := range map[string]func(*Store){"xattr": func(*Store) {}, "memory": func(s *Store) { s.disk.xattrs = noAttributes{} }} {
			t.Run(name+" "+kind, func(t *testing.T) {
				s := New(t.TempDir())
				prepare(s)
				before := put(t, s, "key", "data", attrs)
				path := filepath.Join(s.disk.dir, "key")
				old, err := os.Stat(path)
				if err != nil {
					t.Fatal(err)
				}
				if err := change(path, old); err != nil {
					t.Fatal(err)
				}
				after := head(t, s, "key")
				if got := after.Attrs; got != nil && (got.Owner != "" || got.ContentType != "" || len(got.Metadata) != 0) {
					t.Errorf("still %+v", after.Attrs)
				}
				if after.ETag == before.ETag {
					t.Error("the same ETag")
				}
			})
		}
	}
}

// The modification time can be set back, the change time cannot.
func TestETagSeesARewriteWhoseTimeWasSetBack(t *testing.T) {
	s := New(t.TempDir())
	before := put(t, s, "key", "data", attrs)
	path := filepath.Join(s.disk.dir, "key")
	old, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond) // a tick of the file system's clock
	if err := errors.Join(os.WriteFile(path, []byte("DATA"), 0o644), os.Chtimes(path, time.Time{}, old.ModTime())); err != nil {
		t.Fatal(err)
	}
	if after := head(t, s, "key"); after.ETag == before.ETag || !after.ModTime.Equal(before.ModTime) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestWithoutExtendedAttributesThisRunRemembers(t *testing.T) {
	dir := t.TempDir()
	s, other := New(dir), New(dir)
	s.disk.xattrs, other.disk.xattrs = noAttributes{}, noAttributes{}
	put(t, s, "key", "data", attrs)
	head(t, s, "key").Attrs.Metadata["build"] = "changed from outside"
	if got := head(t, s, "key").Attrs; !got.Equal(attrs) {
		t.Errorf("this run reads %+v", got)
	}
	if got := head(t, other, "key").Attrs; got != nil {
		t.Errorf("another run reads %+v, which nobody can know", got)
	}
}

// Attributes that are too large are remembered, and the smaller ones from before do not speak for the file any more.
func TestAttributesThatDoNotFit(t *testing.T) {
	for _, failure := range []error{syscall.E2BIG, syscall.ENOSPC, syscall.ERANGE, errors.ErrUnsupported} {
		s := New(t.TempDir())
		s.disk.xattrs = fullAttributes{limit: 500, failure: failure}
		put(t, s, "key", "data", attrs)
		large := attrs.Clone()
		large.Owner = "another"
		large.Metadata["long"] = strings.Repeat("x", 1000)
		if _, err := s.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { *a = large }); err != nil {
			t.Fatal(err)
		}
		if got := head(t, s, "key").Attrs; !got.Equal(large) {
			t.Errorf("%v: this run reads %+v", failure, got)
		}
		if !errors.Is(failure, errors.ErrUnsupported) {
			if got := head(t, New(s.disk.dir), "key").Attrs; !got.Equal(blob.Attrs{}) {
				t.Errorf("%v: another run reads %+v", failure, got)
			}
		}
		// And back.
		if _, err := s.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { *a = attrs }); err != nil {
			t.Fatal(err)
		}
		if got := head(t, New(s.disk.dir), "key").Attrs; !got.Equal(attrs) {
			t.Errorf("%v: another run reads %+v, want what fits again", failure, got)
		}
	}
}

// The real limit: ext4 refuses with ENOSPC, every Linux file system above 64 KiB with E2BIG.
func TestAttributesThatReallyDoNotFit(t *testing.T) {
	s := New(t.TempDir())
	large := blob.Attrs{Owner: "token", Metadata: map[string]string{"long": strings.Repeat("x", 100_000)}}
	put(t, s, "key", "data", large)
	if got := head(t, s, "key").Attrs; !got.Equal(large) {
		t.Errorf("%d entries", len(got.Metadata))
	}
}

func TestAttributesThatCannotBeWritten(t *testing.T) {
	s := New(t.TempDir())
	s.disk.xattrs = fullAttributes{limit: -1, failure: syscall.EIO}
	_, _, err := blob.Put(t.Context(), s, "new/key", blobtest.BytesSource([]byte("data")), nil, blob.PutOptions{Attrs: attrs})
	if !errors.Is(err, syscall.EIO) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(s.disk.dir); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// The record is in users' directories, and later versions read it.
func TestRecord(t *testing.T) {
	s := New(t.TempDir())
	info := put(t, s, "key", "data", attrs)
	value, err := xattr.Get(filepath.Join(s.disk.dir, "key"), "user.flink")
	want := fmt.Sprintf(`{"owner":"token","content_type":"application/zip","metadata":{"build":"1"},"size":4,"mtime_ns":%d}`, info.ModTime.UnixNano())
	if string(value) != want || err != nil {
		t.Errorf("%s, %v; want %s", value, err, want)
	}
}

func TestDamagedRecordIsNone(t *testing.T) {
	for _, value := range []string{"", "{", "[]", `{"owner":"x"}`, `{"owner":"x","size":4,"mtime_ns":1}`} {
		s := New(t.TempDir())
		put(t, s, "key", "data", attrs)
		file, err := os.Open(filepath.Join(s.disk.dir, "key"))
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(s.disk.xattrs.set(file, []byte(value)), file.Close()); err != nil {
			t.Fatal(err)
		}
		if got := head(t, s, "key").Attrs; !got.Equal(blob.Attrs{}) {
			t.Errorf("%q: %+v", value, got)
		}
	}
}
