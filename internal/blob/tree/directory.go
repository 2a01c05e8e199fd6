package tree

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"slices"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// directoryStage is a directory that is being made. It takes no bytes and keeps no attributes.
type directoryStage struct {
	store *Store
	key   string
	cond  blob.Cond
}

func (w *directoryStage) Write(p []byte) (int, error) {
	if len(p) > 0 {
		return 0, w.store.fail("write", w.key, ErrDirectory)
	}
	return 0, nil
}

// Commit makes the directory, and those above it.
func (w *directoryStage) Commit(ctx context.Context, _ blob.Sums) (blob.Info, error) {
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	info := blob.Info{}
	found, err := w.make(ctx, nameOf(w.key))
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNoParent
	}
	if err == nil {
		info = describe(w.key, found)
		info.Attrs = noAttrs()
	}
	return info, w.store.fail("make directory", w.key, err)
}

func (w *directoryStage) make(ctx context.Context, name string) (found Info, err error) {
	w.store.publishing.Lock()
	defer w.store.publishing.Unlock()
	if w.cond.IfMatch != "" {
		if err := w.store.checkFirst(ctx, "make directory", w.key, w.cond); err != nil {
			return Info{}, err
		}
	}
	base, err := w.store.files.Open(ctx, true)
	if err != nil {
		return Info{}, err
	}
	defer base.Close()
	made, err := makeDirectory(ctx, base, name)
	if err == nil {
		found, err = lookup(ctx, base, w.key)
	}
	if err == nil && w.cond.IfAbsent && !slices.Contains(made, name) {
		err = fs.ErrExist
	}
	if err != nil {
		return Info{}, err
	}
	w.store.requested[name] = true
	return found, base.Sync(ctx, append(made, name))
}

// Abort has nothing to clean up.
func (w *directoryStage) Abort(context.Context) error { return nil }

// makeDirectory makes a directory and those above it, and returns the names of the new ones, outermost first, also with an error.
// It starts from below: most often nothing is missing, which takes one call.
func makeDirectory(ctx context.Context, base Dir, name string) (made []string, err error) {
	err = base.Mkdir(ctx, name)
	if above := path.Dir(name); above != "." && errors.Is(err, fs.ErrNotExist) {
		if made, err = makeDirectory(ctx, base, above); err != nil {
			return made, err
		}
		err = base.Mkdir(ctx, name)
	}
	switch {
	case err == nil:
		return append(made, name), nil
	case errors.Is(err, fs.ErrExist):
		return made, nil
	}
	return made, err
}

// undo removes directories that a write has made and that are still empty, unless they have been requested by name meanwhile.
func (s *Store) undo(ctx context.Context, base Dir, made []string) {
	s.publishing.Lock()
	defer s.publishing.Unlock()
	for _, name := range slices.Backward(made) {
		if s.requested[name] || base.Rmdir(ctx, name) != nil {
			return
		}
	}
	base.Unmake(ctx)
}
