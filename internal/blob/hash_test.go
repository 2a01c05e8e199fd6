package blob_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
)

const emptySHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

func TestParseHash(t *testing.T) {
	for _, spelling := range []string{emptySHA256, strings.ToUpper(emptySHA256)} {
		if hash, err := blob.ParseHash(spelling); err != nil || hash.String() != emptySHA256 {
			t.Errorf("%q: %s, %v", spelling, hash, err)
		}
	}
	for _, bad := range []string{"", "e3b0", emptySHA256 + "00", emptySHA256[:63] + "g", " " + emptySHA256[1:], "sha256:" + emptySHA256} {
		if hash, err := blob.ParseHash(bad); err == nil || hash != (blob.Hash{}) {
			t.Errorf("%q: %s, %v", bad, hash, err)
		}
	}
}

func TestHashOf(t *testing.T) {
	sums, err := blob.HashOf(t.Context(), blobtest.StreamSource(nil))
	if err != nil || sums.SHA256.String() != emptySHA256 || sums.Size != 0 {
		t.Errorf("%+v, %v", sums, err)
	}
	sums, err = blob.HashOf(t.Context(), blobtest.BytesSource([]byte("abc")))
	if err != nil || sums.SHA256 != *blobtest.Sum([]byte("abc")) || sums.Size != 3 {
		t.Errorf("%+v, %v", sums, err)
	}
	for _, src := range []blob.Source{blobtest.UnopenedSource(errTest), blobtest.FailingSource([]byte("abc"), 3, errTest)} {
		if _, err := blob.HashOf(t.Context(), src); !errors.Is(err, errTest) {
			t.Errorf("got %v", err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errTest)
	if _, err := blob.HashOf(ctx, blobtest.BytesSource(nil)); !errors.Is(err, errTest) {
		t.Errorf("got %v", err)
	}
}

// The stored hash is believed, and saves the reading.
func TestDigest(t *testing.T) {
	store := &blobtest.FakeStore{}
	store.Plant("key", []byte("data"))
	info, err := store.Head(t.Context(), "key")
	if err != nil {
		t.Fatal(err)
	}
	store.Calls()
	if hash, err := blob.Digest(t.Context(), store, info); err != nil || hash != *blobtest.Sum([]byte("data")) {
		t.Errorf("%s, %v", hash, err)
	}
	expectCalls(t, store, "Open key")
	info.Attrs.SHA256 = blobtest.Sum([]byte("stored"))
	if hash, err := blob.Digest(t.Context(), store, info); err != nil || hash != *info.Attrs.SHA256 {
		t.Errorf("%s, %v", hash, err)
	}
	expectCalls(t, store)
	store.Plant("key", []byte("later"))
	info.Attrs = nil
	if _, err := blob.Digest(t.Context(), store, info); !errors.Is(err, blob.ErrChanged) {
		t.Errorf("got %v; the object is another by now", err)
	}
}
