package tree_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/fileblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
)

// What all file systems share is tested on the local one. The conformance suite is run by each of them.

// watched is a local directory that calls before some of its calls, and obeys their contexts as a remote one does.
type watched struct {
	tree.Files
	dir    string
	before func(call, name string)
	poor   bool // its ETags are all the same, and its clock is an hour late
	full   bool // it has no place for records

	olderThan time.Time // of the last RemoveAbandoned
}

type watchedDir struct {
	tree.Dir
	files *watched
}

type watchedFile struct {
	tree.File
	files *watched
}

func newStore(t *testing.T) (*watched, *tree.Store) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "made", "too")
	files := &watched{Files: fileblob.Files(dir), dir: dir, before: func(string, string) {}}
	return files, tree.New(files)
}

func (w *watched) Open(ctx context.Context, create bool) (tree.Dir, error) {
	dir, err := w.Files.Open(ctx, create)
	if err != nil {
		return nil, err
	}
	return &watchedDir{dir, w}, nil
}

func (w *watched) Refuses(name string) string {
	if strings.Contains(name, "~") {
		return "has a tilde"
	}
	return w.Files.Refuses(name)
}

func (d *watchedDir) call(ctx context.Context, call, name string) error {
	d.files.before(call, name)
	return context.Cause(ctx)
}

func (d *watchedDir) ReadDir(ctx context.Context, name string, visit func([]tree.Entry) error) error {
	d.files.before("readdir", name)
	return d.Dir.ReadDir(ctx, name, func(entries []tree.Entry) error {
		d.files.before("visit", name)
		return visit(entries)
	})
}

func (d *watchedDir) Open(ctx context.Context, name string, found tree.Info) (tree.File, error) {
	file, err := d.Dir.Open(ctx, name, found)
	if err != nil {
		return nil, err
	}
	return watchedFile{file, d.files}, nil
}

func (d *watchedDir) Create(ctx context.Context, name string) (tree.File, error) {
	if err := d.call(ctx, "create", name); err != nil {
		return nil, err
	}
	file, err := d.Dir.Create(ctx, name)
	return watchedFile{file, d.files}, err
}

func (d *watchedDir) Rename(ctx context.Context, from, to string, replace bool) error {
	err := d.call(ctx, "rename", to)
	if err == nil {
		err = d.Dir.Rename(ctx, from, to, replace)
	}
	return err
}

func (d *watchedDir) Rmdir(ctx context.Context, name string) error {
	err := d.call(ctx, "rmdir", name)
	if err == nil {
		err = d.Dir.Rmdir(ctx, name)
	}
	return err
}

func (d *watchedDir) RemoveAbandoned(ctx context.Context, name string, before time.Time) error {
	d.files.olderThan = before
	return d.call(ctx, "sweep", name)
}

func (f watchedFile) SetRecord(ctx context.Context, value []byte) error {
	if f.files.full {
		return errors.ErrUnsupported
	}
	return f.File.SetRecord(ctx, value)
}

func (f watchedFile) Stat(ctx context.Context) (tree.Info, error) {
	info, err := f.File.Stat(ctx)
	if f.files.poor {
		info.ETag, info.ModTime = "same", info.ModTime.Add(-time.Hour)
	}
	return info, err
}

// plant writes files as another program would.
func (w *watched) plant(t *testing.T, data string, names ...string) {
	t.Helper()
	for _, name := range names {
		name = filepath.Join(w.dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(data), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
}

// names has all files and directories, in lexical order.
func (w *watched) names() string {
	var names []string
	_ = filepath.WalkDir(w.dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil {
			names = append(names, filepath.ToSlash(strings.TrimPrefix(path, w.dir)))
		}
		return err
	})
	return strings.Join(names, " ")
}

func put(t *testing.T, s blob.Store, key, data string, cond blob.Cond) error {
	t.Helper()
	_, _, err := blob.Put(t.Context(), s, key, blobtest.BytesSource([]byte(data)), nil, blob.PutOptions{Cond: cond})
	return err
}

func mustStage(t *testing.T, s *tree.Store, key string, cond blob.Cond) blob.Stage {
	t.Helper()
	stage, err := s.Stage(t.Context(), key, blob.WriteOptions{Size: -1, Cond: cond})
	if err != nil {
		t.Fatal(err)
	}
	return stage
}

func expect(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

func TestDirectories(t *testing.T) {
	files, s := newStore(t)
	exists := blob.Cond{IfMatch: "dir"} // which is in users' states
	expect(t, "IfMatch on an absent directory", put(t, s, "dir/", "", exists), blob.ErrChanged)
	expect(t, "data in a directory", put(t, s, "dir/", "data", blob.Cond{}), tree.ErrDirectory)
	expect(t, "a directory", put(t, s, "dir/", "", blob.Cond{}), nil)
	expect(t, "IfMatch on a directory", put(t, s, "dir/", "", exists), nil)
	_, err := s.SetAttrs(t.Context(), "dir/", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "token" })
	expect(t, "attributes", err, errors.ErrUnsupported)
	_, err = s.SetAttrs(t.Context(), "dir/", blob.Cond{}, func(*blob.Attrs) {})
	expect(t, "an edit of nothing", err, nil)

	// Another process makes one, and removes one, just before.
	made, gone := mustStage(t, s, "new/", blob.Cond{IfAbsent: true}), mustStage(t, s, "dir/", exists)
	files.plant(t, "", "new/file")
	expect(t, "Remove", os.Remove(filepath.Join(files.dir, "dir")), nil)
	_, err = made.Commit(t.Context(), blob.Sums{})
	expect(t, "Commit of one that was made", err, fs.ErrExist)
	_, err = gone.Commit(t.Context(), blob.Sums{})
	expect(t, "Commit of one that was removed", err, blob.ErrChanged)
	expect(t, "Delete below a file", s.Delete(t.Context(), "new/file/below", blob.Cond{}), nil)
	if got := files.names(); got != " /new /new/file" {
		t.Errorf("there are %q", got)
	}
}

// A name that the file system refuses is no key, and a file of that name is not listed.
func TestRefusedNames(t *testing.T) {
	files, s := newStore(t)
	files.plant(t, "data", "a~b", "c~/d", "e")
	_, err := s.Head(t.Context(), "a~b")
	expect(t, "Head", err, fs.ErrInvalid)
	if page, err := s.List(t.Context(), blob.Query{}); err != nil || len(page.Infos) != 1 || page.Infos[0].Key != "e" {
		t.Errorf("listed %+v, %v", page, err)
	}
}

// A refusal that is known before is returned before: no byte is read.
func TestConditionsAreCheckedFirst(t *testing.T) {
	files, s := newStore(t)
	files.plant(t, "theirs", "key")
	for cond, want := range map[blob.Cond]error{{IfAbsent: true}: fs.ErrExist, {IfMatch: "stale"}: blob.ErrChanged} {
		read := false
		src := blobtest.InterruptedSource(blobtest.BytesSource([]byte("new")), 0, func() { read = true })
		_, _, err := blob.Put(t.Context(), s, "key", src, nil, blob.PutOptions{Cond: cond})
		if expect(t, "Put", err, want); read {
			t.Errorf("%+v: it was read", cond)
		}
	}
}

// What another process publishes between the last check and the rename stays, if there must be nothing.
func TestConditionOfTheRename(t *testing.T) {
	for cond, want := range map[blob.Cond]string{{IfAbsent: true}: "theirs", {}: "ours"} {
		files, s := newStore(t)
		files.before = func(call, name string) {
			if call == "rename" {
				files.plant(t, "theirs", name)
			}
		}
		err := put(t, s, "key", "ours", cond)
		if data, _ := os.ReadFile(filepath.Join(files.dir, "key")); string(data) != want || errors.Is(err, fs.ErrExist) != cond.IfAbsent {
			t.Errorf("%+v: %v, and it has the bytes %q", cond, err, data)
		}
		if left := files.names(); left != " /key" {
			t.Errorf("there are %q", left)
		}
	}
}

func TestCommitComparesTheSize(t *testing.T) {
	files, s := newStore(t)
	short := mustStage(t, s, "key", blob.Cond{})
	if _, err := short.Commit(t.Context(), blob.Sums{Size: 1}); err == nil {
		t.Error("a file that lacks a byte was published")
	}
	expect(t, "Abort", short.Abort(t.Context()), nil)
	if left := files.names(); left != "" {
		t.Errorf("left behind: %q", left)
	}
}

// An abort removes the directories that its stage has made, the base too, but none that others have made, use or requested meanwhile.
func TestAbortAndDirectories(t *testing.T) {
	for left, meanwhile := range map[string]func(t *testing.T, files *watched, s *tree.Store){
		"":    func(*testing.T, *watched, *tree.Store) {},
		" /a": func(t *testing.T, _ *watched, s *tree.Store) { expect(t, "a/", put(t, s, "a/", "", blob.Cond{}), nil) },
		" /a /a/b /a/b/c": func(t *testing.T, _ *watched, s *tree.Store) {
			expect(t, "a/b/c/", put(t, s, "a/b/c/", "", blob.Cond{}), nil)
		},
		" /a /a/b /a/b/new": func(t *testing.T, files *watched, _ *tree.Store) { files.plant(t, "", "a/b/new") },
	} {
		files, s := newStore(t)
		stage := mustStage(t, s, "a/b/c/key", blob.Cond{})
		meanwhile(t, files, s)
		expect(t, "Abort", stage.Abort(t.Context()), nil)
		if got := files.names(); got != left {
			t.Errorf("left are %q; want %q", got, left)
		}
		if _, err := os.Stat(filepath.Dir(files.dir)); left == "" && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the directory above the base: %v", err)
		}
	}
}

// Another program may remove an empty directory whenever it sees one.
func TestDirectoryRemovedAgainAndAgain(t *testing.T) {
	for times, want := range map[int]error{99: nil, 100: tree.ErrNoParent} {
		files, s := newStore(t)
		files.before = func(call, name string) {
			if call == "create" && times > 0 {
				times--
				os.Remove(filepath.Join(files.dir, path.Dir(name)))
			}
		}
		expect(t, "Put", put(t, s, "a/b/key", "data", blob.Cond{}), want)
	}
}

// Every change of a file sweeps what has the names of its own temporary files, which later versions recognize too.
func TestSweep(t *testing.T) {
	const prefix = ".flink-upload-2c70e12b7a0646f9-" // of "key"
	for name, change := range map[string]func(s *tree.Store) error{
		"write":  func(s *tree.Store) error { return put(t, s, "dir/key", "new", blob.Cond{}) },
		"delete": func(s *tree.Store) error { return s.Delete(t.Context(), "dir/key", blob.Cond{}) },
		"attributes": func(s *tree.Store) error {
			_, err := s.SetAttrs(t.Context(), "dir/key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "token" })
			return err
		},
	} {
		files, s := newStore(t)
		files.poor = name == "write"
		files.plant(t, "data", "dir/key", "dir/"+prefix+"A.tmp", "dir/"+prefix+"B.tmp",
			"dir/"+prefix+"C", "dir/x"+prefix+"D.tmp", "dir/.flink-upload-E.tmp", "dir/.flink-upload-b10253764c8b233f-F.tmp", prefix+"G.tmp", "dir/"+prefix+"H.tmp/below")
		var own, swept string
		files.before = func(call, name string) {
			switch call {
			case "create":
				own = name
			case "sweep":
				swept += path.Base(name)[len(prefix):]
			}
		}
		expect(t, name, change(s), nil)
		if swept != "A.tmpB.tmp" && swept != "B.tmpA.tmp" {
			t.Errorf("%s swept %q", name, swept)
		}
		if ok, _ := path.Match("dir/"+prefix+strings.Repeat("[A-Z2-7]", 26)+".tmp", own); !ok && name == "write" {
			t.Errorf("the temporary file of key is called %q", own)
		}
		age := 24 * time.Hour
		if files.poor {
			age += time.Hour // by the clock of the file that is being written
		}
		if got := time.Since(files.olderThan); got < age || got > age+time.Minute {
			t.Errorf("%s swept what is older than %s", name, got)
		}
		if expect(t, "again", change(s), nil); len(swept) != len("A.tmpB.tmp") {
			t.Errorf("%s swept again: %q", name, swept)
		}
	}
}

// Cancelling stops everything but the clean-up, and the rename once it is sent.
func TestCancelled(t *testing.T) {
	files, s := newStore(t)
	var ctx context.Context
	var cancel context.CancelFunc
	cancelAt := func(wanted string) {
		ctx, cancel = context.WithCancel(t.Context())
		files.before = func(call, _ string) {
			if call == wanted {
				cancel()
			}
		}
	}
	cancelAt("create")
	_, err := s.Stage(ctx, "a/b/key", blob.WriteOptions{Size: -1})
	if expect(t, "Stage", err, context.Canceled); files.names() != "" {
		t.Errorf("left behind: %q", files.names())
	}
	cancelAt("rename")
	_, err = mustStage(t, s, "key", blob.Cond{}).Commit(ctx, blob.Sums{})
	expect(t, "Commit", err, nil)
	cancelAt("visit")
	_, err = s.List(ctx, blob.Query{})
	expect(t, "List", err, context.Canceled)

	cancelAt("never")
	object, err := s.Open(ctx, "key", blob.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	stage, err := s.Stage(ctx, "new", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(object)
	expect(t, "Read", err, context.Canceled)
	_, err = stage.Write([]byte("data"))
	expect(t, "Write", err, context.Canceled)
	expect(t, "Abort", stage.Abort(t.Context()), nil)
}

// Where a file system has no place for records, attributes are remembered for one ETag.
// They rest on more than that, since on Windows and HDFS it does not change with everything.
func TestRememberedAttributes(t *testing.T) {
	files, s := newStore(t)
	files.poor = true
	owned := func(owner string, full bool) {
		t.Helper()
		files.full = full
		_, err := s.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = owner })
		expect(t, "SetAttrs", err, nil)
		if info, err := s.Head(t.Context(), "key"); err != nil || info.Owner() != owner {
			t.Errorf("%+v, %v; want the owner %q", info, err, owner)
		}
	}
	files.plant(t, "data", "key")
	owned("remembered", true)
	owned("recorded", false)
	owned("remembered again", true)
	expect(t, "Delete", s.Delete(t.Context(), "key", blob.Cond{}), nil)
	files.plant(t, "data", "key")
	if info, err := s.Head(t.Context(), "key"); err != nil || info.Owner() != "" {
		t.Errorf("another program's file has %+v, %v", info, err)
	}
}

// In place is how other programs may write: a reader learns that what it read is no whole.
func TestReadingWhatIsRewrittenInPlace(t *testing.T) {
	for name, data := range map[string]string{"rewritten": strings.Repeat("n", 100_000), "cut": strings.Repeat("o", 50_000), "grown": strings.Repeat("o", 100_001)} {
		files, s := newStore(t)
		files.plant(t, strings.Repeat("o", 100_000), "key")
		object, err := s.Open(t.Context(), "key", blob.ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		defer object.Close()
		if _, err := io.CopyN(io.Discard, object, 10_000); err != nil {
			t.Fatal(err)
		}
		files.plant(t, data, "key")
		modTime := object.Info.ModTime
		if name == "rewritten" {
			modTime = modTime.Add(time.Second)
		}
		expect(t, "Chtimes", os.Chtimes(filepath.Join(files.dir, "key"), time.Time{}, modTime), nil)
		_, err = io.Copy(io.Discard, object)
		expect(t, name, err, blob.ErrChanged)
	}
}

// What is removed while it is listed is left out, and everything else is listed.
func TestADirectoryThatIsRemovedWhileItIsListed(t *testing.T) {
	for removed, want := range map[string]string{"dir": "dir/", "dir/sub": "dir/ dir/sub/ dir/z"} {
		files, s := newStore(t)
		files.plant(t, "data", "dir/sub/key", "dir/z")
		files.before = func(call, name string) {
			if call == "readdir" && name == removed {
				os.RemoveAll(filepath.Join(files.dir, name))
			}
		}
		page, err := s.List(t.Context(), blob.Query{Prefix: "dir/"})
		var keys []string
		for _, info := range page.Infos {
			keys = append(keys, info.Key)
		}
		if got := strings.Join(keys, " "); err != nil || got != want {
			t.Errorf("without %s: %q, %v; want %q", removed, got, err, want)
		}
	}
}
