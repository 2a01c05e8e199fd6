package blob_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// fakeCORS is a bucket's rules in memory.
type fakeCORS struct {
	rules  []blob.CORSRule
	writes int
	// afterWrite, when set, is what another program or the store itself does with the rules after the nth write.
	afterWrite func(n int, rules []blob.CORSRule) []blob.CORSRule
	err        error // of every write
	// heedsContext: a call whose context is over fails, as at a real store.
	heedsContext bool
}

func (f *fakeCORS) over(ctx context.Context) error {
	if !f.heedsContext {
		return nil
	}
	return ctx.Err()
}

func (f *fakeCORS) CORS(ctx context.Context) (blob.CORSConfig, error) {
	return blob.CORSConfig{Rules: slices.Clone(f.rules)}, f.over(ctx)
}

func (f *fakeCORS) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	if err := f.over(ctx); err != nil {
		return err
	}
	f.writes++
	if f.err != nil {
		return f.err
	}
	f.rules = slices.Clone(config.Rules)
	if f.afterWrite != nil {
		f.rules = f.afterWrite(f.writes, f.rules)
	}
	return nil
}

func rule(id, origin string) blob.CORSRule {
	return blob.CORSRule{ID: id, AllowedOrigins: []string{"https://" + origin}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"*"}}
}

func identified(rules []blob.CORSRule) []string {
	var names []string
	for _, rule := range rules {
		names = append(names, rule.ID+"="+rule.AllowedOrigins[0])
	}
	return names
}

func TestEnsureCORSRule(t *testing.T) {
	ours, foreign, other := rule("ours", "console"), rule("", "a"), rule("b", "b")
	cases := map[string]struct {
		before []blob.CORSRule
		after  []blob.CORSRule
		writes int
	}{
		"no rules":                 {nil, []blob.CORSRule{ours}, 1},
		"at the end":               {[]blob.CORSRule{foreign, other}, []blob.CORSRule{foreign, other, ours}, 1},
		"there already":            {[]blob.CORSRule{foreign, ours, other}, []blob.CORSRule{foreign, ours, other}, 0},
		"mended in its place":      {[]blob.CORSRule{foreign, rule("ours", "drifted"), other}, []blob.CORSRule{foreign, ours, other}, 1},
		"an equal rule of another": {[]blob.CORSRule{rule("theirs", "console"), foreign}, []blob.CORSRule{rule("theirs", "console"), foreign}, 0},
		"ours beside an equal one": {[]blob.CORSRule{rule("theirs", "console"), rule("ours", "x")}, []blob.CORSRule{rule("theirs", "console"), ours}, 1},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bucket := &fakeCORS{rules: slices.Clone(test.before)}
				if _, err := blob.EnsureCORSRule(t.Context(), bucket, ours, nil); err != nil {
					t.Fatal(err)
				}
				if got, want := identified(bucket.rules), identified(test.after); !slices.Equal(got, want) {
					t.Errorf("got %v, want %v", got, want)
				}
				if bucket.writes != test.writes {
					t.Errorf("%d writes, want %d", bucket.writes, test.writes)
				}
			})
		})
	}
}

func TestRemoveCORSRule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours := rule("ours", "console")
		bucket := &fakeCORS{rules: []blob.CORSRule{rule("", "a"), ours, rule("b", "console")}}
		for range 2 { // the second time there is nothing to do
			if err := blob.RemoveCORSRule(t.Context(), bucket, "ours", nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := identified(bucket.rules); !slices.Equal(got, []string{"=https://a", "b=https://console"}) || bucket.writes != 1 {
			t.Errorf("%v after %d writes", got, bucket.writes)
		}
	})
}

// What another program undoes is written again, on top of what that program wrote.
func TestCORSReadBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := &fakeCORS{rules: []blob.CORSRule{rule("", "a")}}
		bucket.afterWrite = func(n int, rules []blob.CORSRule) []blob.CORSRule {
			if n <= 2 {
				return []blob.CORSRule{rule("", "a"), rule("", "theirs")}
			}
			return rules
		}
		if _, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), nil); err != nil {
			t.Fatal(err)
		}
		if got := identified(bucket.rules); !slices.Equal(got, []string{"=https://a", "=https://theirs", "ours=https://console"}) {
			t.Errorf("got %v", got)
		}
	})
}

// A change that never lasts is an error, after a bounded number of writes.
func TestCORSUndone(t *testing.T) {
	undo := func(before []blob.CORSRule) *fakeCORS {
		return &fakeCORS{rules: before, afterWrite: func(int, []blob.CORSRule) []blob.CORSRule { return before }}
	}
	synctest.Test(t, func(t *testing.T) {
		bucket := undo(nil)
		if _, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), nil); !errors.Is(err, blob.ErrUndone) || bucket.writes != 5 {
			t.Errorf("adding: %v after %d writes", err, bucket.writes)
		}
		bucket = undo([]blob.CORSRule{rule("ours", "console")})
		if err := blob.RemoveCORSRule(t.Context(), bucket, "ours", nil); !errors.Is(err, blob.ErrUndone) || bucket.writes != 5 {
			t.Errorf("removing: %v after %d writes", err, bucket.writes)
		}
	})
}

// slowCORS is a bucket that is far away: a write takes place a while after it was begun.
type slowCORS struct {
	*fakeCORS
	takes time.Duration
	one   *sync.Mutex // for two at once
}

func (s slowCORS) CORS(ctx context.Context) (blob.CORSConfig, error) {
	s.one.Lock()
	defer s.one.Unlock()
	return s.fakeCORS.CORS(ctx)
}

func (s slowCORS) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	time.Sleep(s.takes)
	s.one.Lock()
	defer s.one.Unlock()
	return s.fakeCORS.SetCORS(ctx, config)
}

// Two processes that have read the same write one after the other: the first finds out that its rule was undone.
func TestCORSOfTwoProcesses(t *testing.T) {
	for _, later := range []time.Duration{0, 50 * time.Millisecond, 150 * time.Millisecond} {
		synctest.Test(t, func(t *testing.T) {
			bucket := slowCORS{&fakeCORS{rules: []blob.CORSRule{rule("", "a")}}, 200 * time.Millisecond, new(sync.Mutex)}
			var both sync.WaitGroup
			for i, name := range []string{"one", "other"} {
				both.Go(func() {
					time.Sleep(time.Duration(i) * later)
					if _, err := blob.EnsureCORSRule(t.Context(), bucket, rule(name, name), nil); err != nil {
						t.Error(err)
					}
				})
			}
			both.Wait()
			got := identified(bucket.rules)
			slices.Sort(got)
			if want := []string{"=https://a", "one=https://one", "other=https://other"}; !slices.Equal(got, want) {
				t.Errorf("%s later: got %v, want %v", later, got, want)
			}
		})
	}
}

// Where a store keeps IDs, what was written last counts for nothing.
func TestCORSWithIDsForgetsWhatWasWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := &fakeCORS{}
		written, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), nil)
		if err != nil || written != nil {
			t.Errorf("written %v, %v", written, err)
		}
	})
}

// A write that has begun is not forgotten because of a cancellation: without an ID nobody would know the rule any more.
func TestCORSCancelledAfterTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		bucket := withoutIDs()
		strip := bucket.afterWrite
		bucket.afterWrite = func(n int, rules []blob.CORSRule) []blob.CORSRule { cancel(); return strip(n, rules) }
		bucket.heedsContext = true
		written, err := blob.EnsureCORSRule(ctx, bucket, rule("ours", "console"), nil)
		if err != nil || written == nil || len(bucket.rules) != 1 {
			t.Errorf("written %v, %v, rules %v", written, err, bucket.rules)
		}
		if _, err := blob.EnsureCORSRule(ctx, bucket, rule("ours", "elsewhere"), written); !errors.Is(err, context.Canceled) || bucket.writes != 1 {
			t.Errorf("cancelled before: %v after %d writes", err, bucket.writes)
		}
	})
}

func TestCORSErrors(t *testing.T) {
	refused := errors.New("refused")
	bucket := &fakeCORS{err: refused}
	if _, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), nil); !errors.Is(err, refused) || bucket.writes != 1 {
		t.Errorf("%v after %d writes", err, bucket.writes)
	}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		bucket := &fakeCORS{afterWrite: func(int, []blob.CORSRule) []blob.CORSRule { cancel(); return nil }}
		if _, err := blob.EnsureCORSRule(ctx, bucket, rule("ours", "console"), nil); !errors.Is(err, context.Canceled) {
			t.Errorf("after a cancellation: %v", err)
		}
	})
}

// Whatever a bucket has: the rules of others stay, in their order, and ours is there exactly once, or an equal one of somebody else.
func TestCORSMergeKeepsOthers(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) { keepsOthers(r, func(do func()) { synctest.Test(t, func(*testing.T) { do() }) }) })
}

// keepsOthers does what pauses in a bubble.
func keepsOthers(t *rapid.T, inBubble func(do func())) {
	draw := rapid.Custom(func(t *rapid.T) blob.CORSRule {
		return rule(rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "id"), rapid.SampledFrom([]string{"a", "b", "console"}).Draw(t, "origin"))
	})
	before := rapid.SliceOfN(draw, 0, 6).Draw(t, "rules")
	all := slices.Clone(before)
	if rapid.Bool().Draw(t, "ours is there") {
		all = slices.Insert(all, rapid.IntRange(0, len(all)).Draw(t, "at"), rule("ours", rapid.SampledFrom([]string{"a", "console"}).Draw(t, "ours")))
	}
	bucket := &fakeCORS{rules: all}
	var err error
	if inBubble(func() { _, err = blob.EnsureCORSRule(context.Background(), bucket, rule("ours", "console"), nil) }); err != nil {
		t.Fatal(err)
	}
	isOurs := func(r blob.CORSRule) bool { return r.ID == "ours" }
	others := slices.DeleteFunc(slices.Clone(bucket.rules), isOurs)
	if !slices.Equal(identified(others), identified(before)) {
		t.Fatalf("the rules of others were %v, and are %v", identified(before), identified(others))
	}
	served, found := blob.CORSConfig{Rules: bucket.rules}.Serving(rule("ours", "console"), nil)
	if !found || !served.SameAccess(rule("ours", "console")) || len(bucket.rules)-len(others) > 1 {
		t.Fatalf("served by %v: %v", served, identified(bucket.rules))
	}
	if inBubble(func() { err = blob.RemoveCORSRule(context.Background(), bucket, "ours", nil) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(identified(bucket.rules), identified(before)) {
		t.Fatalf("after the removal %v, before all %v", identified(bucket.rules), identified(before))
	}
}
