package objectstore

import (
	"context"
	"errors"
	"io/fs"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
)

// uploadPages bounds how many pages of open uploads are read.
// Nobody has as many of one key.
const uploadPages = 5

// place is how the ledger knows a key.
func (s *Store) place(driver Driver, key string) ledger.Place {
	return ledger.Place{Endpoint: driver.Reach().Account, Bucket: s.bucket, Key: key}
}

// sweep throws away what earlier writes of the key left, where a driver's uploads outlive the process.
func (s *Store) sweep(ctx context.Context, driver Driver, key string, byParts bool) {
	if lister, ok := driver.(UploadLister); ok {
		s.common.Ledger.Sweep(ctx, &sweeper{s, driver, lister}, s.place(driver, key), byParts && !s.unlisted.Load())
	}
}

// sweeper is a store whose uploads by parts outlive the process.
type sweeper struct {
	store  *Store
	driver Driver
	UploadLister
}

var _ blob.UploadSweeper = (*sweeper)(nil)

// OpenUploads sends one request, and more only while all uploads of a page are the key's.
// They come in the order of keys, and the key itself is before those that it begins.
func (w *sweeper) OpenUploads(ctx context.Context, key string) (blob.OpenUploads, error) {
	s := w.store
	var (
		open  blob.OpenUploads
		after Marker
	)
	for range uploadPages {
		page, err := w.ListUploads(ctx, key, after)
		if err != nil {
			err = s.fail(s.traits.Names.ListUploads, key, blob.Cond{}, err)
			if isLasting(err) {
				s.unlisted.Store(true)
			}
			return blob.OpenUploads{}, err
		}
		after = page.Next
		if !page.Now.IsZero() {
			open.Now = page.Now
		}
		more := after != Marker{}
		for _, upload := range page.Uploads {
			switch {
			case upload.Key != key:
				more = false
			case upload.ID != "":
				open.Uploads = append(open.Uploads, upload.OpenUpload)
			}
		}
		if !more {
			break
		}
	}
	if open.Now.IsZero() {
		open.Now = time.Now()
	}
	return open, nil
}

// isLasting: the next write would meet the same, or wait as long.
func isLasting(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, context.DeadlineExceeded)
}

// AbortUpload sends one request.
func (w *sweeper) AbortUpload(ctx context.Context, key, id string) error {
	return w.store.aborted(key, w.driver.AbortUpload(ctx, key, id, true))
}

// aborted describes the failure of an abort.
// An upload that does not exist counts as a success.
func (s *Store) aborted(key string, err error) error {
	if err == nil {
		return nil
	}
	err = s.fail(s.traits.Names.Abort, key, blob.Cond{}, err)
	var failure *blob.Error
	if errors.As(err, &failure) && failure.Code != "" && failure.Code == s.traits.Aborted {
		return nil
	}
	return err
}
