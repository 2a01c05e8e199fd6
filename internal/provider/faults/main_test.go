package faults_test

import (
	"flag"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Parse()
	// Who pauses before he reads the rules of a bucket back, or before he sends a request again, is in nobody's way.
	if err := flag.Set("test.parallel", "8"); err != nil {
		panic(err)
	}
	// What the provider remembers of its uploads is not among the user's own.
	caches, err := os.MkdirTemp("", "faults-")
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
