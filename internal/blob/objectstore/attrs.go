package objectstore

import (
	"context"
	"errors"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// SetAttrs looks at the object and, if something changes, has the store copy it onto itself; above Traits.CopyLimit by parts, and then the
// Info has no ModTime.
func (s *Store) SetAttrs(ctx context.Context, key string, cond blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	found, err := s.find(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	if cond.IfMatch != "" && cond.IfMatch != found.ETag {
		return blob.Info{}, s.unmet(key, blob.ErrChanged)
	}
	attrs := found.Attrs.Clone()
	edit(&attrs)
	if attrs.Equal(*found.Attrs) {
		return found.Info, nil
	}
	driver, err := s.driver(ctx)
	if err != nil {
		return blob.Info{}, s.fail(s.traits.Names.Rewrite, key, blob.Cond{}, err)
	}
	switch {
	case s.enforcement(driver, CopyIfMatch) == Unproven:
		return s.rewriteUnproven(ctx, driver, found, attrs)
	case found.Size > s.traits.CopyLimit:
		return s.rewriteByParts(ctx, found, attrs)
	}
	return s.rewrite(ctx, driver, found, attrs)
}

func (s *Store) rewrite(ctx context.Context, driver Driver, found Found, attrs blob.Attrs) (blob.Info, error) {
	written, err := driver.Rewrite(ctx, found, attrs)
	if err == nil {
		err = complete(blob.Info{ETag: written.ETag})
	}
	if err != nil {
		return blob.Info{}, s.fail(s.traits.Names.Rewrite, found.Key, blob.Cond{IfMatch: found.ETag}, err)
	}
	info := found.Info
	info.Attrs, info.ETag, info.VersionID, info.ModTime = &attrs, written.ETag, written.VersionID, written.ModTime
	return info, nil
}

// abortAfter aborts a stage after a failure, and joins what goes wrong then.
func abortAfter(ctx context.Context, stage blob.Stage, err error) error {
	if err == nil {
		return nil
	}
	if abortErr := blob.Abort(ctx, stage); abortErr != nil {
		return errors.Join(err, abortErr)
	}
	return err
}

// rewriteByParts copies an object onto itself that is too large for one request.
func (s *Store) rewriteByParts(ctx context.Context, found Found, attrs blob.Attrs) (info blob.Info, err error) {
	to := &upload{store: s, caller: ctx, key: found.Key, cond: blob.Cond{IfMatch: found.ETag}, attrs: attrs}
	stage, err := s.stage(ctx, to, Target{Key: found.Key, Kept: &found}, found.Size)
	if err != nil {
		return blob.Info{}, err
	}
	defer func() { err = abortAfter(ctx, stage, err) }()
	if err := stage.CopyFrom(ctx, s, found.Info); err != nil {
		return blob.Info{}, err
	}
	written, err := stage.Commit(ctx, blob.Sums{Size: found.Size})
	if err != nil {
		return blob.Info{}, err
	}
	info = found.Info
	info.Attrs, info.ETag, info.VersionID, info.ModTime, info.Written = &attrs, written.ETag, written.VersionID, time.Time{}, written.Written
	return info, nil
}
