package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"io/fs"
	"sync"
	"time"

	"github.com/minio/crc64nvme"
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

// ecmaTable is for CRC-64/XZ, which OSS calls CRC-64 (ECMA-182).
var ecmaTable = crc64.MakeTable(crc64.ECMA)

// copyBuffers are what a stream is read through.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// Put is the only way in which an object is published: it reads the source once, hashes what it sends, and commits only
// if the SHA-256 is the wanted one; with want nil there is none to compare with. In every other case nothing is visible, what was
// there is still there, and the stage is aborted, even if ctx is cancelled.
//
// An error of the commit that may hide a success (an answer that was lost, and the refusal of its repetition) is
// settled by looking: an object with the wanted hash and opts.Attrs.Owner is ours.
//
// A source with other bytes is a *MismatchError.
func Put(ctx context.Context, store Store, key string, src Source, want *Hash, opts PutOptions) (info Info, sums Sums, err error) {
	content, err := src.Open(ctx)
	if err != nil {
		return Info{}, Sums{}, err
	}
	defer content.Close()

	opts.Attrs = opts.Attrs.Clone()
	opts.Attrs.SHA256 = want
	stage, err := store.Stage(ctx, key, WriteOptions{Cond: opts.Cond, Attrs: opts.Attrs, Size: content.Size(), Accelerate: opts.Accelerate})
	if err != nil {
		return Info{}, Sums{}, err
	}
	committed := false
	defer func() {
		if committed {
			return
		}
		abortCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
		defer cancel()
		// The cause comes first: a failed clean-up must not hide it, nor a success that was settled by looking.
		if abortErr := stage.Abort(abortCtx); abortErr != nil && err != nil {
			err = errors.Join(err, fmt.Errorf("clean-up: %w", abortErr))
		}
	}()

	sums, err = send(ctx, stage, content)
	if err != nil {
		return Info{}, Sums{}, err
	}
	if size := content.Size(); size >= 0 && sums.Size != size {
		return Info{}, Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and %d were read", ErrSourceChanged, size, sums.Size)
	}
	if want != nil && sums.SHA256 != *want {
		return Info{}, Sums{}, &MismatchError{Want: *want, Got: sums.SHA256, Size: sums.Size}
	}
	if err := context.Cause(ctx); err != nil {
		return Info{}, Sums{}, err
	}
	info, err = stage.Commit(ctx, sums)
	committed = err == nil
	if err != nil {
		info, err = settle(ctx, store, key, sums, opts.Attrs.Owner, err)
	}
	if gaveUp := context.Cause(ctx); gaveUp != nil && err != nil {
		// That the caller gave up is the cause, and what the store said of it the detail.
		err = fmt.Errorf("%w: %s", gaveUp, err) //nolint:errorlint // a cancelled request would pass for a cancelled caller
	}
	return info, sums, err
}

// settle finds out whether a commit that failed took place all the same.
func settle(ctx context.Context, store Store, key string, sums Sums, owner string, cause error) (Info, error) {
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

// send feeds the stage with all of the content and returns the sums of what was sent.
func send(ctx context.Context, stage Stage, content Content) (Sums, error) {
	if parts, ok := stage.(PartStage); ok {
		if file, ok := content.(io.ReaderAt); ok && content.Size() >= 0 {
			if plan := parts.Parts(); plan.Size > 0 {
				return sendParts(ctx, parts, plan, file, content.Size())
			}
		}
	}
	digest := sha256.New()
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(digest, stage)}, contextReader{ctx, content}, *buffer)
	if err != nil {
		return Sums{}, err
	}
	return Sums{SHA256: Hash(digest.Sum(nil)), Size: n}, nil
}

// sendParts hashes a file part by part, ahead of the sending, which reads each part again from the file.
func sendParts(ctx context.Context, stage PartStage, plan PartPlan, file io.ReaderAt, size int64) (Sums, error) {
	whole := sha256.New()
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	for offset := int64(0); offset < size; offset += plan.Size {
		length := min(plan.Size, size-offset)
		crc := crc64nvme.New()
		sinks := []io.Writer{whole, crc}
		var ecma hash.Hash64
		if plan.CRC64ECMA {
			ecma = crc64.New(ecmaTable)
			sinks = append(sinks, ecma)
		}
		var part hash.Hash
		if plan.SHA256 {
			part = sha256.New()
			sinks = append(sinks, part)
		}
		section := contextReader{ctx, io.NewSectionReader(file, offset, length)}
		n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(sinks...)}, section, *buffer)
		if err != nil {
			return Sums{}, err
		}
		if n != length {
			return Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and ends after %d", ErrSourceChanged, size, offset+n)
		}
		sums := PartSums{CRC64NVME: crc.Sum64()}
		if ecma != nil {
			sums.CRC64ECMA = ecma.Sum64()
		}
		if part != nil {
			sums.SHA256 = Hash(part.Sum(nil))
		}
		if err := stage.SendAt(file, offset, length, sums); err != nil {
			return Sums{}, err
		}
	}
	// A file that has grown is another file.
	if n, _ := file.ReadAt((*buffer)[:1], size); n > 0 {
		return Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and has more by now", ErrSourceChanged, size)
	}
	return Sums{SHA256: Hash(whole.Sum(nil)), Size: size}, nil
}
