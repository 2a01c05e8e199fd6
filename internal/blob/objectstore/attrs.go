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
	if found.Size > s.traits.CopyLimit {
		return s.rewriteByParts(ctx, found, attrs)
	}
	seen := blob.Cond{IfMatch: found.ETag}
	driver, err := s.driver(ctx)
	var written Written
	if err == nil {
		written, err = driver.Rewrite(ctx, found, attrs)
	}
	if err == nil {
		err = complete(blob.Info{ETag: written.ETag})
	}
	if err != nil {
		return blob.Info{}, s.fail(s.traits.Names.Rewrite, key, seen, err)
	}
	info := found.Info
	info.Attrs, info.ETag, info.VersionID, info.ModTime = &attrs, written.ETag, written.VersionID, written.ModTime
	return info, nil
}

// rewriteByParts copies an object onto itself that is too large for one request.
func (s *Store) rewriteByParts(ctx context.Context, found Found, attrs blob.Attrs) (info blob.Info, err error) {
	to := &upload{store: s, caller: ctx, key: found.Key, cond: blob.Cond{IfMatch: found.ETag}, attrs: attrs}
	stage, err := s.stage(ctx, to, Target{Key: found.Key, Kept: &found}, found.Size)
	if err != nil {
		return blob.Info{}, err
	}
	defer func() {
		if err == nil {
			return
		}
		if abortErr := blob.Abort(ctx, stage); abortErr != nil {
			err = errors.Join(err, abortErr)
		}
	}()
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
