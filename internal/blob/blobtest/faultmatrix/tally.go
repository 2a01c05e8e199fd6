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
	kinds map[string]*counts
}

type counts struct {
	mu                   sync.Mutex
	cells, healed, leave int
}

// NewTally is one without any.
func NewTally() *Tally { return &Tally{kinds: map[string]*counts{}} }

func (l *Tally) of(name string) *counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.kinds[name] == nil {
		l.kinds[name] = &counts{}
	}
	return l.kinds[name]
}

// Cell counts one.
func (l *Tally) Cell(c Cell, healed bool, left int) {
	l.of(fmt.Sprintf("%s %s", c.Fault, c.Mode)).add(healed, left)
}

func (n *counts) add(healed bool, left int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.cells++
	if healed {
		n.healed++
	}
	if left > 0 {
		n.leave++
	}
}

// Log tells what was tried.
func (l *Tally) Log(t *testing.T) {
	t.Helper()
	var all counts
	for _, name := range slices.Sorted(maps.Keys(l.kinds)) {
		n := l.kinds[name]
		t.Logf("%-26s %4d cells: %4d succeeded, %4d failed clearly, %3d left an upload that could not be aborted", name, n.cells, n.healed, n.cells-n.healed, n.leave)
		all.cells, all.healed, all.leave = all.cells+n.cells, all.healed+n.healed, all.leave+n.leave
	}
	t.Logf("%-26s %4d cells: %4d succeeded, %4d failed clearly, %3d left an upload that could not be aborted", "all", all.cells, all.healed, all.cells-all.healed, all.leave)
}
