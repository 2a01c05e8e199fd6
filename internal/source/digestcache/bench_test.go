//go:build linux || darwin

package digestcache

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// BenchmarkHit is all that a plan does for a file that is remembered, whatever its size.
func BenchmarkHit(b *testing.B) {
	c, file := newCache(b), inTempDir(b)
	poison(b, c, file)
	for b.Loop() {
		if sums, err := c.HashOf(b.Context(), file); err != nil || sums.SHA256 != wrong {
			b.Fatal(sums, err)
		}
	}
}

// BenchmarkMiss is what comes on top of the hashing where nothing is remembered.
func BenchmarkMiss(b *testing.B) {
	c, file := newCache(b), inTempDir(b)
	poison(b, c, inTempDir(b)) // so that there is a folder
	content, err := file.Open(b.Context())
	noError(b, err)
	defer content.Close()
	for b.Loop() {
		found, ok := c.identify(file, content)
		if !ok {
			b.Fatal("no identity")
		}
		if _, ok := c.find(found); ok || c.written(content.(opened).Fd()) {
			b.Fatal("it was found, or is written")
		}
		if after, ok := c.identify(file, content); !ok || after.fingerprint() != found.fingerprint() {
			b.Fatal("it has changed")
		}
	}
}

// BenchmarkStore is the rest of what comes on top, with few entries, with as many as there may be, and with one of them to go.
func BenchmarkStore(b *testing.B) {
	for _, entries := range []int{0, maxEntries - 1, maxEntries} {
		b.Run(fmt.Sprint(entries), func(b *testing.B) {
			c, file := newCache(b), inTempDir(b)
			found := present(b, c, file)
			fill(b, c, entries)
			for b.Loop() {
				c.keep(found, wrong)
				if entries == maxEntries {
					b.StopTimer()
					noError(b, os.WriteFile(filepath.Join(c.folder.Dir, entryPrefix+"more"), nil, 0o600))
					b.StartTimer()
				}
			}
		})
	}
}

// BenchmarkHash is what a hit saves of the least file that is remembered. This one has holes, which are read fast.
func BenchmarkHash(b *testing.B) {
	file := inTempDir(b)
	b.SetBytes(minSize)
	for b.Loop() {
		if _, err := blob.HashOf(b.Context(), file); err != nil {
			b.Fatal(err)
		}
	}
}
