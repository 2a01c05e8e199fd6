package provider

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/digestcache"
)

// What an apply reads for its hash alone is remembered too. Terraform has no way to this that does not depend on the moment: its plan within
// the apply has the hash.
func TestLearnRemembers(t *testing.T) {
	home := t.TempDir()
	caches := filepath.Join(home, "Library", "Caches")
	if err := os.MkdirAll(caches, 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", home)
	t.Setenv("XDG_CACHE_HOME", caches)
	path := filepath.Join(t.TempDir(), "job.jar")
	if err := os.WriteFile(path, make([]byte, 16<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2100 * time.Millisecond) // the cache trusts no file that was changed less than two seconds ago, and nothing but time sets that back
	p := artifactPublication{provider: &configured{sources: sources{digests: digestcache.New()}}, from: &reading{Source: source.File{Path: path}}}
	if diags := p.learn(t.Context()); diags.HasError() {
		t.Fatal(diags)
	}
	if entries, err := os.ReadDir(filepath.Join(caches, "terraform-provider-flink")); err != nil || len(entries) != 1 {
		t.Errorf("the cache has %v, %v", entries, err)
	}
}
