package blob_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

// inside returns all keys of a store, and forgets the calls so far.
func inside(t *testing.T, store *blobtest.FakeStore) []string {
	t.Helper()
	page, err := store.List(context.Background(), blob.Query{})
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, info := range page.Infos {
		keys = append(keys, info.Key)
	}
	store.Calls()
	return keys
}

func TestMakeDirectories(t *testing.T) {
	store := &blobtest.FakeStore{}
	store.Plant("logs/", nil)
	before, err := store.Head(t.Context(), "logs/")
	if err != nil {
		t.Fatal(err)
	}
	if err := blob.MakeDirectories(t.Context(), store, []string{"plan/", "logs/", "a/b/"}); err != nil {
		t.Fatal(err)
	}
	if got := inside(t, store); !slices.Equal(got, []string{"a/b/", "logs/", "plan/"}) {
		t.Errorf("got %v", got)
	}
	if after, err := store.Head(t.Context(), "logs/"); err != nil || after.ETag != before.ETag {
		t.Errorf("a marker that was there was written again: %v, %v, %v", before, after, err)
	}
	if err := blob.MakeDirectories(t.Context(), &blobtest.FakeStore{NoBucket: true}, []string{"a/"}); err == nil {
		t.Error("no error without a bucket")
	}
}

func TestRemoveDirectories(t *testing.T) {
	store := &blobtest.FakeStore{}
	for _, key := range []string{"empty/", "outer/", "outer/inner/", "full/", "full/x", "implied/x", "up/", "up/full/", "up/full/y", "logs-old/", "beside"} {
		store.Plant(key, nil)
	}
	store.Plant("odd/", []byte("data under a directory's name"))
	keys := []string{"outer/", "outer/inner/", "empty/", "full/", "implied/", "up/", "up/full/", "odd/", "absent/"}
	kept, err := blob.RemoveDirectories(t.Context(), store, keys)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"full/", "implied/", "odd/", "up/", "up/full/"}; !slices.Equal(kept, want) {
		t.Errorf("kept %v, want %v", kept, want)
	}
	if want := []string{"beside", "full/", "full/x", "implied/x", "logs-old/", "odd/", "up/", "up/full/", "up/full/y"}; !slices.Equal(inside(t, store), want) {
		t.Errorf("left are %v, want %v", inside(t, store), want)
	}
	if _, err := blob.RemoveDirectories(t.Context(), &blobtest.FakeStore{NoBucket: true}, []string{"a/"}); err == nil {
		t.Error("no error without a bucket")
	}
}

func TestExistingDirectories(t *testing.T) {
	store := &blobtest.FakeStore{}
	for _, key := range []string{"a/", "b/data", "c", "d/e/", "d/f", "z/"} {
		store.Plant(key, nil)
	}
	got, err := blob.ExistingDirectories(t.Context(), store, []string{"a/", "b/", "c/", "d/e/", "d/f/", "x/y/"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"a/", "b/", "d/e/"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	calls := store.Calls()
	slices.Sort(calls)
	if want := []string{"List ", "List d/", "List x/"}; !slices.Equal(calls, want) {
		t.Errorf("calls %q, want %q", calls, want)
	}
}

// All pages are read, but none beyond what is asked for.
func TestDirectoriesPages(t *testing.T) {
	store := &blobtest.FakeStore{}
	for i := range 2500 {
		store.Plant(fmt.Sprintf("ns/%04d/x", i), nil)
	}
	keys, err := blob.Directories(t.Context(), store, "ns/", "")
	if err != nil || len(keys) != 2500 || keys[2499] != "ns/2499/" {
		t.Errorf("%d directories, %v", len(keys), err)
	}
	if calls := store.Calls(); len(calls) != 3 {
		t.Errorf("calls %q", calls)
	}
	if keys, err = blob.Directories(t.Context(), store, "ns/", "ns/1500/"); err != nil || !slices.Contains(keys, "ns/1500/") {
		t.Errorf("%d directories, %v", len(keys), err)
	}
	if calls := strings.Join(store.Calls(), ","); strings.Count(calls, "List") != 2 {
		t.Errorf("calls %q", calls)
	}
}
