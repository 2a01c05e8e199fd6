package tree

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// stageAttempts bounds how often a write makes its directory again when other writes, which failed in it, remove it each time.
const stageAttempts = 100

// Stage creates a temporary file beside the destination, and the directories above it; Abort removes both.
// A condition that does not hold, or an obstacle, is an error here already, before a byte is sent.
func (s *Store) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	if err := s.checkFirst(ctx, "write", key, opts.Cond); err != nil {
		return nil, err
	}
	if strings.HasSuffix(key, "/") {
		return &directoryStage{store: s, key: key, cond: opts.Cond}, nil
	}
	stage := &fileStage{ctx: ctx, store: s, key: key, opts: opts}
	for range stageAttempts {
		switch err := stage.begin(); {
		case err == nil:
			return stage, nil
		case !errors.Is(err, fs.ErrNotExist):
			return nil, s.fail("write", key, err)
		}
	}
	return nil, s.fail("write", key, ErrNoParent)
}

// fileStage is a file that is being written. The name of a file is its key.
type fileStage struct {
	ctx   context.Context
	store *Store
	key   string
	opts  blob.WriteOptions

	base      Dir
	made      []string // the directories that it had to make, outermost first
	temporary string
	file      File
	ended     bool
}

func (w *fileStage) begin() (err error) {
	if w.base, err = w.store.files.Open(w.ctx, true); err != nil {
		return err
	}
	w.made = nil
	if dir := path.Dir(w.key); dir != "." {
		w.made, err = makeDirectory(w.ctx, w.base, dir)
	}
	if err == nil {
		w.temporary = path.Join(path.Dir(w.key), temporaryName(path.Base(w.key)))
		w.file, err = w.base.Create(w.ctx, w.temporary)
	}
	if err != nil {
		w.store.undo(context.WithoutCancel(w.ctx), w.base, w.made)
		w.base.Close()
		return err
	}
	w.store.sweepFor(w.ctx, w)
	return nil
}

// Write appends to the temporary file.
func (w *fileStage) Write(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	n, err := w.file.Write(p)
	return n, w.store.fail("write", w.key, err)
}

// Commit syncs the file, gives it its attributes and its name, and syncs the directory.
func (w *fileStage) Commit(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	info, err := w.commit(ctx, sums)
	if err != nil {
		return blob.Info{}, w.store.fail("write", w.key, err)
	}
	w.ended = true
	w.file.Close() // it was synced
	w.base.Close()
	return info, nil
}

func (w *fileStage) commit(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	// A network file system may settle the modification time only now, so the record comes after it.
	// The sync of the directory carries the record along.
	if err := w.file.Sync(ctx); err != nil {
		return blob.Info{}, err
	}
	found, err := w.file.Stat(ctx)
	if err != nil {
		return blob.Info{}, err
	}
	if found.Size != sums.Size {
		return blob.Info{}, fmt.Errorf("%d bytes were written, and the file has %d", sums.Size, found.Size)
	}
	remember, err := keep(ctx, w.file, found, w.opts.Attrs)
	if err != nil {
		return blob.Info{}, w.store.fail("write attributes of", w.key, err)
	}
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	info, err := w.publish(ctx, remember)
	if err != nil {
		return blob.Info{}, err
	}
	return info, w.base.Sync(ctx, append(w.made, w.key))
}

// publish gives the temporary file its name.
func (w *fileStage) publish(ctx context.Context, remember bool) (blob.Info, error) {
	w.store.publishing.Lock()
	defer w.store.publishing.Unlock()
	if err := check(ctx, w.base, w.key, w.opts.Cond); err != nil {
		return blob.Info{}, err
	}
	if err := w.base.Rename(ctx, w.temporary, w.key, !w.opts.Cond.IfAbsent); err != nil {
		return blob.Info{}, err
	}
	w.store.sweep(ctx, w.base, w.key)
	// The open file is described, not the name, which another process may have taken by now.
	return w.store.kept(ctx, w.file, w.key, w.opts.Attrs, remember)
}

// Abort removes the temporary file, and the directories that were made for it and are still empty.
func (w *fileStage) Abort(ctx context.Context) error {
	if w.ended {
		return nil
	}
	w.ended = true
	defer w.base.Close()
	w.file.Close() // first, so that nothing on its way makes the file again
	err := w.base.Remove(ctx, w.temporary)
	w.store.undo(ctx, w.base, w.made)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return w.store.fail("remove the temporary file of", w.key, err)
}
