package listing

import (
	"context"
	"errors"
	"path"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// hostile is a store that lists what it is told to, page by page, and counts the pages.
type hostile struct {
	blob.Store
	pages []blob.Page
	asked int
}

func (s *hostile) List(_ context.Context, q blob.Query) (blob.Page, error) {
	s.asked++
	if len(s.pages) == 0 {
		return blob.Page{}, errors.New("no more")
	}
	if q.Token != "" && len(s.pages) > 1 {
		s.pages = s.pages[1:]
	}
	return s.pages[0], nil
}

// Whatever a store lists, in whatever order and however often: an answer is an entry of the very key that was asked for, as it was listed,
// and no more pages are read than Listings says.
func FuzzLookup(f *testing.F) {
	f.Add("dir/a\ndir/b\n\n../x\n\ndir/\x00\xff", "dir/a", uint8(20), true)
	f.Add("dir/b\ndir/a\n\n\n\ndir//", "dir/c", uint8(255), true)
	f.Add("", "x", uint8(9), false)
	f.Add("other/a\ndir/a", "dir/a", uint8(30), true)
	f.Fuzz(func(t *testing.T, text, key string, questions uint8, more bool) {
		store := &hostile{}
		listed := map[string]bool{}
		for lines := range strings.SplitSeq(text, "\n\n") {
			page := blob.Page{}
			if more {
				page.Next = "next"
			}
			for name := range strings.SplitSeq(lines, "\n") {
				page.Infos = append(page.Infos, blob.Info{Key: name, ETag: "etag of " + name})
				listed[name] = true
			}
			store.pages = append(store.pages, page)
		}
		var listings Listings
		for n := 1; n <= int(questions); n++ {
			info, ok := listings.Lookup(t.Context(), store, key)
			if ok && (info.Key != key || info.ETag != "etag of "+key || !listed[key]) {
				t.Errorf("asked for %q, it says %+v", key, info)
			}
			if saved := n - alone; store.asked > max(0, min(saved, 10+saved/20)) {
				t.Fatalf("%d pages after %d questions about %q", store.asked, n, path.Dir(key))
			}
		}
	})
}
