package objectstore

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// What stands in for a condition that is Unproven: looks after a write, and copies that are believed only with proof.

// isContradicted reports whether the store refused a condition that a look finds to hold.
// 304 is the refusal of some stores' completions.
// A conflict with another request (409) is none: the store has looked at the condition, and the other request may still change the object.
func (s *Store) isContradicted(ctx context.Context, key string, cond blob.Cond, err error) bool {
	var failure *blob.Error
	if !errors.As(err, &failure) || failure.Status != http.StatusPreconditionFailed && failure.Status != http.StatusNotModified {
		return false
	}
	return s.check(ctx, key, cond) == nil
}

// isWritten reports whether an object is the one that was written, with the ETag of the answer, or "" where that had none.
// A store that keeps no owner is known by the ETag alone.
func isWritten(now blob.Info, etag string, size int64, owner string) bool {
	sameETag := etag != "" && now.ETag == etag
	return now.Size == size && (sameETag || etag == "") && (now.Owner() == owner || sameETag && now.Owner() == "")
}

// confirm looks whether the object is the one that was just written, where the store may have let another client write at the same time:
// of two that both succeeded, the one whose object is gone must be told.
func (u *upload) confirm(ctx context.Context, written Written, size int64) (Written, error) {
	now, err := u.store.Head(ctx, u.key)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return Written{}, fmt.Errorf("%w: %w", blob.ErrUnconfirmed, err)
	case err != nil, !isWritten(now, written.ETag, size, u.attrs.Owner):
		return Written{}, u.store.lost(u.key)
	}
	written.ETag, written.VersionID = now.ETag, now.VersionID
	return written, nil
}

// rewriteUnproven gives an object other attributes on a store that may copy another object than the one that was found.
// What must not be copied there is sent again: an object above Traits.CopyLimit, as the conditions on its parts may be ignored, and one
// whose name a store may decode twice (Ceph does for copies of parts).
// Once the copy is requested, the caller waits for the proof, too: without it another client's object could be left with our attributes.
func (s *Store) rewriteUnproven(ctx context.Context, driver Driver, found Found, attrs blob.Attrs) (blob.Info, error) {
	if found.Size > s.traits.CopyLimit || strings.Contains(found.Key, "%") {
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
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	commit, cancel := blob.CommitContext(ctx)
	defer cancel()
	info, err := s.rewrite(commit, driver, found, attrs)
	if s.isContradicted(commit, found.Key, blob.Cond{IfMatch: found.ETag}, err) {
		return s.resend(ctx, found, attrs)
	}
	return s.confirmRewrite(commit, driver, found, info, attrs, *hash, err)
}

// confirmRewrite finds out whether the store copied the object that was found, and not one that another client had written by then: that
// one must not be taken for ours.
// An ETag that stayed is proof enough, as it comes from the bytes; where it did not, they are compared with their hash.
// A failed copy may have taken place all the same.
func (s *Store) confirmRewrite(ctx context.Context, driver Driver, found Found, copied blob.Info, attrs blob.Attrs, want blob.Hash, failure error) (blob.Info, error) {
	now, err := s.find(ctx, found.Key)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return blob.Info{}, fmt.Errorf("%w: %w", blob.ErrUnconfirmed, errors.Join(failure, err))
	case failure != nil && (err != nil || !now.Attrs.Equal(attrs)):
		return blob.Info{}, failure
	case failure == nil && (err != nil || !isWritten(now.Info, copied.ETag, now.Size, attrs.Owner)):
		return blob.Info{}, s.lost(found.Key)
	case now.ETag == found.ETag:
		return now.Info, nil
	}
	if now.Size == found.Size {
		switch ours, err := s.hasHash(ctx, now.Info, want, found.Attrs.SHA256); {
		case errors.Is(err, blob.ErrChanged), errors.Is(err, fs.ErrNotExist):
			return blob.Info{}, s.lost(found.Key)
		case err != nil:
			return blob.Info{}, fmt.Errorf("%w: %w", blob.ErrUnconfirmed, err)
		case ours:
			return now.Info, nil
		}
	}
	foreign := now.Attrs.Clone()
	foreign.Owner, foreign.SHA256 = "", nil
	_, err = s.rewrite(ctx, driver, now, foreign)
	return blob.Info{}, errors.Join(s.lost(found.Key), err)
}

// readings is how often the bytes of a copy are read before they count as another client's.
const readings = 3

// hasHash reports whether an object has one of two hashes, of which the second may not be known.
// One reading that has it is enough; that it has not takes several that agree, as what comes over a network may be damaged, or end early.
func (s *Store) hasHash(ctx context.Context, object blob.Info, want blob.Hash, or *blob.Hash) (bool, error) {
	var failure error
	var before blob.Hash
	for reading := range readings {
		hash, err := blob.HashObject(ctx, s, object)
		switch {
		case errors.Is(err, blob.ErrChanged), errors.Is(err, fs.ErrNotExist):
			return false, err
		case err != nil:
			failure = err
		case hash == want, or != nil && hash == *or:
			return true, nil
		case reading > 0 && hash != before:
			failure = errors.New("the object reads differently each time")
		}
		before = hash
	}
	return false, failure
}

// resend writes an object anew with other attributes, if what is read has the hash that is known of it.
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
	hasher := sha256.New()
	if _, err := io.Copy(stage, io.TeeReader(object, hasher)); err != nil {
		return blob.Info{}, err
	}
	read := blob.Hash(hasher.Sum(nil))
	isKnown := func(known *blob.Hash) bool { return known != nil && *known == read }
	if (attrs.SHA256 != nil || found.Attrs.SHA256 != nil) && !isKnown(attrs.SHA256) && !isKnown(found.Attrs.SHA256) {
		return blob.Info{}, s.fail(s.traits.Names.Get, found.Key, blob.Cond{}, fmt.Errorf("%w: it has SHA-256 %s by now", blob.ErrSourceChanged, read))
	}
	return stage.Commit(ctx, blob.Sums{SHA256: read, Size: found.Size})
}

// lost is that another client wrote or deleted an object at the same time as we did, and the store let both succeed.
func (s *Store) lost(key string) error {
	failure := s.failure(s.traits.Names.Head, key)
	failure.Err, failure.Message = blob.ErrLost, blob.ErrLost.Error()
	return failure
}
