package blob_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// A write whose answer was lost is looked for before it is called a failure: on a store without IDs nobody would know its rule.
func TestCORSLostAnswer(t *testing.T) {
	for name, written := range map[string]bool{"written": true, "not written": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bucket := lostCORS{withoutIDs(rule("", "a")), written}
				owned, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), nil)
				if written && (err != nil || owned == nil) || !written && !errors.Is(err, blob.ErrUnreachable) {
					t.Errorf("written %v, %v", owned, err)
				}
				if !written && len(bucket.rules) != 1 {
					t.Errorf("the rules are %v", identified(bucket.rules))
				}
			})
		})
	}
}

// A write that failed in passing is made anew of what is there by then: another program's rule, written in between, stays.
func TestCORSFailedInPassing(t *testing.T) {
	for name, executed := range map[string]bool{"done": true, "not done": false} {
		for id, bucket := range map[string]*fakeCORS{"ours": {}, "": withoutIDs()} {
			t.Run(name+" with ID "+id, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					passing := &passingCORS{fakeCORS: bucket, executed: executed, failures: 4}
					owned, err := blob.EnsureCORSRule(t.Context(), passing, rule("ours", "console"), nil)
					if err != nil || (owned == nil) != (id != "") {
						t.Fatalf("owned %v, %v", owned, err)
					}
					got, want := identified(bucket.rules), []string{"=https://late", id + "=https://console"}
					slices.Sort(got)
					slices.Sort(want)
					if !slices.Equal(got, want) {
						t.Errorf("the rules are %v, want %v", got, want)
					}
				})
			})
		}
	}
	synctest.Test(t, func(t *testing.T) {
		passing := &passingCORS{fakeCORS: &fakeCORS{}, failures: 5}
		if _, err := blob.EnsureCORSRule(t.Context(), passing, rule("ours", "console"), nil); !errors.Is(err, blob.ErrUnreachable) || passing.failures != 0 {
			t.Errorf("%v, and %d failures are left", err, passing.failures)
		}
	})
}

// passingCORS fails for a while, as a store that is overloaded, and another program writes a rule after the first failure.
type passingCORS struct {
	*fakeCORS
	executed bool // although it fails
	failures int
	late     bool
}

func (p *passingCORS) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	if p.failures == 0 {
		return p.fakeCORS.SetCORS(ctx, config)
	}
	p.failures--
	if p.executed {
		if err := p.fakeCORS.SetCORS(ctx, config); err != nil {
			return err
		}
	}
	if !p.late {
		p.rules, p.late = append(p.rules, rule("", "late")), true
	}
	return blob.ErrUnreachable
}

// lostCORS is a bucket whose answers to writes are lost, and perhaps the requests themselves.
type lostCORS struct {
	*fakeCORS
	executed bool
}

func (l lostCORS) SetCORS(ctx context.Context, config blob.CORSConfig) error {
	if l.executed {
		if err := l.fakeCORS.SetCORS(ctx, config); err != nil {
			return err
		}
	}
	return blob.ErrUnreachable
}

// A write that was acknowledged and cannot be read back is remembered: without an ID nobody would know its rule. One that failed leaves what was known.
func TestCORSThatCannotBeReadBack(t *testing.T) {
	old, failure := rule("", "old"), errors.New("no longer readable")
	for name, refused := range map[string]error{"acknowledged": nil, "refused": failure} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bucket := &unreadableCORS{fakeCORS: withoutIDs(old), failure: failure}
				bucket.err = refused
				written, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), &old)
				want := map[error]string{nil: "https://console", failure: "https://old"}[refused]
				if !errors.Is(err, failure) || written == nil || written.AllowedOrigins[0] != want {
					t.Errorf("written %v, %v; want the rule for %s", written, err, want)
				}
			})
		})
	}
}

// unreadableCORS can be read once.
type unreadableCORS struct {
	*fakeCORS
	read    bool
	failure error
}

func (u *unreadableCORS) CORS(ctx context.Context) (blob.CORSConfig, error) {
	if u.read {
		return blob.CORSConfig{}, u.failure
	}
	u.read = true
	return u.fakeCORS.CORS(ctx)
}
