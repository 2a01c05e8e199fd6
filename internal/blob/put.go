package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// Source is bytes that can be read from their start, more than once.
type Source interface {
	// Open starts a reading.
	Open(ctx context.Context) (Content, error)
}

// Content is one reading of a Source. Content that is also an io.ReaderAt (a regular file) may be sent by parts.
type Content interface {
	io.ReadCloser
	Size() int64 // bytes; -1: not known until the end
}

// StoredContent is Content that is an object of a store. It is not read before the first Read, so that it may be copied instead.
type StoredContent interface {
	Content
	Stored() (Store, Info)
}

// PutOptions say under which condition an object is published, and what is told about it.
type PutOptions struct {
	Cond       Cond
	Attrs      Attrs // SHA256 is set by Put
	Accelerate bool  // as in WriteOptions

	// Present is the hash of what is there already; nil: nothing, or it does not matter. A source that turns out to have it is not
	// published: ErrPresent.
	Present *Hash
}

// abortTimeout bounds the clean-up after a failure, when the caller's own context may be over already. A run that was
// interrupted is waited for by Terraform, and killed by its user at the second interrupt.
const abortTimeout = 30 * time.Second

// Put is the only way in which an object is published: it reads the source once, hashes what it sends, and commits only
// if the SHA-256 is the wanted one; with want nil there is none to compare with. In every other case nothing is visible, what was
// there is still there, and the stage is aborted, even if ctx is cancelled.
//
// An object that the store can copy itself (see CopyStage) is not sent: it is read once to prove its SHA-256, if the store it lies in does not
// know that itself (see StoredHasher), and copied under the condition that it is still the same.
//
// An error of the commit that may hide a success (an answer that was lost, and the refusal of its repetition) is
// settled by looking: an object with the wanted hash and opts.Attrs.Owner is ours.
//
// A source with other bytes is a *MismatchError, one with those of opts.Present is ErrPresent, and then the Sums are those of the source. One
// that has to be read from its start again (ErrStartOver) is, a few times.
func Put(ctx context.Context, store Store, key string, src Source, want *Hash, opts PutOptions) (info Info, sums Sums, err error) {
	p := publication{store: store, key: key, want: want, opts: opts, copies: true}
	err = startingOver(ctx, func() error {
		info, sums, err = p.once(ctx, src)
		return err
	})
	return info, sums, err
}

// publication is what Put was asked for.
type publication struct {
	store  Store
	key    string
	want   *Hash
	opts   PutOptions
	copies bool // the store may copy
}

// once opens the source and publishes its bytes, or copies what is a store's already.
func (p publication) once(ctx context.Context, src Source) (Info, Sums, error) {
	content, err := src.Open(ctx)
	if err != nil {
		return Info{}, Sums{}, err
	}
	defer content.Close()
	stage, err := p.stage(ctx, p.want, content.Size())
	if err != nil {
		return Info{}, Sums{}, err
	}
	if stored, ok := p.copyable(stage, content); ok {
		// It was only asked. The copy needs one that has been told the hash.
		if err := Abort(ctx, stage); err != nil {
			return Info{}, Sums{}, err
		}
		info, sums, err := p.copied(ctx, stored)
		if errors.Is(err, errCopyRefused) && !errors.Is(err, errCleanUp) {
			p.copies = false
			return p.once(ctx, src)
		}
		return info, sums, err
	}
	return p.publish(ctx, stage, func() (Sums, error) {
		sums, err := send(ctx, stage, content)
		if err != nil {
			return Sums{}, err
		}
		if size := content.Size(); size >= 0 && sums.Size != size {
			return Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and %d were read", ErrSourceChanged, size, sums.Size)
		}
		return sums, p.check(sums)
	})
}

// stage begins to write an object with the hash, if that is known, and the size.
func (p publication) stage(ctx context.Context, hash *Hash, size int64) (Stage, error) {
	attrs := p.opts.Attrs.Clone()
	attrs.SHA256 = hash
	return p.store.Stage(ctx, p.key, WriteOptions{Cond: p.opts.Cond, Attrs: attrs, Size: size, Accelerate: p.opts.Accelerate})
}

// check compares what was read with what was wanted, and with what is there.
func (p publication) check(sums Sums) error {
	switch {
	case p.want != nil && sums.SHA256 != *p.want:
		return &MismatchError{Want: *p.want, Got: sums.SHA256, Size: sums.Size}
	case p.opts.Present != nil && sums.SHA256 == *p.opts.Present:
		return ErrPresent
	}
	return nil
}

// publish fills a stage and commits it, if fill has no error, or aborts it.
func (p publication) publish(ctx context.Context, stage Stage, fill func() (Sums, error)) (info Info, sums Sums, err error) {
	committed := false
	defer func() {
		if committed {
			return
		}
		// The cause comes first: a failed clean-up must not hide it, nor a success that was settled by looking.
		if abortErr := Abort(ctx, stage); abortErr != nil && err != nil {
			err = errors.Join(err, abortErr)
		}
	}()
	sums, err = fill()
	if errors.Is(err, ErrPresent) {
		return Info{}, sums, err
	}
	if err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		return Info{}, Sums{}, err
	}
	info, err = stage.Commit(ctx, sums)
	committed = err == nil
	if err != nil {
		info, err = resolveCommit(ctx, p.store, p.key, sums, p.opts.Attrs.Owner, err)
	}
	if gaveUp := context.Cause(ctx); gaveUp != nil && err != nil {
		// That the caller gave up is the cause, and what the store said of it the detail.
		err = fmt.Errorf("%w: %s", gaveUp, err) //nolint:errorlint // a cancelled request would pass for a cancelled caller
	}
	return info, sums, err
}

// errCleanUp marks what is left behind, so that nothing is tried again over it.
var errCleanUp = errors.New("clean-up")

// Abort throws a stage away, although the caller may have given up: it has 30 seconds of its own.
func Abort(ctx context.Context, stage Stage) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	if err := stage.Abort(ctx); err != nil {
		return fmt.Errorf("%w: %w", errCleanUp, err)
	}
	return nil
}

// resolveCommit finds out whether a commit that failed took place all the same.
func resolveCommit(ctx context.Context, store Store, key string, sums Sums, owner string, cause error) (Info, error) {
	// A store that found other bytes than those that were sent has said enough: what it stored beside them would say otherwise.
	if owner == "" || errors.Is(cause, fs.ErrPermission) || errors.Is(cause, ErrNoBucket) || errors.Is(cause, ErrSourceChanged) {
		return Info{}, cause
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
	defer cancel()
	info, err := store.Head(ctx, key)
	if err != nil || info.Attrs == nil || info.Attrs.Owner != owner || info.Size != sums.Size {
		return Info{}, cause
	}
	if stored, err := Digest(ctx, store, info); err != nil || stored != sums.SHA256 {
		return Info{}, cause
	}
	return info, nil
}
