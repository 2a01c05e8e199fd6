package objectstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Stage sends nothing yet.
// The Info of its Commit has no ModTime, as no answer tells it, and a further request would be needed.
func (s *Store) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	to := &upload{store: s, caller: ctx, key: key, cond: opts.Cond, attrs: opts.Attrs.Clone()}
	return s.stage(ctx, to, Target{Key: key, Accelerate: opts.Accelerate}, opts.Size)
}

func (s *Store) stage(ctx context.Context, to *upload, target Target, size int64) (*multipart.Stage, error) {
	driver, err := s.driver(ctx)
	if err == nil {
		to.driver = driver
		to.upload, err = driver.Upload(ctx, target)
	}
	if err != nil {
		return nil, s.fail(s.traits.Names.Put, to.key, to.cond, err)
	}
	return multipart.NewStage(ctx, to, multipart.Options{
		Size: size, Budget: s.common.Budget, Limits: s.traits.Limits, Sums: to.upload.Sums(), InOrder: s.traits.InOrder,
		Sweep: func(ctx context.Context, byParts bool) { s.sweep(ctx, driver, to.key, byParts) },
		Begun: func() (ended func()) { return s.common.Ledger.Begun(s.place(driver, to.key), to.id) },
	}), nil
}

// upload is one object on its way: what a driver's Upload sends, with conditions, and failures in words.
type upload struct {
	store  *Store
	driver Driver
	upload Upload
	caller context.Context // may give up until the request that publishes is sent
	key    string
	cond   blob.Cond
	attrs  blob.Attrs
	id     string // of the upload by parts, for the ledger

	published bool // then there is nothing to abort, whatever a look finds afterwards

	from   *Store    // of the object that is copied; nil: bytes are sent
	copied blob.Info // that object
}

var _ multipart.Copier = (*upload)(nil)

// Put sends one request.
func (u *upload) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, sums blob.Sums) (blob.Info, error) {
	u.attrs.SHA256 = cmp.Or(u.attrs.SHA256, &sums.SHA256)
	whole.Sums.SHA256 = sums.SHA256
	return u.publish(ctx, u.store.traits.Names.Put, u.kind(PutIfMatch, PutIfAbsent), whole.Size, func(guard Guard) (Written, error) {
		return u.upload.Put(ctx, body, whole, u.attrs, guard)
	})
}

// Begin sends one request.
// If its answer is lost, an upload may stay open that nobody knows: a later write takes it away, or a lifecycle rule of the bucket.
func (u *upload) Begin(ctx context.Context) error {
	id, err := u.upload.Begin(ctx, Begin{Attrs: u.attrs, IfAbsent: u.cond.IfAbsent, Copies: u.from != nil})
	if err == nil && id == "" {
		err = wire.Lacks("an upload ID")
	}
	u.id = id
	return u.fail(u.store.traits.Names.Begin, err)
}

// Part sends one request.
func (u *upload) Part(ctx context.Context, part multipart.Part) (string, error) {
	return u.part(u.store.traits.Names.Part, func() (string, error) { return u.upload.Part(ctx, part) })
}

func (u *upload) part(operation string, send func() (etag string, err error)) (string, error) {
	etag, err := send()
	if err == nil && etag == "" {
		err = wire.Lacks("an ETag")
	}
	return etag, u.fail(operation, err)
}

// Complete sends one request, under the condition: only here the object appears.
func (u *upload) Complete(ctx context.Context, parts []multipart.Done, whole multipart.Whole) (blob.Info, error) {
	if err := u.checkCopied(ctx); err != nil {
		return blob.Info{}, err
	}
	return u.publish(ctx, u.store.traits.Names.Complete, u.kind(CompleteIfMatch, CompleteIfAbsent), whole.Size, func(guard Guard) (Written, error) {
		return u.upload.Complete(ctx, slices.Clone(parts), whole, guard)
	})
}

func (u *upload) kind(match, absent Kind) Kind {
	if u.cond.IfAbsent {
		return absent
	}
	return match
}

// publish sends the request that makes the object visible, and looks at what the store says of it.
func (u *upload) publish(ctx context.Context, operation string, kind Kind, size int64, send func(Guard) (Written, error)) (blob.Info, error) {
	var written Written
	err := u.store.conditional(ctx, u.caller, u.driver, u.key, u.cond, kind, func(guard Guard) error {
		var err error
		written, err = send(guard)
		return u.fail(operation, err)
	})
	u.published = err == nil
	switch {
	case err != nil:
		return blob.Info{}, err
	case written.Garbled != nil:
		return blob.Info{}, u.withdraw(ctx, u.fail(operation, written.Garbled), written)
	case u.driver.Conditions()[kind] == Unproven && (u.cond.IfMatch != "" || u.cond.IfAbsent || written.ETag == ""):
		if written, err = u.confirm(ctx, written, size); err != nil {
			return blob.Info{}, err
		}
	case written.ETag == "":
		return blob.Info{}, u.fail(operation, wire.Lacks("an ETag"))
	}
	attrs := u.attrs.Clone()
	return blob.Info{
		Key: u.key, Size: size, ETag: written.ETag, VersionID: written.VersionID, Written: written.At, Attrs: &attrs,
	}, nil
}

// withdraw deletes an object that the store says has other bytes.
// It should not happen, as the bytes were compared before they became visible; if it does, no object is better than a wrong one.
// In a bucket with versions the version goes, and the one before is back.
func (u *upload) withdraw(ctx context.Context, cause error, written Written) error {
	guard := Guard{}
	if written.VersionID == "" {
		guard.Look = func(ctx context.Context) error { return u.store.check(ctx, u.key, blob.Cond{IfMatch: written.ETag}) }
	}
	err := u.store.fail(u.store.traits.Names.Delete, u.key, blob.Cond{}, u.driver.Delete(ctx, u.key, written.VersionID, guard))
	if err != nil {
		return errors.Join(cause, fmt.Errorf("and the wrong object still exists: %w", err))
	}
	return cause
}

// Abort sends one request.
func (u *upload) Abort(ctx context.Context) error {
	if u.published {
		return nil
	}
	return u.store.aborted(u.key, u.driver.AbortUpload(ctx, u.key, u.id, false))
}

func (u *upload) fail(operation string, err error) error {
	return u.store.fail(operation, u.key, u.cond, err)
}

// CanCopy reports whether from is reached in the same way.
// A store of which nobody knows whether it copies the object that is meant copies nothing.
func (u *upload) CanCopy(from blob.Store) bool {
	other, ok := from.(interface{ base() *Store })
	return ok && reflect.DeepEqual(other.base().settings, u.store.settings) && u.store.enforcement(u.driver, CopyIfMatch) != Unproven
}

// BeginCopy is Begin for parts that the store copies.
func (u *upload) BeginCopy(ctx context.Context, from blob.Store, object blob.Info) error {
	other, ok := from.(interface{ base() *Store })
	if !ok {
		return errors.ErrUnsupported
	}
	u.from, u.copied = other.base(), object
	return u.Begin(ctx)
}

// CopyPart sends one request, whose failures name the source.
func (u *upload) CopyPart(ctx context.Context, part multipart.CopiedPart) (string, error) {
	operation := u.store.traits.Names.CopyPart
	etag, err := u.upload.CopyPart(ctx, u.from.bucket, part)
	if err != nil {
		return "", u.sourceChanged(u.from.fail(operation, part.Object.Key, blob.Cond{IfMatch: part.Object.ETag}, err))
	}
	if etag == "" {
		return "", u.fail(operation, wire.Lacks("an ETag"))
	}
	return etag, nil
}

// checkCopied looks at the source once more before its copy is published, where a store may have ignored the condition on each part: a source
// that changed meanwhile was never hashed.
func (u *upload) checkCopied(ctx context.Context) error {
	if u.from == nil || u.isSelfCopy() || u.store.enforcement(u.driver, CopyIfMatch) == ByStore {
		return nil
	}
	return u.sourceChanged(u.from.check(ctx, u.copied.Key, blob.Cond{IfMatch: u.copied.ETag}))
}

// isSelfCopy reports whether the object gets other attributes: then the condition of the completion is that on its source.
func (u *upload) isSelfCopy() bool { return u.from == u.store && u.copied.Key == u.key }

// sourceChanged is a failure to find the source of a copy as it was.
func (u *upload) sourceChanged(err error) error {
	var failure *blob.Error
	if !u.isSelfCopy() && errors.As(err, &failure) && (errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist)) {
		failure.Err = blob.ErrSourceChanged
	}
	return err
}
