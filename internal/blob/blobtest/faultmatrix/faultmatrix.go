// Package faultmatrix breaks every request of every operation of a store with every fault, one at a time, and looks behind the store at what
// became of it: the operation succeeds or says clearly why not, the object is the old or the new one, whole, no upload is left open that could
// have been aborted, and the next run without a fault ends where it should.
package faultmatrix

import (
	"context"
	"fmt"
	"net/http"
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

// Mode says how long a fault stays.
type Mode string

// The modes.
const (
	Once  Mode = "once"
	Again Mode = "again" // whenever that request is sent again; all others pass
	Down  Mode = "down"  // from that request on for all that follow
)

// faults are what is played in each mode. One that stays needs not be played in each way that it can show.
var faults = map[Mode][]faultproxy.Fault{
	Once: {
		faultproxy.Reset, faultproxy.ResetDuring, faultproxy.LoseAnswer, faultproxy.Stall, faultproxy.StallAnswer, faultproxy.StallBody,
		faultproxy.Refuse429, faultproxy.Refuse500, faultproxy.Refuse503, faultproxy.TruncateBody, faultproxy.GarbleBody,
	},
	Again: {
		faultproxy.Reset, faultproxy.ResetDuring, faultproxy.LoseAnswer, faultproxy.Stall, faultproxy.StallAnswer,
		faultproxy.Refuse429, faultproxy.Refuse500, faultproxy.Refuse503, faultproxy.TruncateBody, faultproxy.GarbleBody,
		faultproxy.Slow, // again, as a repetition would hide that somebody lost his patience
	},
	Down: {faultproxy.Reset, faultproxy.LoseAnswer, faultproxy.Refuse503},
}

// Cell is one square of the matrix.
type Cell struct {
	Operation string
	Request   string // its kind, such as "PUT partNumber uploadId"
	N         int    // which one of that kind it was in the run without a fault, from 1
	Fault     faultproxy.Fault
	Mode      Mode
}

func (c Cell) String() string {
	return fmt.Sprintf("%d %s, %s %s", c.N, c.Request, c.Fault, c.Mode)
}

// Executes reports whether the server has done what it was asked for.
func (c Cell) Executes() bool { return executed[c.Fault] }

// impatience is how long a store waits for a server that is known to stall. Everywhere else the limits are those of the provider, so that a
// slow machine is no fault.
var impatience = wire.Limits{Header: 4 * time.Second, SlowHeader: 4 * time.Second, Read: 4 * time.Second}

func (c Cell) stalls() bool {
	return c.Fault == faultproxy.Stall || c.Fault == faultproxy.StallAnswer || c.Fault == faultproxy.StallBody
}

// What is slow takes longer as a whole than a store waits for it to go on, and each of its pauses is far shorter: a slow machine may add more
// than a second to one.
const (
	slowPause = 100 * time.Millisecond
	slowRead  = (faultproxy.SlowPieces - 5) * slowPause
)

func (c Cell) limits() wire.Limits {
	limits := wire.DefaultLimits()
	switch {
	case c.stalls():
		return impatience
	case c.Fault == faultproxy.Slow:
		limits.Read = slowRead
	}
	return limits
}

// Inject has the proxy play it.
func (c Cell) Inject(proxy *faultproxy.Proxy) {
	kind := faultproxy.Match{Is: func(r *http.Request) bool {
		return Kind(faultproxy.Request{Method: r.Method, Query: r.URL.Query(), Header: r.Header}) == c.Request
	}}
	switch c.Mode {
	case Once:
		proxy.Inject(kind, c.Fault, c.N, 1)
	case Again:
		proxy.InjectAgain(kind, c.Fault, c.N)
	case Down:
		proxy.InjectDown(kind, c.Fault, c.N)
	}
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

// Thin leaves of the cells of an operation each fault once, on one of its requests and in one of its modes, and each request with one fault at
// the least. Which they are differs from operation to operation, by its number, and is the same in each run.
func Thin(cells []Cell, operation int) (thin []Cell) {
	take := func(like func(Cell) bool, turn int) {
		if some := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return !like(c) }); len(some) > 0 {
			thin = append(thin, some[(5*operation+7*turn)%len(some)])
		}
	}
	for fault := faultproxy.LoseAnswer; fault <= faultproxy.Slow; fault++ {
		take(func(c Cell) bool { return c.Fault == fault }, int(fault))
	}
	for _, c := range cells {
		onThis := func(other Cell) bool { return other.Request == c.Request && other.N == c.N }
		if !slices.ContainsFunc(thin, onThis) {
			take(onThis, c.N)
		}
	}
	return thin
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

// CellsOf are all squares for the requests of an operation, with what is played in each mode.
func CellsOf(name string, requests []faultproxy.Request, faults map[Mode][]faultproxy.Fault) []Cell {
	var cells []Cell
	of := map[string]int{}
	for _, request := range requests {
		kind := Kind(request)
		of[kind]++
		for _, mode := range []Mode{Once, Again, Down} {
			for _, fault := range faults[mode] {
				if applies(fault, request) {
					cells = append(cells, Cell{name, kind, of[kind], fault, mode})
				}
			}
		}
	}
	return cells
}

// applies reports whether a fault can be played on a request: what has no body cannot be cut in its middle.
func applies(fault faultproxy.Fault, request faultproxy.Request) bool {
	switch fault {
	case faultproxy.ResetDuring:
		return request.Bytes > 0
	case faultproxy.TruncateBody, faultproxy.GarbleBody, faultproxy.StallBody:
		return request.Answer > 1
	}
	return true
}

// Kind is what a request is, whatever it is about.
func Kind(r faultproxy.Request) string {
	words := []string{r.Method}
	for _, name := range []string{"list-type", "uploads", "uploadId", "partNumber", "acl", "tagging", "cors", "accelerate", "transferAcceleration"} {
		if r.Query.Has(name) {
			words = append(words, name)
		}
	}
	for name := range r.Header {
		if strings.HasSuffix(name, "-Copy-Source") {
			words = append(words, "copy")
		}
	}
	return strings.Join(words, " ")
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
