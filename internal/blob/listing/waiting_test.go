package listing

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// asked are listings that the first so many keys of a store were looked up in.
func asked(t *testing.T, store *pages, n int) (*pages, *Listings) {
	t.Helper()
	l := &Listings{}
	ask(t, l, store, keysUpTo(n), 1)
	return store, l
}

// All who ask while a page is under way wait for that one.
func TestOnePageInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000), took: time.Second}, 8)
		if heads := ask(t, l, store, keysFrom(8, 500), 100); heads != 0 {
			t.Errorf("%d HEADs", heads)
		}
		if n := store.lists.Load(); n != 1 {
			t.Errorf("%d pages", n)
		}
	})
}

// The one who fetches gives up: those who wait get their page, and nobody thinks that listing is of no use.
func TestLeaderGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000), took: time.Second}, 8)
		leading, giveUp := context.WithCancel(t.Context())
		var askers sync.WaitGroup
		askers.Go(func() {
			if info, ok := l.Lookup(leading, store, key(8)); ok {
				t.Errorf("who gave up was told %+v", info)
			}
		})
		synctest.Wait()
		for i := range 5 {
			askers.Go(func() {
				if _, ok := l.Lookup(t.Context(), store, key(10+i)); !ok {
					t.Errorf("one who waited was left to a HEAD")
				}
			})
		}
		synctest.Wait()
		giveUp()
		askers.Wait()
		if n := store.lists.Load(); n != 2 {
			t.Errorf("%d pages", n)
		}
	})
}

// One who waits and gives up does not wait any longer, and the others do.
func TestWaiterGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000), took: 9 * time.Second}, 8)
		var askers sync.WaitGroup
		askers.Go(func() {
			if _, ok := l.Lookup(t.Context(), store, key(8)); !ok {
				t.Error("the leader got nothing")
			}
		})
		synctest.Wait()
		waiting, giveUp := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, giveUp)
		began := time.Now()
		if _, ok := l.Lookup(waiting, store, key(9)); ok || time.Since(began) != time.Second {
			t.Errorf("it got an answer: %v, after %s", ok, time.Since(began))
		}
		askers.Wait()
	})
}

// A store that does not answer the listing costs one page's time.
func TestSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000), took: time.Hour}, 8)
		began := time.Now()
		if heads := ask(t, l, store, keysFrom(8, 100), 10); heads != 100 || time.Since(began) != pageTimeout || store.lists.Load() != 1 {
			t.Errorf("%d HEADs, %d pages, after %s", heads, store.lists.Load(), time.Since(began))
		}
	})
}

// Who has little time gets half of it for his HEAD, whether he fetches a page or waits for one. That it was too little for the page says nothing
// of the store.
func TestLittleTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000), took: 3 * time.Second}, 8)
		var askers sync.WaitGroup
		for i := range 3 {
			askers.Go(func() {
				hurried, cancel := context.WithTimeout(t.Context(), 4*time.Second)
				defer cancel()
				began := time.Now()
				if _, ok := l.Lookup(hurried, store, key(10+i)); ok || time.Since(began) != 2*time.Second || hurried.Err() != nil {
					t.Errorf("answered: %v, after %s of 4 s", ok, time.Since(began))
				}
			})
		}
		askers.Wait()
		patient, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, ok := l.Lookup(patient, store, key(20)); !ok {
			t.Error("who has the time was left to a HEAD")
		}
	})
}

// A store that panics is told of as it is, and the others do not hang.
func TestStorePanics(t *testing.T) {
	panicking := true
	store, l := asked(t, &pages{keys: keysUpTo(1000), before: func(context.Context) error {
		if panicking {
			panic("of the store")
		}
		return nil
	}}, 8)
	func() {
		defer func() {
			if told := recover(); told != "of the store" {
				t.Errorf("told: %v", told)
			}
		}()
		l.Lookup(t.Context(), store, key(8))
	}()
	panicking = false
	if _, ok := l.Lookup(t.Context(), store, key(9)); !ok {
		t.Error("the next one got nothing")
	}
}

// Many pages of others' objects, each a second long, do not hold up a few of ours.
func TestTimeIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &pages{took: time.Second}
		for i := range 100_000 {
			store.keys = append(store.keys, foreignBefore(i))
		}
		store.keys = append(store.keys, keysUpTo(100)...)
		began := time.Now()
		ask(t, &Listings{}, store, keysUpTo(100), 10)
		// Pages begin until they have taken 2 s and 100 times 10 ms.
		if lists := store.lists.Load(); lists != 4 || time.Since(began) > 4*time.Second {
			t.Errorf("%d pages, %s", lists, time.Since(began))
		}
	})
}

// A listing does not serve for longer than a minute.
func TestLifetime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000)}, 50)
		store.keys = keysFrom(500, 500)
		time.Sleep(lifetime - time.Second)
		if _, ok := l.Lookup(t.Context(), store, key(60)); !ok {
			t.Error("it served for less than a minute")
		}
		time.Sleep(time.Second)
		if info, ok := l.Lookup(t.Context(), store, key(60)); ok {
			t.Errorf("after a minute %+v", info)
		}
		if _, ok := l.Lookup(t.Context(), store, key(600)); !ok || store.lists.Load() != 2 {
			t.Errorf("it was not listed anew: %d pages", store.lists.Load())
		}
	})
}

// The minute counts from the first page.
func TestLifetimeOfPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(2000)}, 50)
		time.Sleep(lifetime * 2 / 3)
		if _, ok := l.Lookup(t.Context(), store, key(1500)); !ok || store.lists.Load() != 2 {
			t.Errorf("%d pages", store.lists.Load())
		}
		time.Sleep(lifetime * 2 / 3)
		if _, ok := l.Lookup(t.Context(), store, key(1)); !ok || store.lists.Load() != 3 {
			t.Errorf("a page older than a minute was used, or %d pages", store.lists.Load())
		}
	})
}

// Nothing that was listed before a write is told after it, not even by a page that was under way.
func TestDrop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, l := asked(t, &pages{keys: keysUpTo(1000)}, 50)
		l.Drop()
		if _, ok := l.Lookup(t.Context(), store, key(60)); !ok || store.lists.Load() != 2 {
			t.Errorf("it was not listed anew: %d pages", store.lists.Load())
		}

		// The page is made before the write, and comes after it.
		_, l = asked(t, store, 8)
		made := false
		store.before = func(context.Context) error {
			if !made {
				made = true
				time.Sleep(time.Second)
			}
			return nil
		}
		store.lists.Store(0)
		go func() { time.Sleep(time.Second / 2); l.Drop() }()
		if _, ok := l.Lookup(t.Context(), store, key(70)); ok {
			// One question allows one page, and that one is of no use any more.
			t.Error("a page from before the write was used")
		}
		if n := store.lists.Load(); n != 1 {
			t.Errorf("%d pages", n)
		}
		if _, ok := l.Lookup(t.Context(), store, key(71)); !ok || store.lists.Load() != 2 {
			t.Errorf("it was not listed anew: %d pages", store.lists.Load())
		}
	})
}
