package faultmatrix

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
)

// Tally counts the cells.
type Tally struct {
	mu    sync.Mutex
	kinds map[string]counts
}

type counts struct{ cells, healed, leave int }

// NewTally is one without any.
func NewTally() *Tally { return &Tally{kinds: map[string]counts{}} }

// Cell counts one.
func (l *Tally) Cell(c Cell, healed bool, left int) {
	l.count(fmt.Sprintf("%s %s", c.Fault, c.Mode), healed, left)
}

func (l *Tally) count(kind string, healed bool, left int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.kinds[kind]
	n.cells++
	if healed {
		n.healed++
	}
	if left > 0 {
		n.leave++
	}
	l.kinds[kind] = n
}

// Log tells what was tried.
func (l *Tally) Log(t *testing.T) {
	t.Helper()
	log := func(kind string, n counts) {
		t.Logf("%-26s %4d cells: %4d succeeded, %4d failed clearly, %3d left an upload that could not be aborted", kind, n.cells, n.healed, n.cells-n.healed, n.leave)
	}
	var all counts
	for _, kind := range slices.Sorted(maps.Keys(l.kinds)) {
		n := l.kinds[kind]
		log(kind, n)
		all = counts{all.cells + n.cells, all.healed + n.healed, all.leave + n.leave}
	}
	log("all", all)
}
