package faultmatrix

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

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
