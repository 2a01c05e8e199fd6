package listing

import (
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// directory is what is known of one directory, under the lock of its Listings.
type directory struct {
	asked   int           // questions so far
	pages   int           // requests for a page so far, failed ones and those of listings that were dropped included
	spent   time.Duration // what they took
	refused bool          // a page failed: no further one is tried

	fetching chan struct{} // closed when the page under way is there; nil: there is none
	read     *listing
}

// mayContinue reports whether the bounds allow a further page; see Listings.
func (d *directory) mayContinue() bool {
	saved := d.asked - alone
	return !d.refused && d.pages+1 <= min(saved, 10+saved/20) &&
		d.spent <= 2*time.Second+time.Duration(d.asked)*10*time.Millisecond
}

// expire forgets a listing that is too old.
func (d *directory) expire() {
	if !d.read.begun.IsZero() && time.Since(d.read.begun) >= lifetime {
		d.read = &listing{}
	}
}

// listing is a directory as far as it was read.
type listing struct {
	begun    time.Time // zero: not at all
	infos    map[string]blob.Info
	last     string // the greatest key of it
	next     string // the token of the page that follows
	complete bool
}

// passed says that the listing is beyond a key that it does not have.
func (l *listing) passed(key string) bool { return l.complete || key <= l.last }

func (l *listing) add(page blob.Page) {
	if l.infos == nil {
		l.infos = map[string]blob.Info{}
	}
	for _, info := range page.Infos {
		l.infos[info.Key] = info
		l.last = max(l.last, info.Key)
	}
	for _, prefix := range page.Prefixes {
		l.last = max(l.last, prefix)
	}
	l.next, l.complete = page.Next, page.Next == ""
}
