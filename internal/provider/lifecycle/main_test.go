package lifecycle_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"

	"pgregory.net/rapid"
)

// How many lifecycles are tried, over all stores. With -short they are the same ones each time, so that who breaks nothing meets no failure of somebody
// else's.
const (
	wholeCount, shortCount = 10_000, 800
	shortSeed              = 20261122
)

var (
	lifecycles = flag.Int("lifecycles", 0, fmt.Sprintf("how many random lifecycles are tried, over all stores; 0: %d, or %d with -short", wholeCount, shortCount))
	seed       = flag.Uint64("seed", 0, "of the lifecycles; 0: a new one, or the same each time with -short")
)

// shards is in how many parts a store's lifecycles are tried, side by side. All parts of all stores have as many.
var shards = []struct {
	store string
	parts int
}{{"s3", 2}, {"oss", 8}, {"file", 70}}

// worlds start what a store needs, and return what makes a new world in it.
var worlds = map[string]func(t *testing.T, s served) func(t fatal, root string) (world, func()){
	"file": func(*testing.T, served) func(fatal, string) (world, func()) {
		return func(_ fatal, root string) (world, func()) { return newDirectory(folderIn(root, "store")), func() {} }
	},
	"oss": func(t *testing.T, s served) func(fatal, string) (world, func()) {
		server := startOSS(t, s)
		return func(t fatal, _ string) (world, func()) {
			bucket := server.bucket(t)
			return bucket, bucket.end
		}
	},
	"s3": func(t *testing.T, s served) func(fatal, string) (world, func()) {
		server := startS3(t, s)
		return func(t fatal, _ string) (world, func()) {
			bucket := server.bucket(t)
			return bucket, bucket.end
		}
	},
}

// enough lifecycles have everything in them that can happen.
const enough = 9000

func TestMain(m *testing.M) {
	// Nothing of the developer's own reaches the provider.
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		for _, prefix := range []string{"FLINK_", "AWS_", "ALIBABA_CLOUD_", "ALICLOUD_", "OSS_"} {
			if strings.HasPrefix(name, prefix) && !strings.HasPrefix(name, "FLINK_TEST_") {
				os.Unsetenv(name)
			}
		}
	}
	// A test that waits for a server, or before it repeats a request, delays no other.
	flag.Parse()
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	if *lifecycles == 0 {
		*lifecycles = wholeCount
		if testing.Short() {
			*lifecycles = shortCount
		}
	}
	if *seed == 0 {
		*seed = rand.Uint64()
		if testing.Short() {
			*seed = shortSeed
		}
	}
	// A failing one has a seed of its own, by which rapid says to repeat it.
	if flag.Lookup("rapid.seed").Value.String() == "0" {
		if err := flag.Set("rapid.seed", fmt.Sprint(*seed)); err != nil {
			panic(err)
		}
	}
	debug.SetGCPercent(400) // there is little to keep, and much to throw away
	// What the provider remembers of its uploads is not among the user's own, nor among those of other runs.
	caches, err := os.MkdirTemp("", "lifecycles-")
	if err != nil {
		panic(err)
	}
	if err := os.Setenv("XDG_CACHE_HOME", caches); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(caches)
	os.Exit(code)
}

func TestLifecycles(t *testing.T) {
	parts := 0
	for _, shard := range shards {
		parts += shard.parts
	}
	each := (*lifecycles + parts - 1) / parts
	if testing.Short() {
		each *= 5 // of which rapid then does a fifth
	}
	if err := flag.Set("rapid.checks", fmt.Sprint(each)); err != nil {
		t.Fatal(err)
	}
	var begun atomic.Int32 // with -run not all of them
	t.Logf("%d lifecycles, to be repeated by -lifecycles %d -seed %d", *lifecycles, *lifecycles, *seed)
	t.Cleanup(func() {
		t.Logf("what happened:\n%s", tally)
		if lived := tally.lifecycles(); !t.Failed() && int(begun.Load()) == parts && lived < *lifecycles {
			t.Errorf("there was time for %d lifecycles, and not for %d", lived, *lifecycles)
		}
		if !t.Failed() && tally.lifecycles() >= enough {
			for _, what := range tally.missing(mustHappen) {
				t.Errorf("in so many lifecycles this never happened: %s", what)
			}
		}
	})
	for _, shard := range shards {
		for part := range shard.parts {
			t.Run(fmt.Sprintf("%s/%d", shard.store, part+1), func(t *testing.T) {
				t.Parallel()
				begun.Add(1)
				s := serve(t)
				newWorld := worlds[shard.store](t, s)
				parent := t.TempDir()
				rapid.Check(t, func(rt *rapid.T) {
					// They begin with one seed, and go on differently.
					rapid.SliceOfN(rapid.Uint64(), part, part).Draw(rt, "part")
					root, err := os.MkdirTemp(parent, "") //nolint:usetesting // thousands of them go at once, and not at the end
					must(err)
					defer os.RemoveAll(root)
					w, end := newWorld(rt, root)
					defer end()
					live(rt, s, w, folderIn(root, "sources"))
					tally.count("lifecycles: " + shard.store)
				})
			})
		}
	}
}
