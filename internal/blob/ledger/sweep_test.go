//go:build linux || darwin

package ledger

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// store is a fake of one that has open uploads of one key, each with its age. Its clock is years behind ours.
type store struct {
	ages    map[string]time.Duration
	undated []string
	denied  error // of the listing
	fails   error // of an abort

	calls []string
}

func (s *store) OpenUploads(_ context.Context, key string) (blob.OpenUploads, error) {
	s.calls = append(s.calls, "list "+key)
	if s.denied != nil {
		return blob.OpenUploads{}, s.denied
	}
	open := blob.OpenUploads{Now: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}
	for id, age := range s.ages {
		open.Uploads = append(open.Uploads, blob.OpenUpload{ID: id, Begun: open.Now.Add(-age)})
	}
	for _, id := range s.undated {
		open.Uploads = append(open.Uploads, blob.OpenUpload{ID: id})
	}
	return open, nil
}

func (s *store) AbortUpload(_ context.Context, key, id string) error {
	s.calls = append(s.calls, "abort "+key+" "+id)
	if s.fails == nil {
		delete(s.ages, id)
	}
	return s.fails
}

func (s *store) expect(t *testing.T, want ...string) {
	t.Helper()
	for i := range want {
		if verb := want[i]; verb == "list" {
			want[i] = "list " + here.Key
		} else {
			want[i] = "abort " + here.Key + " " + verb
		}
	}
	slices.Sort(want)
	got := slices.Sorted(slices.Values(s.calls))
	if !slices.Equal(got, want) {
		t.Errorf("asked for %q, want %q", got, want)
	}
	s.calls = nil
}

func TestSweep(t *testing.T) {
	m := thisMachine()
	l := newLedger(t, m)
	l.Begun(here, "ours, living")
	l.Begun(here, "ours, living, old")
	m.own.PID, m.own.Started, m.running[200] = 200, "7000", "7000"
	l.Begun(here, "ours, gone")
	elsewhere := here
	elsewhere.Key += "2"
	l.Begun(elsewhere, "of another key")
	m.own = thisMachine().own
	delete(m.running, 200)
	const day = 24 * time.Hour
	s := &store{
		ages: map[string]time.Duration{
			"ours, living": time.Minute, "ours, living, old": 30 * day, "ours, gone": time.Minute,
			"of another": day - time.Second, "from the future": -day, "of another, old": day + time.Second,
			"": 30 * day, // whoever aborted that would delete the object, in some stores
		},
		undated: []string{"undated"},
	}

	// A small write asks for nothing but what the ledger knows.
	l.Sweep(t.Context(), s, here, false)
	s.expect(t, "ours, gone")
	l.holds(t, 3)
	l.Sweep(t.Context(), s, here, false)
	s.expect(t)

	l.Sweep(t.Context(), s, here, true)
	s.expect(t, "list", "of another, old")
	l.Sweep(t.Context(), s, elsewhere, false)
	if want := []string{"abort " + elsewhere.Key + " of another key"}; !slices.Equal(s.calls, want) {
		t.Errorf("asked for %q, want %q", s.calls, want)
	}
	l.holds(t, 2)
}

// Who may not list still throws away what the ledger knows; and what could not be thrown away is tried again the next time.
func TestSweepThatIsRefused(t *testing.T) {
	m := thisMachine()
	l := newLedger(t, m)
	l.Begun(here, "ours")
	m.running = nil
	s := &store{denied: errors.New("access denied"), fails: errors.New("unreachable")}
	l.Sweep(t.Context(), s, here, true)
	s.expect(t, "list", "ours")
	l.holds(t, 1)
	s.fails = nil
	l.Sweep(t.Context(), s, here, true)
	s.expect(t, "list", "ours")
	l.holds(t, 0)
}

// A write waits for a sweep, and not for ever.
func TestSweepHasADeadline(t *testing.T) {
	var l *Ledger
	s := &slow{}
	l.Sweep(t.Context(), s, here, true)
	if left := time.Until(s.deadline); !s.bounded || left > sweepTimeout {
		t.Errorf("bounded %t, %s are left", s.bounded, left)
	}
}

type slow struct {
	store
	deadline time.Time
	bounded  bool
}

func (s *slow) OpenUploads(ctx context.Context, _ string) (blob.OpenUploads, error) {
	s.deadline, s.bounded = ctx.Deadline()
	return blob.OpenUploads{}, errors.New("no answer")
}
