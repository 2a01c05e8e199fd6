// Package faultmatrix breaks every request of every operation of a store with every fault, one at a time, and looks behind the store at what
// became of it: the operation succeeds or says clearly why not, the object is the old or the new one, whole, no upload is left open that could
// have been aborted, and the next run without a fault ends where it should.
package faultmatrix

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Backend is one kind of store, and how its client and its server are reached.
type Backend struct {
	Server      string // where the proxies lead to, by plain http
	Accelerated string // where those lead to that are for the switch of transfer acceleration; "": the same
	Fast        string // where the accelerated endpoint is

	// Open opens a store of a bucket whose accelerated endpoint is the same, that trusts the CA in a file, sends a request again once, and sends
	// parts one after the other.
	Open func(t *testing.T, endpoint, bucket, caFile string, tuning objectstore.Tuning) blob.Store

	NoTLS bool // it is not reached by https

	NewBucket func(t *testing.T) string
	// Read and Leftovers look behind the store, by other means than its own code.
	Read      func(t *testing.T, bucket, key string) (data []byte, there bool)
	Leftovers func(t *testing.T, bucket string) []string

	LargeSize  int64    // bytes that are sent in two parts
	CopiedSize int64    // more than a thousand bytes
	Secrets    []string // are in no failure

	// Unhealed says why an operation may fail although one repetition of its request would do; "": it may not.
	Unhealed func(c Cell) string

	// Misleads reports whether a fault looks to any client like something that may happen on a healthy network; nil: none does.
	Misleads func(c Cell) bool
}

func (b Backend) at(op operation) string {
	switch {
	case op.fast:
		return b.Fast
	case op.accelerates && b.Accelerated != "":
		return b.Accelerated
	}
	return b.Server
}

// open opens a store that sends a request again without a pause, and copies what has CopiedSize by parts, and less in one request.
func (b Backend) open(t *testing.T, endpoint, bucket, caFile string, tuning objectstore.Tuning) blob.Store {
	tuning.CopyLimit, tuning.FirstPause, tuning.LongestPause = b.CopiedSize-1, time.Millisecond, time.Millisecond
	return b.Open(t, endpoint, bucket, caFile, tuning)
}

func (b Backend) openAt(t *testing.T, endpoint, bucket string, limits wire.Limits) blob.Store {
	return b.open(t, endpoint, bucket, "", objectstore.Tuning{Limits: limits})
}

// Slots bound how many do something at once.
type Slots chan struct{}

// Use does something when there is a slot for it.
func (s Slots) Use(do func()) {
	s <- struct{}{}
	defer func() { <-s }()
	do()
}

// Waiting takes no processor, so that many cells of all operations can do it at once.
const (
	busyAtOnce    = 4
	waitingAtOnce = 64
)

// Run runs the matrix: all of it, or with -short what Thin leaves.
func Run(t *testing.T, b Backend) {
	t.Helper()
	count := NewTally()
	busy, waiting := make(Slots, busyAtOnce), make(Slots, waitingAtOnce)
	var running sync.WaitGroup
	for i, op := range operations(b.openAt(t, b.Server, "probe", wire.DefaultLimits())) {
		running.Go(func() {
			t.Run(op.name, func(t *testing.T) {
				var cells []Cell
				busy.Use(func() { cells = CellsOf(op.name, record(t, b, op), faults) })
				if b.Misleads != nil {
					cells = slices.DeleteFunc(cells, b.Misleads)
				}
				if testing.Short() {
					cells = Thin(cells, i)
				}
				var all sync.WaitGroup
				for _, c := range cells {
					free := busy
					if op.waits || c.stalls() || c.Fault == faultproxy.Slow {
						free = waiting
					}
					all.Go(func() {
						free.Use(func() { t.Run(c.String(), func(t *testing.T) { try(t, b, op, c, count) }) })
					})
				}
				for name, broken := range b.unanswered() {
					all.Go(func() {
						busy.Use(func() { t.Run(name, func(t *testing.T) { count.count(name, false, tryUnanswered(t, b, op, broken)) }) })
					})
				}
				all.Wait()
			})
		})
	}
	running.Wait()
	count.Log(t)
}

// record runs an operation without a fault, and returns its requests.
func record(t *testing.T, b Backend, op operation) []faultproxy.Request {
	t.Helper()
	w := newWorld(t, b, op)
	proxy := faultproxy.Start(t, b.at(op), "")
	err := op.do(t.Context(), w, b.openAt(t, proxy.URL, w.bucket, wire.DefaultLimits()))
	if (err != nil) != op.fails {
		t.Fatalf("without a fault: %v", err)
	}
	op.after(w, err)
	if left := b.Leftovers(t, w.bucket); len(left) > 0 {
		t.Errorf("left behind without a fault: %q", left)
	}
	requests := proxy.Requests()
	if len(requests) == 0 {
		t.Fatal("it asks nothing")
	}
	return requests
}

// try plays one fault.
func try(t *testing.T, b Backend, op operation, c Cell, count *Tally) {
	t.Helper()
	w := newWorld(t, b, op)
	w.fault = c.Fault
	proxy := faultproxy.Start(t, b.at(op), "")
	proxy.Pause = slowPause
	store := b.openAt(t, proxy.URL, w.bucket, c.limits())
	c.Inject(proxy)
	err := op.do(t.Context(), w, store)
	requests := proxy.Requests()
	if !slices.ContainsFunc(requests, func(r faultproxy.Request) bool { return r.Fault == c.Fault }) {
		t.Fatal("the fault was never played")
	}
	proxy.Clear()

	if err != nil {
		w.clear(err)
		if why := mayFail(b, op, c); why == "" {
			t.Errorf("it fails, although it need not: %v", err)
		}
	} else if op.fails {
		t.Error("it succeeds, although it must not")
	}
	op.after(w, err)
	left := w.leftovers(Excused(requests))
	count.Cell(c, err == nil, left)
	w.converges(op, store, left)
}

// tryUnanswered lets an operation come to no server.
func tryUnanswered(t *testing.T, b Backend, op operation, broken unanswered) (left int) {
	t.Helper()
	w := newWorld(t, b, op)
	err := op.do(t.Context(), w, broken.open(t, w.bucket))
	if err == nil || !strings.Contains(err.Error(), broken.says) {
		t.Errorf("it does not say %q: %v", broken.says, err)
	}
	w.clear(err)
	op.after(w, err)
	left = w.leftovers(0)
	w.converges(op, w.direct, 0)
	return left
}

// world is a bucket in which an operation is done.
type world struct {
	t      *testing.T
	b      Backend
	bucket string
	direct blob.Store // without a proxy before it
	seen   blob.Info  // of the object that is there before
	fault  faultproxy.Fault
}

func newWorld(t *testing.T, b Backend, op operation) *world {
	t.Helper()
	w := &world{t: t, b: b, bucket: b.NewBucket(t)}
	w.direct = b.openAt(t, b.at(op), w.bucket, wire.DefaultLimits())
	if op.before != nil {
		op.before(w)
	}
	return w
}

// converges: the next run, to which nothing happens, ends where it should, and leaves no more than was left.
func (w *world) converges(op operation, store blob.Store, left int) {
	w.t.Helper()
	again := op.again
	if again == nil {
		again = op.do
	}
	err := again(context.WithoutCancel(w.t.Context()), w, store)
	if (err != nil) != op.fails {
		w.t.Errorf("the next run: %v", err)
	}
	op.done(w)
	if now := w.b.Leftovers(w.t, w.bucket); len(now) > left {
		w.t.Errorf("the next run leaves %q, and there were %d", now, left)
	}
}
