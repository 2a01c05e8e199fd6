// Package listing answers what would else be one HEAD for each of many objects in a directory by a listing of that directory, where this
// saves requests.
package listing

import (
	"context"
	"path"
	"sync"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const (
	// alone is how many questions about a directory are left to HEADs before it is listed: few objects of many are not worth a listing.
	alone = 8
	// lifetime is how long a listing serves.
	lifetime = time.Minute
	// pageTimeout is how long one page is waited for, repetitions included. A store that needs longer is asked by HEADs.
	pageTimeout = 10 * time.Second
)

// Listings are the listings of one run, by store and directory. The zero value is ready. It is safe for concurrent use.
//
// Requests. Let n be the number of questions about one directory and s = n - 8. A question costs one HEAD at the most. A page is fetched
// only while pages + 1 <= min(s, 10 + s/20), and s never shrinks, so that at any time pages <= min(s, 10 + s/20): all together is
// at most n + 10 + n/20, whatever else lies in the directory, and never more than twice the HEADs. In a directory with nothing but the n objects each
// page answers a thousand questions: up to a thousand objects cost 8 + 1 requests. With more, a question whose key lies beyond what may be listed yet
// costs a HEAD; in the keys' order there is none.
//
// Time. Pages come one after the other, where HEADs would go side by side. No page is begun once they have taken 2 s in all
// and 10 ms for every question, and none may take longer than 10 s. No caller waits for longer than half of its time: the rest is for its HEAD.
type Listings struct {
	mu          sync.Mutex
	directories map[place]*directory
}

// place is a directory of a store.
type place struct {
	store  blob.Store
	prefix string
}

// Lookup returns what a listing says of the object; ok is false where none says anything, and the store is to be asked. What is listed
// was there, as it is listed, at most a minute ago and after the last write (see Drop).
//
// A listing that is denied, fails or takes too long is no error: HEADs find out.
func (l *Listings) Lookup(ctx context.Context, store blob.Store, key string) (info blob.Info, ok bool) {
	prefix, _ := path.Split(key)
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)/2)
		defer cancel()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	d := l.directory(place{store, prefix})
	d.asked++
	for ctx.Err() == nil {
		d.expire()
		switch info, found := d.read.infos[key]; {
		case found:
			return info, true
		case d.read.passed(key):
			return blob.Info{}, false
		case d.fetching != nil:
			l.wait(ctx, d.fetching)
		case d.mayContinue():
			l.fetch(ctx, d, place{store, prefix})
		default:
			return blob.Info{}, false
		}
	}
	return blob.Info{}, false
}

// Drop forgets all listings. It comes after each write, whatever became of it; a page that is under way then is thrown away.
func (l *Listings) Drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.directories {
		d.read = &listing{}
	}
}

func (l *Listings) directory(at place) *directory {
	if l.directories == nil {
		l.directories = map[place]*directory{}
	}
	d := l.directories[at]
	if d == nil {
		d = &directory{read: &listing{}}
		l.directories[at] = d
	}
	return d
}

// wait waits, unlocked, until the page under way is there, or the caller gives up.
func (l *Listings) wait(ctx context.Context, fetching <-chan struct{}) {
	l.mu.Unlock()
	defer l.mu.Lock()
	select {
	case <-fetching:
	case <-ctx.Done():
	}
}

// fetch reads the next page. If the caller gives up meanwhile, the next one who waits for it reads it.
func (l *Listings) fetch(ctx context.Context, d *directory, at place) {
	fetching := make(chan struct{})
	d.fetching = fetching
	defer func() {
		d.fetching = nil
		close(fetching)
	}()
	d.pages++
	read, begun := d.read, time.Now()
	if read.begun.IsZero() {
		read.begun = begun
	}
	page, err := l.page(ctx, at, read.next)
	d.spent += time.Since(begun)
	switch {
	case err == nil:
		read.add(page) // of no consequence, if it was dropped meanwhile
	case ctx.Err() == nil:
		d.refused = true
	}
}

// page reads one page, unlocked.
func (l *Listings) page(ctx context.Context, at place, token string) (blob.Page, error) {
	l.mu.Unlock()
	defer l.mu.Lock() // also when the store panics, so that it is its panic that is told
	ctx, cancel := context.WithTimeout(ctx, pageTimeout)
	defer cancel()
	return at.store.List(ctx, blob.Query{Prefix: at.prefix, Delimiter: "/", Token: token})
}
