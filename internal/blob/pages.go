package blob

import (
	"context"
	"fmt"
	"iter"
)

const (
	// mostListed bounds what is read of one listing, in entries: what is listed is held in memory, and a server can go on for ever.
	mostListed = 1_000_000
	// mostEmptyPages is how many pages in a row may list nothing. There are some where a bucket keeps the markers of many deleted objects.
	mostEmptyPages = 1000
)

// Pages are the pages of a listing, from the query's token on. A listing that does not come nearer to its end is an error: a page that ends
// before the last one ended, or more of them than anybody has. No page follows an error. A prefix that a page ends with and the next one begins
// with, as some stores have it, is in the first alone.
func Pages(ctx context.Context, store Store, q Query) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		var listed, empty int
		var last string
		for {
			page, err := store.List(ctx, q)
			if err != nil {
				yield(Page{}, err)
				return
			}
			if len(page.Prefixes) > 0 && page.Prefixes[0] == last {
				page.Prefixes = page.Prefixes[1:]
			}
			n := len(page.Infos) + len(page.Prefixes)
			listed, empty = listed+n, empty+1
			if n > 0 {
				empty = 0
			}
			end := page.end()
			switch {
			case n > 0 && end <= last && last != "":
				err = fmt.Errorf("%w: a page of its listing that ends with %q is followed by one that ends with %q", ErrNotAStore, last, end)
			case listed > mostListed:
				err = fmt.Errorf("%w: it lists more than %d entries below %q", ErrNotAStore, mostListed, q.Prefix)
			case empty > mostEmptyPages:
				err = fmt.Errorf("%w: it lists %d pages below %q with nothing on them, and says that there are more", ErrNotAStore, mostEmptyPages, q.Prefix)
			}
			if err != nil {
				yield(Page{}, err)
				return
			}
			last = max(last, end)
			if !yield(page, nil) || page.Next == "" {
				return
			}
			q.Token = page.Next
		}
	}
}
