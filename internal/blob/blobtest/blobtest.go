// Package blobtest is the suite that every store passes, the sources and faults that it is made of, and a FakeStore in
// memory for the tests of what uses a store.
package blobtest

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Harness is a store under test, empty, and the ways to look behind it.
type Harness struct {
	// Store is the store under test.
	Store blob.Store

	// Absent is a store of the same kind whose bucket does not exist.
	Absent blob.Store

	// Plant writes an object behind the store's back, without any of our attributes.
	Plant func(t *testing.T, key string, data []byte)

	// Leftovers names what unfinished writes have left behind: open multipart uploads, temporary files. It asks by
	// other means than the store's own code.
	Leftovers func(t *testing.T) []string

	// LargeSize is a size in bytes that the store sends in three parts or more, and 1 MiB at the least.
	LargeSize int64

	// RealDirectories: every key has its parents as directories, which a listing shows and which cannot be deleted
	// while they hold something.
	RealDirectories bool

	// LetsRacersWin: the store ignores conditions, so that of several who publish in the very same moment more than one may succeed.
	// The object is whole all the same, and of one who succeeded.
	LetsRacersWin bool
}

// Run runs the suite. Each test opens an empty store of its own, and releases with t.Cleanup what it holds: no
// goroutine may be left in the end that was not there when Run was called (a server that serves all tests is
// started before; idle connections are closed).
func Run(t *testing.T, open func(t *testing.T) Harness) {
	t.Helper()
	before := goleak.IgnoreCurrent()
	for _, group := range []struct {
		name  string
		tests []conformanceTest
	}{
		{"bucket", bucketTests},
		{"put", putTests},
		{"source", sourceTests},
		{"condition", conditionTests},
		{"answer", answerTests},
		{"stage", stageTests},
		{"hash", hashTests},
		{"copy", copyTests},
		{"open", openTests},
		{"attrs", attrsTests},
		{"delete", deleteTests},
		{"list", listTests},
	} {
		for _, test := range group.tests {
			t.Run(group.name+"/"+test.name, func(t *testing.T) {
				h := open(t)
				test.run(t, h)
				if left := h.Leftovers(t); len(left) > 0 {
					t.Errorf("left behind: %q", left)
				}
			})
		}
	}
	if err := goleak.Find(before); err != nil {
		t.Error(err)
	}
}

type conformanceTest struct {
	name string
	run  func(t *testing.T, h Harness)
}
