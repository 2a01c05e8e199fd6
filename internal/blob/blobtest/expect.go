package blobtest

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// pattern is bytes that differ at every place and by seed, so that parts in the wrong order show.
func pattern(seed uint64, size int64) []byte {
	data := make([]byte, size)
	source := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	if _, err := source.Read(data); err != nil {
		panic(err) // it never fails
	}
	return data
}

// WriteFile writes a file that ends with the test.
func WriteFile(t testing.TB, data []byte) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// mustPut publishes bytes without a condition.
func mustPut(t *testing.T, store blob.Store, key string, data []byte, attrs blob.Attrs) blob.Info {
	t.Helper()
	info, _, err := blob.Put(t.Context(), store, key, BytesSource(data), Sum(data), blob.PutOptions{Attrs: attrs})
	if err != nil {
		t.Fatalf("Put %q: %v", key, err)
	}
	return info
}

func mustHead(t *testing.T, store blob.Store, key string) blob.Info {
	t.Helper()
	info, err := store.Head(t.Context(), key)
	if err != nil {
		t.Fatalf("Head %q: %v", key, err)
	}
	if info.Key != key {
		t.Errorf("Head %q describes %q", key, info.Key)
	}
	if info.Attrs == nil {
		// A store may have no place for them. One that forgets those of its own objects fails where they are compared.
		info.Attrs = &blob.Attrs{}
	}
	return info
}

// expectBytes reads an object and compares all that the store tells about its bytes.
func expectBytes(t *testing.T, store blob.Store, key string, want []byte) {
	t.Helper()
	object, err := store.Open(t.Context(), key, blob.ReadOptions{})
	if err != nil {
		t.Fatalf("Open %q: %v", key, err)
	}
	defer object.Close()
	got, err := io.ReadAll(object)
	if err != nil {
		t.Fatalf("reading %q: %v", key, err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%q holds %d bytes with SHA-256 %s, want %d with %s", key, len(got), Sum(got), len(want), Sum(want))
	}
	head := mustHead(t, store, key)
	for what, info := range map[string]blob.Info{"Head": head, "Open": object.Info} {
		if info.Size != int64(len(want)) {
			t.Errorf("%s of %q says %d bytes, want %d", what, key, info.Size, len(want))
		}
		if info.ETag == "" || info.ModTime.IsZero() {
			t.Errorf("%s of %q lacks ETag or ModTime: %+v", what, key, info)
		}
	}
	if head.ETag != object.Info.ETag {
		t.Errorf("Head of %q says ETag %q, Open %q", key, head.ETag, object.Info.ETag)
	}
	if digest, err := blob.Digest(t.Context(), store, head); err != nil || digest != *Sum(want) {
		t.Errorf("Digest of %q: %s, %v; want %s", key, digest, err, Sum(want))
	}
}

func expectAbsent(t *testing.T, store blob.Store, key string) {
	t.Helper()
	if info, err := store.Head(t.Context(), key); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Head %q: %+v, %v; want fs.ErrNotExist", key, info, err)
	}
	if object, err := store.Open(t.Context(), key, blob.ReadOptions{}); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			object.Close()
		}
		t.Errorf("Open %q: %v; want fs.ErrNotExist", key, err)
	}
}

// expectError compares with errors.Is: any of the wanted ones will do.
func expectError(t *testing.T, err error, want ...error) {
	t.Helper()
	for _, w := range want {
		if errors.Is(err, w) {
			return
		}
	}
	t.Errorf("got %v; want one of %v", err, want)
}

func expectMismatch(t *testing.T, err error, want, got *blob.Hash, size int64) {
	t.Helper()
	var mismatch *blob.MismatchError
	if !errors.As(err, &mismatch) {
		t.Fatalf("got %v; want a *blob.MismatchError", err)
	}
	if mismatch.Want != *want || mismatch.Got != *got || mismatch.Size != size {
		t.Errorf("got %+v; want %s, %s, %d", mismatch, want, got, size)
	}
}

func expectAttrs(t *testing.T, what string, got *blob.Attrs, want blob.Attrs) {
	t.Helper()
	if got == nil {
		t.Fatalf("%s: no Attrs", what)
	}
	same := got.ContentType == want.ContentType && got.Owner == want.Owner && len(got.Metadata) == len(want.Metadata)
	for key, value := range want.Metadata {
		same = same && got.Metadata[key] == value
	}
	if !same {
		t.Errorf("%s: Attrs %+v; want %+v", what, *got, want)
	}
}
