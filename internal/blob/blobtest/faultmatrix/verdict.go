package faultmatrix

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// mayFail says why an operation may fail in a cell; "": it may not, as one repetition of the request is all that it needs, or a look at what
// became of the object.
func mayFail(b Backend, op operation, c Cell) string {
	switch {
	case op.fails:
		return "it fails anyhow"
	case c.Fault == faultproxy.Slow:
		return ""
	case op.commit != "" && c.Mode == Again && op.commit == c.Request && executed[c.Fault]:
		return "" // the object is there
	case c.Mode != Once:
		return "it is not over"
	case c.Fault == faultproxy.GarbleBody:
		return "no repetition is known to help"
	case op.reads == c.Request && (c.Fault == faultproxy.TruncateBody || c.Fault == faultproxy.StallBody):
		return "a reading that has begun is not begun again here"
	}
	return b.Unhealed(c)
}

// executed are the faults after which the server has done what it was asked for.
var executed = map[faultproxy.Fault]bool{
	faultproxy.LoseAnswer: true, faultproxy.StallAnswer: true, faultproxy.StallBody: true, faultproxy.TruncateBody: true, faultproxy.GarbleBody: true,
}

// clear checks that a failure is in the words of the store: what was tried on which URI, one of the sentinels that a broken connection may
// have, a cause in words, advice. Nothing that a fault does may pass for an absent object or bucket: it would leave the state.
func (w *world) clear(err error) {
	w.t.Helper()
	var (
		failure  *blob.Error
		mismatch *blob.MismatchError
	)
	switch {
	case errors.As(err, &mismatch):
		if w.fault != faultproxy.GarbleBody && w.fault != faultproxy.None && mismatch.Want != wrongHash {
			w.t.Errorf("other bytes passed for those of the store: %v", err)
		}
		return
	case !errors.As(err, &failure):
		w.t.Errorf("the failure is not in the store's words: %T %v", err, err)
		return
	}
	known := false
	for _, sentinel := range []error{blob.ErrUnreachable, blob.ErrNotAStore, blob.ErrChanged, blob.ErrSourceChanged, fs.ErrExist} {
		known = known || errors.Is(err, sentinel)
	}
	if !known || errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrNoBucket) {
		w.t.Errorf("a fault passes for something else: %v (%v)", err, failure.Err)
	}
	if _, where, ok := strings.Cut(failure.URI, "://"); !ok || !strings.HasPrefix(where, w.bucket+"/") || failure.Op == "" {
		w.t.Errorf("what was tried on what? %+v", failure)
	}
	if bare := strings.TrimPrefix(failure.Message, "unexpected "); bare == "EOF" || bare == "" && failure.Code == "" {
		w.t.Errorf("the cause is %q, which says nothing", failure.Message)
	}
	if (errors.Is(err, blob.ErrUnreachable) || errors.Is(err, blob.ErrNotAStore)) && failure.Advice == "" {
		w.t.Errorf("no advice: %v", err)
	}
	for _, secret := range append([]string{"Signature", "Authorization"}, w.b.Secrets...) {
		if text := fmt.Sprintf("%v %+v", err, failure); strings.Contains(text, secret) {
			w.t.Errorf("a secret is in %q", text)
		}
	}
}

// Excused is how many uploads may be left open after these requests: those whose name was lost with the answer, and those that no abort reached.
// There are no more than were begun.
func Excused(requests []faultproxy.Request) int {
	begun, nameless, unaborted := 0, 0, 0
	aborted := map[string]bool{} // by upload: did an abort pass?
	for _, r := range requests {
		passed := r.Fault == faultproxy.None || r.Fault == faultproxy.Slow
		switch Kind(r) {
		case "POST uploads":
			if passed || executed[r.Fault] {
				begun++
			}
			if executed[r.Fault] {
				nameless++
			}
		case "DELETE uploadId":
			id := r.Query.Get("uploadId")
			aborted[id] = aborted[id] || passed || executed[r.Fault]
		}
	}
	for _, passed := range aborted {
		if !passed {
			unaborted++
		}
	}
	return min(begun, nameless+unaborted)
}

// leftovers are how many uploads are left open: no more than are excused. These are the ones that the sweep of the next write of the same key
// is for. What the server still does with a request that was cut off may take a moment.
func (w *world) leftovers(excused int) int {
	w.t.Helper()
	left := w.b.Leftovers(w.t, w.bucket)
	for start := time.Now(); len(left) > excused && time.Since(start) < 5*time.Second; left = w.b.Leftovers(w.t, w.bucket) {
		time.Sleep(50 * time.Millisecond)
	}
	if len(left) > excused {
		w.t.Errorf("left behind: %q, of which %d are excused", left, excused)
	}
	return len(left)
}
