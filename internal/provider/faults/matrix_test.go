package faults_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultmatrix"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// played are the faults that each request meets, by how long they stay: fewer than in the matrix of the stores, since what a store makes of
// each is shown there. What stalls is interrupted, as by Ctrl-C.
var played = map[faultmatrix.Mode][]faultproxy.Fault{
	faultmatrix.Once: {
		faultproxy.Reset, faultproxy.ResetDuring, faultproxy.LoseAnswer, faultproxy.Stall, faultproxy.StallAnswer,
		faultproxy.Refuse500, faultproxy.Refuse503, faultproxy.TruncateBody, faultproxy.GarbleBody, faultproxy.Slow,
	},
	faultmatrix.Again: {faultproxy.LoseAnswer},
	faultmatrix.Down:  {faultproxy.Reset},
}

// titles are those of the failures that a fault may be.
var titles = []string{"The store cannot be reached", "The endpoint is not an object store", "The source cannot be reached", "Interrupted"}

// The AWS SDK pauses for up to a second before it sends a request again: most of a cell is a wait.
const (
	busyAtOnce    = 12
	waitingAtOnce = 48
)

// Every request of every operation of the provider meets every fault; with -short, some of them meet each. It succeeds or fails clearly; what is
// there is old or new, whole; and the next run ends where it should.
func TestFaults(t *testing.T) {
	busy, waiting := make(faultmatrix.Slots, busyAtOnce), make(faultmatrix.Slots, waitingAtOnce)
	eachStore(t, func(t *testing.T, s store) {
		large := largeFile(t)
		count := faultmatrix.NewTally()
		var running sync.WaitGroup
		for i, op := range operations() {
			running.Go(func() {
				t.Run(op.name, func(t *testing.T) {
					var all []faultmatrix.Cell
					busy.Use(func() { all = faultmatrix.CellsOf(op.name, record(t, s, op, large), played) })
					if testing.Short() {
						all = faultmatrix.Thin(all, i)
					}
					var trying sync.WaitGroup
					for _, c := range all {
						free := busy
						if stalls(c) || op.kind == storage { // which pauses before it reads back
							free = waiting
						}
						trying.Go(func() {
							free.Use(func() { t.Run(c.String(), func(t *testing.T) { try(t, s, op, c, large, count) }) })
						})
					}
					trying.Wait()
				})
			})
		}
		running.Wait()
		count.Log(t)
	})
}

func stalls(c faultmatrix.Cell) bool {
	return c.Fault == faultproxy.Stall || c.Fault == faultproxy.StallAnswer
}

// seenJustNow is how long a store without conditions relies on a look that was taken before a write. Later it looks once more.
const seenJustNow = time.Second

// record returns the requests of a run without a fault.
// A run that was slow may have looked more often, and a cell for such a request would not be played in a run that is fast: then it is run again.
func record(t *testing.T, s store, op operation, large string) (fewest []faultproxy.Request) {
	t.Helper()
	for range 10 {
		start := time.Now()
		requests := recordOnce(t, s, op, large)
		if fewest == nil || len(requests) < len(fewest) {
			fewest = requests
		}
		if s.name != "oss" || time.Since(start) < seenJustNow {
			break
		}
	}
	return fewest
}

func recordOnce(t *testing.T, s store, op operation, large string) []faultproxy.Request {
	t.Helper()
	w := newWorld(t, s, large)
	prior := op.before(w)
	proxy := faultproxy.Start(t, s.server, "")
	if _, told := op.do(t.Context(), w, w.settings(proxy.URL), prior); len(told) > 0 {
		t.Fatalf("without a fault: %v", told)
	}
	op.after(w, false)
	requests := proxy.Requests()
	if len(requests) == 0 {
		t.Fatal("it sends nothing")
	}
	return requests
}

func try(t *testing.T, s store, op operation, c faultmatrix.Cell, large string, count *faultmatrix.Tally) {
	t.Helper()
	w := newWorld(t, s, large)
	prior := op.before(w)
	proxy := faultproxy.Start(t, s.server, "")
	c.Inject(proxy)
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	if stalls(c) {
		go func() {
			for ctx.Err() == nil && !stalled(proxy, c) {
				time.Sleep(10 * time.Millisecond)
			}
			interrupt()
		}()
	}
	after, told := op.do(ctx, w, w.settings(proxy.URL), prior)
	if !hit(proxy, c) {
		t.Fatalf("the fault was never played: %v", told)
	}
	requests := proxy.Requests()
	known := titles
	if c.Fault == faultproxy.GarbleBody {
		known = append(slices.Clone(titles), op.garbled)
	}
	worded(t, w, s.secret, known, told)
	if len(told) > 0 && heals(s, c) {
		t.Errorf("it fails, although the request was to be sent again: %v", told)
	}
	op.after(w, len(told) > 0)
	left := leftovers(t, w, faultmatrix.Excused(requests))
	count.Cell(c, len(told) == 0, left)

	// The next run, to which nothing happens.
	after, told = op.do(t.Context(), w, w.settings(s.server), after)
	if len(told) > 0 {
		t.Fatalf("the next run: %v", told)
	}
	op.done(w)
	if op.reads || op.config == nil {
		return
	}
	change, _, told := planning(t.Context(), t, w.settings(s.server), op.kind, after, op.wanted(w))
	if len(told) > 0 || change.changes() {
		t.Errorf("a further plan is not empty: %s, planned is %s: %v", after.value, change.value, told)
	}
}

// heals says whether a fault that does not come again must not be noticed. OSS's uploads are begun once, as nobody could abort the first one.
func heals(s store, c faultmatrix.Cell) bool {
	begins := s.name == "oss" && c.Request == "POST uploads"
	switch c.Fault {
	case faultproxy.Slow:
		return true
	case faultproxy.Reset, faultproxy.ResetDuring, faultproxy.LoseAnswer, faultproxy.Refuse500:
		return c.Mode == faultmatrix.Once && !begins
	case faultproxy.Refuse503:
		return c.Mode == faultmatrix.Once
	}
	return false
}

func hit(proxy *faultproxy.Proxy, c faultmatrix.Cell) bool {
	return slices.ContainsFunc(proxy.Requests(), func(r faultproxy.Request) bool { return r.Fault == c.Fault })
}

// stalled says whether the server has done all that it does of a request that stalls. Interrupted before that, it might do it during the next run.
func stalled(proxy *faultproxy.Proxy, c faultmatrix.Cell) bool {
	return slices.ContainsFunc(proxy.Requests(), func(r faultproxy.Request) bool {
		return r.Fault == c.Fault && (c.Fault == faultproxy.Stall || r.Status != 0)
	})
}

// bareCause is what is said of nothing but the end of a connection.
var bareCause = regexp.MustCompile(`(Cause: | at https?://[^ ]+: )(unexpected )?EOF`)

// worded checks that failures have one of the titles, name the place, the cause and the next step, and no secret.
func worded(t *testing.T, w *world, secret string, titles []string, told failures) {
	t.Helper()
	for _, failure := range told {
		if !slices.Contains(titles, failure.Summary) {
			t.Errorf("a fault is called %q: %s", failure.Summary, failure.Detail)
		}
		for _, part := range []string{w.name, "\n\nCause: ", "\n\nWhat to do: "} {
			if !strings.Contains(failure.Detail, part) {
				t.Errorf("%q is not in: %s", part, failure.Detail)
			}
		}
		for _, hidden := range []string{secret, "Signature=", "Authorization"} {
			if strings.Contains(fmt.Sprint(failure.Summary, failure.Detail), hidden) {
				t.Errorf("a secret is told: %s", failure.Detail)
			}
		}
		if bareCause.MatchString(failure.Detail) {
			t.Errorf("the cause says nothing: %s", failure.Detail)
		}
	}
}

// leftovers counts the uploads that are left open: no more than are excused.
func leftovers(t *testing.T, w *world, excused int) int {
	t.Helper()
	left := w.uploads(t)
	for start := time.Now(); len(left) > excused && time.Since(start) < 5*time.Second; left = w.uploads(t) {
		time.Sleep(50 * time.Millisecond)
	}
	if len(left) > excused {
		t.Errorf("left behind: %q, of which %d are excused", left, excused)
	}
	return len(left)
}
