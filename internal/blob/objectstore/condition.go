package objectstore

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Enforcement is what becomes of a condition.
type Enforcement int

// The kinds of enforcement.
const (
	// ByStore: it is sent, and the store refuses what does not hold.
	ByStore Enforcement = iota
	// ByBoth: it is sent, and looked at just before too, as some buckets ignore it: there a window remains.
	ByBoth
	// ByLook: it is looked at just before, as the store has no such condition: a window remains.
	ByLook
	// Unproven: nobody knows what the store does with it.
	// It is sent, looked at just before, and after a write looked at again, so that whoever lost is told.
	// Where the store refuses it twice although a look finds that it holds, it is not sent again.
	Unproven
)

// Kind is a kind of condition on a kind of request.
type Kind int

// The kinds of conditions.
const (
	PutIfAbsent Kind = iota
	PutIfMatch
	CompleteIfAbsent
	CompleteIfMatch
	DeleteIfMatch
	CopyIfMatch // on the object that is copied, whole or by parts
	kinds
)

// Conditions are the enforcement of each kind.
type Conditions [kinds]Enforcement

// learned are the kinds that a bucket turned out not to know, or to refuse although they hold.
type learned [kinds]atomic.Bool

// Guard is what a request depends on.
type Guard struct {
	// IfMatch and IfAbsent are to be sent: one of them at most is set.
	IfMatch  string
	IfAbsent bool

	// Look is called before each attempt, as what it compares may have changed since the last one; nil: nothing is looked at.
	Look func(context.Context) error
}

// enforcement is that of a kind in this bucket.
func (s *Store) enforcement(driver Driver, kind Kind) Enforcement {
	if s.learned[kind].Load() {
		return ByLook
	}
	return driver.Conditions()[kind]
}

// conditional sends a request under a condition.
// Where a store turns out not to know it, or to refuse it although it holds, that is remembered for the bucket, and a look stands in.
// Until the request is sent for the first time the caller may give up, although the request itself runs under a context that does not end
// with the caller's.
func (s *Store) conditional(ctx, caller context.Context, driver Driver, key string, cond blob.Cond, kind Kind, send func(Guard) error) error {
	if cond.IfMatch == "" && !cond.IfAbsent {
		return send(Guard{})
	}
	enforcement := s.enforcement(driver, kind)
	err := send(s.guard(caller, key, cond, enforcement))
	cond.Seen = time.Time{}
	switch {
	case enforcement == Unproven && s.isContradicted(ctx, key, cond, err):
		// Once more: another client's object may have come and gone.
		if err = send(s.guard(caller, key, cond, enforcement)); !s.isContradicted(ctx, key, cond, err) {
			return err
		}
	case (enforcement == ByStore || enforcement == Unproven) && errors.Is(err, errors.ErrUnsupported):
	default:
		return err
	}
	err = send(s.guard(caller, key, cond, ByLook))
	if err == nil { // else it may be the request that the store does not know
		s.learned[kind].Store(true)
	}
	return err
}

func (s *Store) guard(caller context.Context, key string, cond blob.Cond, enforcement Enforcement) Guard {
	var guard Guard
	if enforcement != ByLook {
		guard.IfMatch, guard.IfAbsent = cond.IfMatch, cond.IfAbsent
	}
	if enforcement == ByStore {
		return guard
	}
	first := true
	guard.Look = func(ctx context.Context) error {
		now := cond
		cond.Seen = time.Time{} // the caller's own look counts for the first attempt
		if !first {
			return s.check(ctx, key, now)
		}
		first = false
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(caller, cancel)()
		err := s.check(ctx, key, now)
		if gaveUp := caller.Err(); gaveUp != nil {
			return s.fail(s.traits.Names.Head, key, blob.Cond{}, gaveUp)
		}
		return err
	}
	return guard
}

// check compares a condition with the object right now.
func (s *Store) check(ctx context.Context, key string, cond blob.Cond) error {
	if cond.SeenJustNow() {
		return nil
	}
	info, err := s.Head(ctx, key)
	absent := errors.Is(err, fs.ErrNotExist)
	switch {
	case err != nil && !absent:
		return err
	case cond.IfAbsent && !absent:
		return s.unmet(key, fs.ErrExist)
	case cond.IfMatch != "" && (absent || info.ETag != cond.IfMatch):
		return s.unmet(key, blob.ErrChanged)
	}
	return nil
}

// unmet is a condition that does not hold, found out by looking.
func (s *Store) unmet(key string, sentinel error) error {
	failure := s.failure(s.traits.Names.Head, key)
	failure.Message, failure.Err = sentinel.Error(), sentinel
	return failure
}
