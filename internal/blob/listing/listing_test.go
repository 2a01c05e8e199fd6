package listing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const directoryOfTests = "ws/artifacts/namespaces/team/"

// pages is a store that can do nothing but list one directory, a thousand keys at a time.
type pages struct {
	blob.Store
	keys   []string // sorted
	took   time.Duration
	before func(ctx context.Context) error // is called before a page is made

	lists atomic.Int64
}

func (s *pages) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	s.lists.Add(1)
	if s.before != nil {
		if err := s.before(ctx); err != nil {
			return blob.Page{}, err
		}
	}
	if s.took > 0 {
		select {
		case <-time.After(s.took):
		case <-ctx.Done():
			return blob.Page{}, ctx.Err()
		}
	}
	if q.Prefix != directoryOfTests || q.Delimiter != "/" {
		return blob.Page{}, fmt.Errorf("listed %+v", q)
	}
	first := sort.SearchStrings(s.keys, q.Token)
	last := min(first+1000, len(s.keys))
	var page blob.Page
	for _, key := range s.keys[first:last] {
		if strings.HasSuffix(key, "/") {
			page.Prefixes = append(page.Prefixes, key)
		} else {
			page.Infos = append(page.Infos, blob.Info{Key: key, ETag: "etag of " + key})
		}
	}
	if last < len(s.keys) {
		page.Next = s.keys[last]
	}
	return page, nil
}

// key is the i-th of ours, and foreign one that sorts after the first n of them.
func key(i int) string             { return fmt.Sprintf("%sjob-%08d.jar", directoryOfTests, i) }
func foreignBefore(i int) string   { return fmt.Sprintf("%sa-%08d.bin", directoryOfTests, i) }
func keysUpTo(n int) (of []string) { return keysFrom(0, n) }
func keysFrom(first, n int) (of []string) {
	for i := first; i < first+n; i++ {
		of = append(of, key(i))
	}
	return of
}

// ask looks all keys up, some at a time, as Terraform does, and returns how many were left to HEADs.
func ask(t *testing.T, l *Listings, store blob.Store, keys []string, atOnce int) (heads int) {
	t.Helper()
	next := make(chan string)
	var left atomic.Int64
	var askers sync.WaitGroup
	for range atOnce {
		askers.Go(func() {
			for key := range next {
				info, ok := l.Lookup(t.Context(), store, key)
				switch {
				case !ok:
					left.Add(1)
				case info.Key != key || info.ETag != "etag of "+key:
					t.Errorf("of %s the listing says %+v", key, info)
				}
			}
		})
	}
	for _, key := range keys {
		next <- key
	}
	close(next)
	askers.Wait()
	return int(left.Load())
}

func shuffled(keys []string) []string {
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
	return keys
}

func TestRequests(t *testing.T) {
	foreign := func(n int) (of []string) {
		for i := range n {
			of = append(of, foreignBefore(i))
		}
		return of
	}
	for _, test := range []struct {
		name         string
		ours, others int
		inOrder      bool
		heads, lists int // exactly
	}{
		{"one", 1, 0, false, 1, 0},
		{"eight", 8, 0, false, 8, 0},
		{"nine", 9, 0, false, 8, 1},
		{"a thousand", 1000, 0, false, 8, 1},
		{"2500 in order", 2500, 0, true, 8, 3},
		{"10,000 in order", 10_000, 0, true, 8, 10},
		{"nine among 100,000", 9, 100_000, false, 9, 1},
		// min(12, 10 + 12/20) pages, and a HEAD for each.
		{"twenty among 100,000", 20, 100_000, false, 20, 10},
		{"a thousand behind ten thousand", 1000, 10_000, true, 27, 11}, // the eleventh page needs 20 questions
	} {
		t.Run(test.name, func(t *testing.T) {
			store := &pages{keys: append(foreign(test.others), keysUpTo(test.ours)...)}
			ours := keysUpTo(test.ours)
			if !test.inOrder {
				ours = shuffled(ours)
			}
			heads := ask(t, &Listings{}, store, ours, 1)
			if lists := int(store.lists.Load()); heads != test.heads || lists != test.lists {
				t.Errorf("%d HEADs and %d pages, want %d and %d", heads, lists, test.heads, test.lists)
			}
		})
	}
}

// The bound of the comment, whatever the mixture, the order and the number of askers.
func TestBound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		ours, others := random.IntN(3000)+1, random.IntN(15_000)
		if random.IntN(2) == 0 {
			ours = random.IntN(40) + 1
		}
		store := &pages{}
		for i := range others {
			store.keys = append(store.keys, fmt.Sprintf("%sjob-%08d.x", directoryOfTests, random.IntN(ours)*10+i%7))
		}
		store.keys = append(store.keys, keysUpTo(ours)...)
		slices.Sort(store.keys)
		store.keys = slices.Compact(store.keys)
		asked := keysUpTo(ours)
		if random.IntN(2) == 0 {
			asked = shuffled(asked)
		}
		heads := ask(t, &Listings{}, store, asked, random.IntN(10)+1)
		lists := int(store.lists.Load())
		if allowed := max(0, min(ours-8, 10+(ours-8)/20)); lists > allowed {
			t.Errorf("%d of ours, %d of others: %d pages, allowed are %d", ours, others, lists, allowed)
		}
		if float64(heads+lists) > 1.05*float64(ours)+10 || heads+lists > 2*ours {
			t.Errorf("%d of ours, %d of others: %d HEADs and %d pages", ours, others, heads, lists)
		}
		if others == 0 && ours <= 1000 && heads+lists > 9 {
			t.Errorf("%d alone: %d HEADs and %d pages", ours, heads, lists)
		}
	}
}

// Terraform asks ten at a time, in no order: then it is as few, as those who wait for a page let others ask meanwhile.
func TestRequestsOfMany(t *testing.T) {
	for _, n := range []int{1000, 2000, 5000, 10_000} {
		synctest.Test(t, func(t *testing.T) {
			store := &pages{keys: keysUpTo(n), took: 5 * time.Millisecond}
			heads := ask(t, &Listings{}, store, shuffled(keysUpTo(n)), 10)
			if lists := int(store.lists.Load()); heads+lists > 8+n/1000 {
				t.Errorf("%d: %d HEADs and %d pages", n, heads, lists)
			}
		})
	}
}

// What is not listed, and what is a directory of that name, is left to a HEAD, at no further page.
func TestAbsent(t *testing.T) {
	store := &pages{keys: append(keysUpTo(500), directoryOfTests+"zoo/")}
	l := &Listings{}
	if heads := ask(t, l, store, keysUpTo(9), 1); heads != 8 {
		t.Errorf("%d HEADs", heads)
	}
	for _, absent := range []string{key(500), directoryOfTests + "a", directoryOfTests + "zoo", directoryOfTests + "zzz"} {
		if info, ok := l.Lookup(t.Context(), store, absent); ok {
			t.Errorf("%s is listed as %+v", absent, info)
		}
	}
	if n := store.lists.Load(); n != 1 {
		t.Errorf("%d pages", n)
	}
}

// What lies before the end of what was listed, and is not there, needs no further page; a directory at that end counts too.
func TestAbsentBeforeTheEnd(t *testing.T) {
	for absent, keys := range map[string][]string{"a": keysUpTo(5000), "y": append(keysUpTo(999), directoryOfTests+"z/", directoryOfTests+"zz")} {
		store, l := &pages{keys: keys}, &Listings{}
		ask(t, l, store, keysUpTo(50), 1)
		if info, ok := l.Lookup(t.Context(), store, directoryOfTests+absent); ok || store.lists.Load() != 1 {
			t.Errorf("%s: %+v, %d pages", absent, info, store.lists.Load())
		}
	}
}

// Each directory, and each store, has its own.
func TestDirectoriesAreApart(t *testing.T) {
	one, other := &pages{keys: keysUpTo(100)}, &pages{keys: keysUpTo(100)}
	l := &Listings{}
	ask(t, l, one, keysUpTo(50), 1)
	if heads := ask(t, l, other, keysUpTo(8), 1); heads != 8 || other.lists.Load() != 0 {
		t.Errorf("the other store: %d HEADs, %d pages", heads, other.lists.Load())
	}
	if info, ok := l.Lookup(t.Context(), one, strings.TrimSuffix(directoryOfTests, "team/")+"job-00000001.jar"); ok {
		t.Errorf("another directory is answered by %+v", info)
	}
}

// A listing that is refused is not tried again, and nobody hears of it.
func TestRefused(t *testing.T) {
	store := &pages{keys: keysUpTo(1000), before: func(context.Context) error { return errors.New("403") }}
	if heads := ask(t, &Listings{}, store, keysUpTo(100), 10); heads != 100 || store.lists.Load() != 1 {
		t.Errorf("%d HEADs, %d pages", heads, store.lists.Load())
	}
}

func BenchmarkLookup(b *testing.B) {
	store := &pages{keys: keysUpTo(1000)}
	for b.Loop() {
		l := &Listings{}
		for i := range 1000 {
			l.Lookup(b.Context(), store, key(i))
		}
	}
}
