package fileblob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// stageAttempts bounds how often a write makes its directory anew, when others that failed in it remove it each time.
const stageAttempts = 100

// Stage begins a temporary file beside the destination and makes the directories above it; both go with Abort. A
// condition that does not hold, or something that is no file in its place, is an error here already, before a byte is sent.
func (s *Store) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	name, err := localName(key)
	if err != nil {
		return nil, s.fail("write", key, err)
	}
	if err := s.checkBefore(key, name, opts.Cond); err != nil {
		return nil, s.fail("write", key, err)
	}
	if strings.HasSuffix(key, "/") {
		return &directoryStage{store: s, key: key, name: name, cond: opts.Cond}, nil
	}
	stage := &fileStage{ctx: ctx, store: s, key: key, name: name, opts: opts}
	for range stageAttempts {
		if err = stage.begin(); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = errNoParent
	}
	if err != nil {
		return nil, s.fail("write", key, err)
	}
	return stage, nil
}

// checkBefore looks at what is in the place of a key before anything is made.
func (s *Store) checkBefore(key, name string, cond blob.Cond) error {
	root, err := s.open()
	if errors.Is(err, fs.ErrNotExist) {
		return checkPresent(cond, key, nil)
	}
	if err != nil {
		return err
	}
	defer root.Close()
	return check(root, key, name, cond)
}

func check(root *os.Root, key, name string, cond blob.Cond) error {
	present, err := lookup(root, key, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err != nil {
		present = nil
	}
	return checkPresent(cond, key, present)
}

// fileStage is a file on its way.
type fileStage struct {
	ctx       context.Context
	store     *Store
	key, name string
	opts      blob.WriteOptions

	root      *os.Root
	made      made
	temporary string // slash-separated
	file      *os.File
	ended     bool
}

func (w *fileStage) begin() (err error) {
	w.made = made{}
	if w.root, err = w.store.openOrMake(&w.made); err != nil {
		w.store.undo(nil, w.made)
		return err
	}
	defer func() {
		if err != nil {
			w.store.undo(w.root, w.made)
			w.root.Close()
		}
	}()
	dir := parent(filepath.ToSlash(w.name))
	if dir != "." {
		if _, err := makeDirectory(w.root, dir, &w.made); err != nil {
			return err
		}
	}
	w.temporary = dir + "/" + temporaryName(filepath.Base(w.name))
	w.file, err = w.root.OpenFile(filepath.FromSlash(w.temporary), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	if err := w.store.claim(w.root, w.temporary, w.file); err != nil {
		w.file.Close()
		if !errors.Is(err, fs.ErrNotExist) { // errSwept: of that name there may be another one by now
			_ = w.root.Remove(filepath.FromSlash(w.temporary))
		}
		return err
	}
	w.store.sweep(w.root, filepath.ToSlash(w.name), clockOf(w.file))
	return nil
}

// Write appends to the temporary file.
func (w *fileStage) Write(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	n, err := w.file.Write(p)
	if err != nil {
		err = w.store.fail("write", w.key, err)
	}
	return n, err
}

// Commit syncs the file, gives it its attributes and its name, and syncs the directory.
func (w *fileStage) Commit(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	// A network file system may settle the modification time only now, so the record comes after it; the sync of the
	// directory carries the record along.
	if err := w.store.sync(w.file); err != nil {
		return blob.Info{}, w.store.fail("write", w.key, err)
	}
	found, err := w.file.Stat()
	if err != nil {
		return blob.Info{}, w.store.fail("write", w.key, err)
	}
	if found.Size() != sums.Size {
		return blob.Info{}, w.store.fail("write", w.key, fmt.Errorf("%d bytes were written, and the file has %d", sums.Size, found.Size()))
	}
	inMemory, err := w.store.keep(w.file, found, w.opts.Attrs)
	if err != nil {
		return blob.Info{}, w.store.fail("write attributes of", w.key, err)
	}
	info, err := w.publish(inMemory)
	if err != nil {
		return blob.Info{}, err
	}
	if err := w.store.syncNames(w.root, filepath.ToSlash(w.name), w.made); err != nil {
		return blob.Info{}, w.store.fail("write", w.key, err)
	}
	w.end()
	return info, nil
}

func (w *fileStage) publish(inMemory bool) (blob.Info, error) {
	w.store.publishing.Lock()
	defer w.store.publishing.Unlock()
	if err := check(w.root, w.key, w.name, w.opts.Cond); err != nil {
		return blob.Info{}, w.store.fail("write", w.key, err)
	}
	if err := w.rename(); err != nil {
		return blob.Info{}, w.store.fail("write", w.key, err)
	}
	// The open file is asked, not the name: another process may have taken that by now.
	return w.store.told(w.file, w.key, w.opts.Attrs, inMemory)
}

// rename gives the temporary file its name; with IfAbsent by a hard link, which never replaces anything.
func (w *fileStage) rename() error {
	temporary := filepath.FromSlash(w.temporary)
	if w.opts.Cond.IfAbsent {
		err := w.store.link(w.root, temporary, w.name)
		if err == nil {
			return w.root.Remove(temporary)
		}
		// Linux says "not permitted", others "not supported", Windows "incorrect function", where there are no hard
		// links. The check has just been made.
		if !errors.Is(err, fs.ErrPermission) && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, errIncorrectFunction) {
			return err
		}
	}
	return w.root.Rename(temporary, w.name)
}

// Abort removes the temporary file, and the directories that were made for it and are still empty.
func (w *fileStage) Abort(context.Context) error {
	if w.ended {
		return nil
	}
	err := w.root.Remove(filepath.FromSlash(w.temporary))
	w.store.undo(w.root, w.made)
	w.end()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return w.store.fail("remove the temporary file of", w.key, err)
	}
	return nil
}

func (w *fileStage) end() {
	w.ended = true
	w.file.Close() // it was synced, or is to be forgotten
	w.root.Close()
}
