package provider_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What package digestcache promises is tested there. Here it is whether Terraform's runs use it, and what they make of a hash that is wrong.

// cachedRoot is a root with a home of its own, and a file that is large and old enough to be remembered.
type cachedRoot struct {
	root
	place  place
	file   string
	folder string // of the cache, on Linux and macOS
}

func newCachedRoot(t *testing.T) cachedRoot {
	t.Helper()
	home := t.TempDir()
	caches := filepath.Join(home, "Library", "Caches")
	if err := os.MkdirAll(caches, 0o700); err != nil {
		t.Fatal(err)
	}
	c := cachedRoot{
		root:   newRoot(t, ""),
		place:  inDirectory(t),
		file:   randomFile(t, filepath.Join(t.TempDir(), "job.jar"), 16<<20),
		folder: filepath.Join(caches, "terraform-provider-flink"),
	}
	c.environment = append(c.environment, "HOME="+home, "XDG_CACHE_HOME="+caches)
	c.configure(t, "")
	time.Sleep(2100 * time.Millisecond) // the cache trusts no file that was changed less than two seconds ago, and nothing but time sets that back
	return c
}

// configure writes the configuration, with an attribute in the provider's block and more of the artifact's.
func (c cachedRoot) configure(t *testing.T, attribute string, more ...string) {
	t.Helper()
	p := c.place
	p.block += attribute
	c.root.configure(t, p.provider()+artifact("job", append(more, fromFile(c.file))...)+computed("true", "1"))
}

// entries are the files of the cache.
func (c cachedRoot) entries(t *testing.T) []string {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(c.folder, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return entries
}

// poison makes the one entry say that the file has other bytes than it has.
func (c cachedRoot) poison(t *testing.T) (data []byte, wrong string) {
	t.Helper()
	entries := c.entries(t)
	if len(entries) != 1 {
		t.Fatalf("the cache has %v, want one entry", entries)
	}
	data = readFile(t, entries[0])
	// The hash stands before the checksum of all that comes before.
	content := data[:len(data)-sha256.Size]
	hash := content[len(content)-sha256.Size:]
	hash[0]++
	sum := sha256.Sum256(content)
	copy(data[len(content):], sum[:])
	if err := os.WriteFile(entries[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	return data, fmt.Sprintf("%x", hash)
}

// holdsFile checks that the workspace has the file's bytes.
func (c cachedRoot) holdsFile(t *testing.T) {
	t.Helper()
	want := readFile(t, c.file)
	if got, there := c.place.read(t, jobPath); !there || !bytes.Equal(got, want) {
		t.Errorf("the workspace has %d bytes (there: %t), other than the file's %d", len(got), there, len(want))
	}
	if left := c.place.uploads(t); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The second plan takes the hash from the cache and reads no file: with a wrong entry it plans the wrong hash. What is sent is hashed all the
// same, so that the apply fails, publishes nothing and forgets the entry.
func TestDigestCache(t *testing.T) {
	t.Parallel()
	c := newCachedRoot(t)
	c.plan(t)
	_, wrong := c.poison(t)
	says(t, c.plan(t), wrong)

	says(t, c.fails(t, "apply"), "The source differs from the plan", wrong, "The digest cache had another hash of this file", "plan again", "digest_cache = false")
	if _, there := c.place.read(t, jobPath); there {
		t.Error("wrong bytes were published")
	}
	if left := append(c.entries(t), c.place.uploads(t)...); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	c.apply(t)
	c.holdsFile(t)
	c.unchanged(t)

	// The same with an object that exists: it stays as it is.
	_, wrong = c.poison(t)
	says(t, c.plan(t), "will be updated in-place", wrong)
	says(t, c.fails(t, "apply"), "The source differs from the plan", "The digest cache had another hash of this file")
	c.holdsFile(t)
	c.unchanged(t)

	// A wrong pin is no fault of the cache.
	c.configure(t, "", pin(firstJob))
	output := c.fails(t, "apply")
	says(t, output, "The source differs from the plan")
	if words("digest cache").MatchString(output) {
		t.Errorf("the cache is blamed:\n%s", output)
	}
	c.holdsFile(t)

	// Nor is a file that has changed.
	c.configure(t, "")
	randomFile(t, c.file, 17<<20)
	says(t, c.plan(t), "will be updated in-place")
	c.apply(t)
	c.holdsFile(t)
}

// Switched off, the cache is neither read nor written.
func TestDigestCacheOff(t *testing.T) {
	t.Parallel()
	c := newCachedRoot(t)
	c.apply(t)
	data, wrong := c.poison(t)
	says(t, c.plan(t), wrong)
	c.configure(t, "digest_cache = false")
	c.unchanged(t)
	entries := c.entries(t)
	if len(entries) != 1 {
		t.Fatalf("the cache has %v", entries)
	}
	if now, err := os.ReadFile(entries[0]); err != nil || !bytes.Equal(now, data) {
		t.Errorf("the entry was changed: %v", err)
	}
	if err := os.RemoveAll(c.folder); err != nil {
		t.Fatal(err)
	}
	c.unchanged(t)
	if _, err := os.Stat(c.folder); !os.IsNotExist(err) {
		t.Errorf("the folder was made again: %v", err)
	}
	c.configure(t, "digest_cache = true")
	c.unchanged(t)
	if entries := c.entries(t); len(entries) != 1 {
		t.Errorf("switched on, the cache has %v", entries)
	}
}

// A setting that is known only after an apply may turn out to be false.
func TestDigestCacheUnknown(t *testing.T) {
	t.Parallel()
	c := newCachedRoot(t)
	c.configure(t, "digest_cache = tobool(terraform_data.computed.output)")
	says(t, c.plan(t), "content_sha256", "size = 16777216")
	if entries := c.entries(t); len(entries) > 0 {
		t.Errorf("the plan left %v", entries)
	}
	c.apply(t)
	c.holdsFile(t)
	c.unchanged(t)
	if entries := c.entries(t); len(entries) != 1 {
		t.Errorf("known to be on, the cache has %v", entries)
	}
}
