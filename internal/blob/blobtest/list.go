package blobtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

var listTests = []conformanceTest{
	{"byte order", func(t *testing.T, h Harness) {
		// In a file system "a" and "a/b" exclude each other, and a walk in order of names puts "a/b" before "a-b".
		keys := append([]string{"a-b", "a/b", "a/b-c", "a/c/d", "a0", "a!", "aa", "A", "é", "z", "a.jar", "~"}, oddKeys...)
		for _, key := range keys {
			mustPut(t, h.Store, key, []byte(key), someAttrs)
		}
		mustPut(t, h.Store, "a/c/", nil, blob.Attrs{})
		mustPut(t, h.Store, "m/", nil, blob.Attrs{})
		all := h.listed(append(keys, "a/c/", "m/"))
		for _, page := range []int{0, 1, 2, 3, 7, len(all), len(all) + 1} {
			infos, prefixes := listAll(t, h.Store, blob.Query{Max: page})
			expectKeys(t, fmt.Sprint("pages of ", page), keysOf(infos), all)
			expectKeys(t, "prefixes without a delimiter", prefixes, nil)
			if page == 2 {
				expectHeads(t, h.Store, infos)
			}
		}
	}},
	{"prefix", func(t *testing.T, h Harness) {
		keys := []string{"p/a", "p/ab", "p/b", "pa/x", "q/y", "p/c/d/e"}
		for _, key := range keys {
			mustPut(t, h.Store, key, []byte(key), blob.Attrs{})
		}
		for _, prefix := range []string{"p", "p/", "p/a", "p/ab", "p/abc", "p/c", "p/c/", "p/c/d/e", "q", "x/", "p/a/", "none/at/all"} {
			want := slices.DeleteFunc(h.listed(keys), func(key string) bool { return !strings.HasPrefix(key, prefix) })
			for _, page := range []int{0, 1, 2} {
				infos, _ := listAll(t, h.Store, blob.Query{Prefix: prefix, Max: page})
				expectKeys(t, fmt.Sprintf("below %q in pages of %d", prefix, page), keysOf(infos), want)
			}
		}
	}},
	{"delimiter", func(t *testing.T, h Harness) {
		for _, key := range []string{"d/a-b", "d/a/b", "d/a/c", "d/a0", "d/b/c/d", "d/z", "e/f", "top"} {
			mustPut(t, h.Store, key, []byte(key), blob.Attrs{})
		}
		for _, key := range []string{"d/", "d/a/", "d/empty/"} {
			mustPut(t, h.Store, key, nil, blob.Attrs{})
		}
		for _, test := range []struct {
			prefix         string
			keys, prefixes []string
		}{
			{"", []string{"top"}, []string{"d/", "e/"}},
			{"d", nil, []string{"d/"}},
			{"d/", []string{"d/", "d/a-b", "d/a0", "d/z"}, []string{"d/a/", "d/b/", "d/empty/"}},
			{"d/a", []string{"d/a-b", "d/a0"}, []string{"d/a/"}},
			{"d/a/", []string{"d/a/", "d/a/b", "d/a/c"}, nil},
			{"d/empty/", []string{"d/empty/"}, nil},
			{"d/none/", nil, nil},
		} {
			for _, page := range []int{0, 1, 2, 3} {
				infos, prefixes := listAll(t, h.Store, blob.Query{Prefix: test.prefix, Delimiter: "/", Max: page})
				what := fmt.Sprintf("below %q in pages of %d", test.prefix, page)
				expectKeys(t, "keys "+what, keysOf(infos), test.keys)
				expectKeys(t, "prefixes "+what, prefixes, test.prefixes)
				expectHeads(t, h.Store, infos)
			}
		}
	}},
	{"more than a thousand", func(t *testing.T, h Harness) {
		const count = 1005
		var keys []string
		for i := range count {
			keys = append(keys, fmt.Sprintf("many/%04d", i))
		}
		putAll(t, h.Store, keys)
		infos, _ := listAll(t, h.Store, blob.Query{Prefix: "many/0"})
		expectKeys(t, "the first thousand", keysOf(infos), keys[:1000])
		infos, _ = listAll(t, h.Store, blob.Query{Prefix: "many/", Delimiter: "/"})
		want := keys
		if h.RealDirectories {
			want = append([]string{"many/"}, keys...)
		}
		expectKeys(t, "all", keysOf(infos), want)
		first, err := h.Store.List(t.Context(), blob.Query{Max: 10})
		if err != nil || len(first.Infos) != 10 || first.Next == "" {
			t.Errorf("a page of 10 has %d entries, Next %q, %v", len(first.Infos), first.Next, err)
		}
	}},
	{"unfinished writes are left out", func(t *testing.T, h Harness) {
		stage := written(t, h, "key", pattern(80, h.LargeSize))
		infos, _ := listAll(t, h.Store, blob.Query{})
		expectKeys(t, "during a write", keysOf(infos), nil)
		if err := stage.Abort(t.Context()); err != nil {
			t.Error(err)
		}
	}},
}

// listed are the keys that a listing shows, in byte order: where directories are real, those above the keys too.
func (h Harness) listed(keys []string) []string {
	all := slices.Clone(keys)
	if h.RealDirectories {
		for _, key := range keys {
			for i := range strings.TrimSuffix(key, "/") {
				if key[i] == '/' {
					all = append(all, key[:i+1])
				}
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// listAll reads all pages.
func listAll(t *testing.T, store blob.Store, q blob.Query) (infos []blob.Info, prefixes []string) {
	t.Helper()
	for range 10_000 {
		page, err := store.List(t.Context(), q)
		if err != nil {
			t.Fatalf("List %+v: %v", q, err)
		}
		if q.Max > 0 && len(page.Infos)+len(page.Prefixes) > q.Max {
			t.Errorf("List %+v has %d entries", q, len(page.Infos)+len(page.Prefixes))
		}
		infos, prefixes = append(infos, page.Infos...), append(prefixes, page.Prefixes...)
		if page.Next == "" {
			return infos, prefixes
		}
		q.Token = page.Next
	}
	t.Fatalf("List %+v has no end", q)
	return nil, nil
}

func keysOf(infos []blob.Info) []string {
	var keys []string
	for _, info := range infos {
		keys = append(keys, info.Key)
	}
	return keys
}

func expectKeys(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s:\n got %q\nwant %q", what, got, want)
	}
}

// expectHeads: a listing tells what Head tells. Its times may be coarser, but not by a second.
func expectHeads(t *testing.T, store blob.Store, infos []blob.Info) {
	t.Helper()
	for _, info := range infos {
		head := mustHead(t, store, info.Key)
		if info.ETag != head.ETag || info.Size != head.Size || !info.ModTime.Truncate(time.Second).Equal(head.ModTime.Truncate(time.Second)) {
			t.Errorf("listed as %+v, Head says %+v", info, head)
		}
		if info.Attrs != nil {
			t.Errorf("a listing tells Attrs of %q", info.Key)
		}
	}
}

// putAll puts tiny objects, several at a time.
func putAll(t *testing.T, store blob.Store, keys []string) {
	t.Helper()
	var together sync.WaitGroup
	next := make(chan string)
	for range 16 {
		together.Go(func() {
			for key := range next {
				data := []byte(key)
				if _, _, err := blob.Put(context.WithoutCancel(t.Context()), store, key, BytesSource(data), Sum(data), blob.PutOptions{}); err != nil {
					t.Errorf("Put %q: %v", key, err)
				}
			}
		})
	}
	for _, key := range keys {
		next <- key
	}
	close(next)
	together.Wait()
}
