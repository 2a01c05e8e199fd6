package objectstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// What stands in for a condition that is Unproven: looks after what was written, and no copy that is believed without proof.

// isContradicted reports whether the store refused a condition that a look finds to hold.
func (s *Store) isContradicted(ctx context.Context, key string, cond blob.Cond, err error) bool {
	var failure *blob.Error
	refused := errors.As(err, &failure) && failure.Op != s.traits.Names.Head && failure.Code != s.traits.Aborted &&
		(errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrExist))
	return refused && s.check(ctx, key, cond) == nil
}

// confirm looks whether the object is the one that was just written, where the store may have let another client write at the same moment:
// of two that both succeeded, the one whose object is gone has to know.
func (u *upload) confirm(ctx context.Context, written Written, size int64) (Written, error) {
	now, err := u.store.Head(ctx, u.key)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Written{}, err
	case err != nil, written.ETag != "" && now.ETag != written.ETag, now.Size != size, now.Owner() != u.attrs.Owner:
		if u.cond.IfAbsent {
			return Written{}, u.store.lost(u.key, fs.ErrExist)
		}
		return Written{}, u.store.lost(u.key, blob.ErrChanged)
	}
	written.ETag, written.VersionID = now.ETag, now.VersionID
	return written, nil
}

// rewriteUnproven gives an object other attributes on a store that may copy another object than the one that was found.
// An object above Traits.CopyLimit is sent again.
func (s *Store) rewriteUnproven(ctx context.Context, driver Driver, found Found, attrs blob.Attrs) (blob.Info, error) {
	if found.Size > s.traits.CopyLimit {
		return s.resend(ctx, found, attrs)
	}
	hash := attrs.SHA256
	if hash == nil {
		read, err := blob.HashObject(ctx, s, found.Info)
		if err != nil {
			return blob.Info{}, err
		}
		hash = &read
	}
	info, err := s.rewrite(ctx, driver, found, attrs)
	if err == nil {
		err = s.confirmRewrite(ctx, driver, found, &info, *hash)
	}
	return info, err
}

// confirmRewrite finds out whether the store copied the object that was found, and not one that another client had written by then.
// That one must not be taken for ours: it is marked as what it is.
// An ETag that stayed is proof enough, as it comes from the bytes; where it did not, they are compared with their hash.
func (s *Store) confirmRewrite(ctx context.Context, driver Driver, found Found, info *blob.Info, want blob.Hash) error {
	now, err := s.find(ctx, found.Key)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && (now.ETag != info.ETag || now.Owner() != info.Owner()):
		return s.lost(found.Key, blob.ErrChanged)
	case err != nil:
		return err
	}
	info.VersionID = now.VersionID // the answer to a copy may lack it
	if now.ETag == found.ETag {
		return nil
	}
	hash, err := blob.HashObject(ctx, s, now.Info)
	if stored := found.Attrs.SHA256; err != nil || hash == want || stored != nil && hash == *stored {
		return err
	}
	foreign := now.Attrs.Clone()
	foreign.Owner, foreign.SHA256 = "", nil
	_, err = s.rewrite(ctx, driver, now, foreign)
	return errors.Join(s.lost(found.Key, blob.ErrChanged), err)
}

// resend writes an object anew with other attributes.
func (s *Store) resend(ctx context.Context, found Found, attrs blob.Attrs) (info blob.Info, err error) {
	object, err := s.Open(ctx, found.Key, blob.ReadOptions{})
	if err != nil {
		return blob.Info{}, err
	}
	defer object.Close()
	if object.Info.ETag != found.ETag { // compared here, as the store may refuse a condition that holds
		return blob.Info{}, s.unmet(found.Key, blob.ErrChanged)
	}
	to := &upload{store: s, caller: ctx, key: found.Key, cond: blob.Cond{IfMatch: found.ETag}, attrs: attrs}
	stage, err := s.stage(ctx, to, Target{Key: found.Key, Kept: &found}, found.Size)
	if err != nil {
		return blob.Info{}, err
	}
	defer func() { err = abortAfter(ctx, stage, err) }()
	hash := sha256.New()
	if _, err := io.Copy(stage, io.TeeReader(object, hash)); err != nil {
		return blob.Info{}, err
	}
	return stage.Commit(ctx, blob.Sums{SHA256: blob.Hash(hash.Sum(nil)), Size: found.Size})
}

// lost is that another client wrote or deleted an object at the same moment as we did, and the store let both.
func (s *Store) lost(key string, sentinel error) error {
	failure := s.failure(s.traits.Names.Head, key)
	failure.Err, failure.Message = sentinel, "another client wrote or deleted the object at the same moment, and the store allowed both"
	failure.Advice = "One of the two writes is lost; what exists now is whole. Let one state or client alone manage this object, then plan again."
	return failure
}
