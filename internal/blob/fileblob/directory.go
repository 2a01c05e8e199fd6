package fileblob

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/tree"
)

// directory is the open base directory. No context reaches a system call.
type directory struct {
	disk *disk
	root *os.Root
	made []string // the base and what is above it, as far as Open had to make them, outermost first
}

// Open keeps nothing open between operations: a directory that was replaced is seen, and nothing hinders unmounting.
// Names are passed to [os.Root] with slashes, as [os.Root.FS] does on every system.
func (d *disk) Open(ctx context.Context, create bool) (tree.Dir, error) {
	base := &directory{disk: d}
	var err error
	if base.root, err = d.open(); create && errors.Is(err, fs.ErrNotExist) {
		err = base.make()
	}
	if err != nil {
		base.Unmake(ctx)
		return nil, err
	}
	return base, nil
}

func (d *disk) open() (*os.Root, error) {
	root, err := os.OpenRoot(d.dir)
	if err != nil {
		// os does not export its error for that.
		if found, statErr := os.Stat(d.dir); statErr == nil && !found.IsDir() {
			return nil, errBaseIsFile
		}
	}
	return root, err
}

// make makes the base directory, and those above it that are missing.
func (b *directory) make() (err error) {
	var missing []string
	for dir := filepath.Clean(b.disk.dir); ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			break
		}
		missing = append(missing, dir)
	}
	for _, dir := range slices.Backward(missing) {
		switch err := os.Mkdir(dir, 0o777); {
		case err == nil:
			b.made = append(b.made, dir)
		case !errors.Is(err, fs.ErrExist):
			return err
		}
	}
	b.root, err = b.disk.open()
	return err
}

// Unmake closes the base first: Windows removes those above it only once nobody has it open.
func (b *directory) Unmake(context.Context) {
	if b.root != nil {
		b.root.Close()
	}
	for _, dir := range slices.Backward(b.made) {
		if os.Remove(dir) != nil {
			return
		}
	}
}

// Stat does not open what it describes: opening a pipe would block.
func (b *directory) Stat(_ context.Context, name string) (tree.Info, error) {
	found, err := b.root.Stat(name)
	if isNotDirectory(err) {
		err = tree.ErrParent
	}
	if errors.Is(err, fs.ErrNotExist) {
		if itself, lerr := b.root.Lstat(name); lerr == nil && itself.Mode()&fs.ModeSymlink != 0 {
			err = errDangling
		}
	}
	return describe(found, err)
}

func describe(found fs.FileInfo, err error) (tree.Info, error) {
	if err != nil {
		return tree.Info{}, err
	}
	return tree.Info{Type: found.Mode().Type(), Size: found.Size(), ModTime: found.ModTime().UTC(), ETag: etag(found)}, nil
}

func (b *directory) ReadDir(_ context.Context, name string, visit func([]tree.Entry) error) error {
	dir, err := b.root.OpenRoot(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	opened, err := dir.Open(".")
	if err != nil {
		return err
	}
	found, err := opened.ReadDir(-1)
	opened.Close()
	if err != nil {
		return err
	}
	entries := make([]tree.Entry, len(found))
	for i, e := range found {
		entries[i] = tree.Entry{Name: e.Name(), Stat: func() (tree.Info, error) { return describe(dir.Lstat(e.Name())) }}
		switch {
		case e.IsDir():
			entries[i].Name += "/"
		case e.Type()&fs.ModeSymlink != 0:
			// From the base: a link may lead out of its own directory, to another one of the store.
			entries[i].Stat = func() (tree.Info, error) {
				info, err := describe(b.root.Stat(path.Join(name, e.Name())))
				if err != nil {
					err = fs.ErrNotExist
				}
				return info, err
			}
		}
	}
	return visit(entries)
}

// Rename links without replace, which never replaces anything.
func (b *directory) Rename(_ context.Context, from, to string, replace bool) error {
	if !replace {
		err := b.disk.link(b.root, from, to)
		if err == nil {
			return b.root.Remove(from)
		}
		// Where there are no hard links Linux says "not permitted", others "not supported", Windows "incorrect function".
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, errIncorrectFunction) {
			return err
		}
	}
	return b.root.Rename(from, to)
}

func (b *directory) Close() error                                { return b.root.Close() }
func (b *directory) Mkdir(_ context.Context, name string) error  { return b.root.Mkdir(name, 0o777) }
func (b *directory) Remove(_ context.Context, name string) error { return b.root.Remove(name) }

// Rmdir does not remove a link to a directory: what is below it would be lost, although it is not empty.
func (b *directory) Rmdir(_ context.Context, name string) error {
	if found, err := b.root.Lstat(name); err == nil && !found.IsDir() {
		return errLinkedDir
	}
	return b.root.Remove(name)
}

func (b *directory) Sync(_ context.Context, names []string) error {
	for _, name := range names {
		if err := b.disk.syncDirectory(b.root.Open(path.Dir(name))); err != nil {
			return err
		}
	}
	for _, dir := range b.made {
		if err := b.disk.syncDirectory(os.Open(filepath.Dir(dir))); err != nil {
			return err
		}
	}
	return nil
}

func (d *disk) syncDirectory(dir *os.File, err error) error {
	if err != nil {
		return err
	}
	return errors.Join(syncDirectory(dir, d.sync), dir.Close())
}
