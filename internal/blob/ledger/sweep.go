package ledger

import (
	"context"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const (
	// old is the age of an upload that nobody goes on with.
	old = 24 * time.Hour
	// sweepTimeout bounds a sweep. The write that waits for it is what matters.
	sweepTimeout = 10 * time.Second
)

// Sweep throws away what earlier writes of a key left open: the uploads of this ledger whose process is gone, and, if list is true, all
// others of exactly this key that are older than a day by the store's own clock. Uploads that somebody may be at work on stay: those of
// this ledger whose process lives, and everybody's for a day.
//
// It comes before the write, so that a write that is killed each time leaves one upload and not one more each time. Nobody is told how it
// went, since the write does not depend on it: who may not list, or may not abort, has a bucket with a rule for such uploads, or should.
//
// To list costs a request, which one more in a write by parts hardly shows: list is for those. What the ledger has is aborted without asking.
func (l *Ledger) Sweep(ctx context.Context, store blob.UploadSweeper, at Place, list bool) {
	ctx, cancel := context.WithTimeout(ctx, sweepTimeout)
	defer cancel()
	living := map[string]bool{}
	for name, e := range l.find(at) {
		if !l.gone(e.Process) {
			living[e.Upload] = true
		} else if store.AbortUpload(ctx, at.Key, e.Upload) == nil {
			l.remove(name)
		}
	}
	if !list {
		return
	}
	open, err := store.OpenUploads(ctx, at.Key)
	if err != nil {
		return
	}
	for _, upload := range open.Uploads {
		// Without an ID it would be the object that is deleted.
		if upload.ID != "" && isOld(upload, open.Now) && !living[upload.ID] {
			_ = store.AbortUpload(ctx, at.Key, upload.ID) // or the next time
		}
	}
}

// isOld: an upload of which nobody says when it was begun is not.
func isOld(upload blob.OpenUpload, now time.Time) bool {
	return !upload.Begun.IsZero() && now.Sub(upload.Begun) > old
}
