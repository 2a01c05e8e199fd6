package blob_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// lister answers each listing by a function of the number of the request.
type lister struct {
	blob.Store
	page  func(n int) (blob.Page, error)
	asked int
}

func (l *lister) List(context.Context, blob.Query) (blob.Page, error) {
	l.asked++
	return l.page(l.asked)
}

var errListing = errors.New("no listing")

func TestPages(t *testing.T) {
	keys := func(next string, keys ...string) blob.Page {
		page := blob.Page{Next: next}
		for _, key := range keys {
			page.Infos = append(page.Infos, blob.Info{Key: key})
		}
		return page
	}
	many := make([]string, 1000)
	for name, c := range map[string]struct {
		page  func(n int) (blob.Page, error)
		pages int // that come before the end or the failure
		most  int // requests
		is    error
	}{
		"one":                 {func(int) (blob.Page, error) { return keys("", "a"), nil }, 1, 1, nil},
		"an empty one":        {func(int) (blob.Page, error) { return keys(""), nil }, 1, 1, nil},
		"an empty one before": {func(n int) (blob.Page, error) { return keys(map[int]string{1: "x"}[n]), nil }, 2, 2, nil},
		"a failure":           {func(n int) (blob.Page, error) { return keys("x", fmt.Sprint(n)), map[int]error{3: errListing}[n] }, 2, 3, errListing},
		"the same for ever":   {func(int) (blob.Page, error) { return keys("x", "a", "b"), nil }, 1, 2, blob.ErrNotAStore},
		"in turns for ever":   {func(n int) (blob.Page, error) { return keys(fmt.Sprint(n), string(rune('b'-n%2))), nil }, 2, 3, blob.ErrNotAStore},
		"nothing for ever":    {func(n int) (blob.Page, error) { return keys(fmt.Sprint(n)), nil }, 1000, 1001, blob.ErrNotAStore},
		"more for ever": {func(n int) (blob.Page, error) {
			for i := range many {
				many[i] = fmt.Sprintf("%09d", n*1000+i)
			}
			return keys(fmt.Sprint(n), many...), nil
		}, 1000, 1001, blob.ErrNotAStore},
		"prefixes for ever": {func(n int) (blob.Page, error) { return blob.Page{Next: fmt.Sprint(n), Prefixes: []string{"a/"}}, nil }, 1001, 1002, blob.ErrNotAStore},
	} {
		t.Run(name, func(t *testing.T) {
			store, came, failure := &lister{page: c.page}, 0, error(nil)
			for _, err := range blob.Pages(t.Context(), store, blob.Query{Prefix: "p"}) {
				if failure != nil {
					t.Fatal("more comes after a failure")
				}
				if failure = err; err == nil {
					came++
				}
			}
			if came != c.pages || store.asked > c.most || !errors.Is(failure, c.is) || (failure == nil) != (c.is == nil) {
				t.Errorf("%d pages in %d requests, %v; want %d, %d, %v", came, store.asked, failure, c.pages, c.most, c.is)
			}
		})
	}
}

// A prefix that is repeated at the beginning of the next page is listed once.
func TestPagesRepeatNoPrefix(t *testing.T) {
	store := &lister{page: func(n int) (blob.Page, error) {
		return []blob.Page{{Next: "x", Prefixes: []string{"a/", "b/"}}, {Prefixes: []string{"b/", "c/"}}}[n-1], nil
	}}
	var got []string
	for page, err := range blob.Pages(t.Context(), store, blob.Query{}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, page.Prefixes...)
	}
	if !slices.Equal(got, []string{"a/", "b/", "c/"}) {
		t.Errorf("listed %q", got)
	}
}

// Who has seen enough asks for no more.
func TestPagesEndWithTheirReader(t *testing.T) {
	store := &lister{page: func(n int) (blob.Page, error) { return blob.Page{Next: "x", Prefixes: []string{fmt.Sprint(n)}}, nil }}
	for range blob.Pages(t.Context(), store, blob.Query{}) {
		break
	}
	if store.asked != 1 {
		t.Errorf("%d requests", store.asked)
	}
}
