package multipart

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// PartSize is the size of a part unless the object is too large for it, in bytes. Larger parts were measured to be no
// faster, and memory grows with them.
const PartSize = 8 << 20

// DefaultParts is how many parts of PartSize are on their way at once unless the user says otherwise.
const DefaultParts = 4

// Budget bounds the bytes that are in memory, and apart from them those that are on their way at once, over all stages that share it: one
// for the whole process.
// A part that is sent straight from a file takes no memory.
// It is safe for concurrent use.
//
// Stages that share a budget cannot block each other for good.
// A stage takes a part's whole weight before the part's first byte, and holds by then no part but those that are being sent already; these
// need nothing more of the budget to end, and give their weight back when they end.
// A part in memory waits for its turn to be sent, which such parts alone delay.
// So nobody waits for the budget who holds what it waits for, save the owner of two stages that fills both by turns.
// That is why a goroutine finishes one stage before it writes to the next.
// No part weighs more than the whole budget, and the semaphores serve in order, so that large parts are not starved.
type Budget struct {
	memory   *semaphore.Weighted // bytes in buffers
	sending  *semaphore.Weighted // bytes on their way by parts; one of more than partSize counts as one of partSize
	total    int64               // bytes of each
	partSize int64

	mu   sync.Mutex
	idle [][]byte // of partSize bytes each; no more than fit into the budget, as each was taken under it
}

// NewBudget allows that many parts of PartSize; less than one is one.
func NewBudget(parts int) *Budget { return NewBudgetOf(parts, PartSize) }

// NewBudgetOf is NewBudget for another usual size of a part, in bytes. Stores have limits of their own: S3 takes no part below
// 5 MiB but the last.
func NewBudgetOf(parts int, partSize int64) *Budget {
	total := max(int64(parts), 1) * partSize
	return &Budget{memory: semaphore.NewWeighted(total), sending: semaphore.NewWeighted(total), total: total, partSize: partSize}
}

// send waits until a part of so many bytes may be sent, and returns what ends it.
func (b *Budget) send(ctx context.Context, length int64) (sent func(), err error) {
	weight := min(length, b.partSize)
	if err := b.sending.Acquire(ctx, weight); err != nil {
		return nil, err
	}
	return func() { b.sending.Release(weight) }, nil
}

// getBuffer takes an idle buffer of partSize bytes, or a new one. They are kept here and not in a sync.Pool: that gives them to the garbage
// collector now and then, and each time the process is larger by new ones until the collector has come round.
func (b *Budget) getBuffer() []byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if n := len(b.idle); n > 0 {
		taken := b.idle[n-1]
		b.idle = b.idle[:n-1]
		return taken
	}
	return make([]byte, b.partSize)
}

func (b *Budget) putBuffer(idle []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.idle = append(b.idle, idle)
}

// buffer holds bytes and their weight until free is called.
type buffer struct {
	budget *Budget
	data   []byte
	limit  int64  // bytes that it will take at the most, and its weight
	pooled []byte // one of the budget's; nil: it has memory of its own
}

// firstBuffer is what an object of unknown size starts with: most are small, and all of them are held at once.
const firstBuffer = 64 << 10

// take waits for room for a part of at most limit bytes. If exact, that is what will come.
func (b *Budget) take(ctx context.Context, limit int64, exact bool) (*buffer, error) {
	if err := b.memory.Acquire(ctx, limit); err != nil {
		return nil, err
	}
	buf := &buffer{budget: b, limit: limit}
	switch {
	case exact && limit < b.partSize:
		buf.data = make([]byte, 0, limit)
	case exact:
		buf.grow()
	default:
		buf.data = make([]byte, 0, min(firstBuffer, limit))
	}
	return buf, nil
}

// grow makes room for everything up to the limit.
func (b *buffer) grow() {
	var data []byte
	if b.limit == b.budget.partSize {
		b.pooled = b.budget.getBuffer()
		data = b.pooled[:0]
	} else {
		data = make([]byte, 0, b.limit)
	}
	b.data = append(data, b.data...)
}

// fill takes as much of p as fits.
func (b *buffer) fill(p []byte) int {
	room := int(b.limit) - len(b.data)
	p = p[:min(room, len(p))]
	if len(b.data)+len(p) > cap(b.data) {
		b.grow()
	}
	b.data = append(b.data, p...)
	return len(p)
}

func (b *buffer) full() bool { return int64(len(b.data)) == b.limit }

// free gives memory and weight back. Nothing may read the buffer any more.
func (b *buffer) free() {
	if b.pooled != nil {
		b.budget.putBuffer(b.pooled)
		b.pooled = nil
	}
	b.data = nil
	b.budget.memory.Release(b.limit)
}
