package blobtest

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// SomeBytes are n bytes of text, the same ones each time.
func SomeBytes(n int) []byte {
	return bytes.Repeat([]byte("0123456789abcde\n"), n/16+1)[:n]
}

// Put publishes bytes whose owner is "me".
func Put(t testing.TB, store blob.Store, key string, data []byte, cond blob.Cond) (blob.Info, error) {
	t.Helper()
	info, _, err := blob.Put(t.Context(), store, key, BytesSource(data), Sum(data), blob.PutOptions{Cond: cond, Attrs: blob.Attrs{Owner: "me"}})
	return info, err
}

// MustPut is Put where nothing is in the way.
func MustPut(t testing.TB, store blob.Store, key string, data []byte) blob.Info {
	t.Helper()
	info, err := Put(t, store, key, data, blob.Cond{})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// ClearEnvironment takes away the variables that begin so: no setting and no credential of the machine reaches a test.
func ClearEnvironment(prefixes ...string) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			os.Unsetenv(name)
		}
	}
}
