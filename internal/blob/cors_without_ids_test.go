package blob_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// withoutIDs is a bucket whose store keeps no IDs, as OSS.
func withoutIDs(rules ...blob.CORSRule) *fakeCORS {
	return &fakeCORS{rules: rules, afterWrite: func(_ int, rules []blob.CORSRule) []blob.CORSRule {
		for i := range rules {
			rules[i].ID = ""
		}
		return rules
	}}
}

// A store without IDs knows our rule by what was written last: it is mended in its place, and removed alone.
func TestCORSWithoutIDs(t *testing.T) {
	first, second := rule("ours", "console"), rule("ours", "elsewhere")
	synctest.Test(t, func(t *testing.T) {
		bucket := withoutIDs(rule("", "a"))
		ensure := func(rule blob.CORSRule, written *blob.CORSRule, wantWrites int, want ...string) *blob.CORSRule {
			t.Helper()
			before := bucket.writes
			written, err := blob.EnsureCORSRule(t.Context(), bucket, rule, written)
			if err != nil {
				t.Fatal(err)
			}
			if got := identified(bucket.rules); !slices.Equal(got, want) || bucket.writes-before != wantWrites {
				t.Errorf("rules %v after %d writes, want %v after %d", got, bucket.writes-before, want, wantWrites)
			}
			return written
		}
		written := ensure(first, nil, 1, "=https://a", "=https://console")
		bucket.rules = append(bucket.rules, rule("", "b"))
		written = ensure(first, written, 0, "=https://a", "=https://console", "=https://b")
		written = ensure(second, written, 1, "=https://a", "=https://elsewhere", "=https://b")

		// An equal rule of somebody else, which cannot be told from ours, stays.
		bucket.rules = append(bucket.rules, rule("", "elsewhere"))
		if err := blob.RemoveCORSRule(t.Context(), bucket, "ours", written); err != nil {
			t.Fatal(err)
		}
		if got := identified(bucket.rules); !slices.Equal(got, []string{"=https://a", "=https://elsewhere", "=https://b"}) {
			t.Errorf("after the removal: %v", got)
		}
	})
}

// A rule that was there before is not ours, and a removal leaves it.
func TestCORSWithoutIDsAdoptsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bucket := withoutIDs(rule("", "console"))
		written, err := blob.EnsureCORSRule(t.Context(), bucket, rule("ours", "console"), nil)
		if err != nil || written != nil {
			t.Fatalf("written %v, %v", written, err)
		}
		if err := blob.RemoveCORSRule(t.Context(), bucket, "ours", written); err != nil || bucket.writes != 0 {
			t.Errorf("%v after %d writes", err, bucket.writes)
		}
	})
}

// What another program brings back is removed again, also where only the count of equal rules tells.
func TestCORSWithoutIDsRemovesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, equal := rule("", "console"), rule("", "console")
		bucket := &fakeCORS{rules: []blob.CORSRule{equal, ours}}
		bucket.afterWrite = func(n int, rules []blob.CORSRule) []blob.CORSRule {
			if n == 1 {
				return []blob.CORSRule{equal, ours}
			}
			return rules
		}
		if err := blob.RemoveCORSRule(t.Context(), bucket, "ours", &ours); err != nil || len(bucket.rules) != 1 || bucket.writes != 2 {
			t.Errorf("%v, rules %v after %d writes", err, identified(bucket.rules), bucket.writes)
		}
	})
}

// What was written over ours in between, from an older reading, is ours as well: it is mended, not left beside a new one.
func TestCORSWithoutIDsMendsWhatIsBroughtBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := rule("", "console"), rule("", "elsewhere")
		bucket := &fakeCORS{rules: []blob.CORSRule{before, rule("", "a")}}
		bucket.afterWrite = func(n int, rules []blob.CORSRule) []blob.CORSRule {
			if n == 1 {
				return []blob.CORSRule{before, rule("", "a")}
			}
			return rules
		}
		written, err := blob.EnsureCORSRule(t.Context(), bucket, after, &before)
		if err != nil || written == nil || !written.SameAccess(after) {
			t.Fatalf("written %v, %v", written, err)
		}
		if got, want := identified(bucket.rules), []string{"=https://elsewhere", "=https://a"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// An equal rule of somebody else, which is still there after ours was taken away in between, is not the one to mend.
func TestCORSWithoutIDsMendsNoRuleOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		equal := rule("", "console")
		bucket := &fakeCORS{rules: []blob.CORSRule{equal, equal}}
		bucket.afterWrite = func(n int, rules []blob.CORSRule) []blob.CORSRule {
			if n == 1 {
				return rules[:1]
			}
			return rules
		}
		if _, err := blob.EnsureCORSRule(t.Context(), bucket, rule("", "elsewhere"), &equal); err != nil {
			t.Fatal(err)
		}
		if got, want := identified(bucket.rules), []string{"=https://console", "=https://elsewhere"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// A tool that has a plain number for the age writes 0 where it reads none: the rule is still ours.
func TestCORSWithoutIDsNoAgeIsZero(t *testing.T) {
	aged := func(rule blob.CORSRule, age int32) blob.CORSRule { rule.MaxAgeSeconds = &age; return rule }
	ours := rule("", "console")
	for name, test := range map[string]struct{ written, there blob.CORSRule }{
		"none became 0":  {ours, aged(ours, 0)},
		"0 became none":  {aged(ours, 0), ours},
		"nothing became": {aged(ours, 60), aged(ours, 60)},
	} {
		inBubble(t, name, func(t *testing.T) {
			bucket := &fakeCORS{rules: []blob.CORSRule{test.there, rule("", "a")}}
			if got, ok := (blob.CORSConfig{Rules: bucket.rules}).Serving(test.written, &test.written); !ok || !got.SameAccess(test.written) {
				t.Errorf("found %v, %t", got, ok)
			}
			if _, err := blob.EnsureCORSRule(t.Context(), bucket, test.written, &test.written); err != nil || bucket.writes != 0 {
				t.Errorf("%v after %d writes", err, bucket.writes)
			}
			if err := blob.RemoveCORSRule(t.Context(), bucket, "", &test.written); err != nil || !slices.Equal(identified(bucket.rules), []string{"=https://a"}) {
				t.Errorf("%v, left %v", err, identified(bucket.rules))
			}
		})
	}
	t.Run("another age", func(t *testing.T) {
		if _, ok := (blob.CORSConfig{Rules: []blob.CORSRule{aged(ours, 60)}}).Serving(ours, &ours); ok {
			t.Error("a rule with another age is taken for ours")
		}
	})
	inBubble(t, "the one that is more alike", func(t *testing.T) {
		bucket := &fakeCORS{rules: []blob.CORSRule{ours, aged(ours, 0)}}
		if err := blob.RemoveCORSRule(t.Context(), bucket, "", &ours); err != nil || len(bucket.rules) != 1 || bucket.rules[0].MaxAgeSeconds == nil {
			t.Errorf("%v, left %v", err, bucket.rules)
		}
	})
	inBubble(t, "a new age is written", func(t *testing.T) {
		bucket := &fakeCORS{rules: []blob.CORSRule{ours}}
		if _, err := blob.EnsureCORSRule(t.Context(), bucket, aged(ours, 0), &ours); err != nil || bucket.writes != 1 || bucket.rules[0].MaxAgeSeconds == nil {
			t.Errorf("%v, rules %v after %d writes", err, bucket.rules, bucket.writes)
		}
	})
}

// inBubble is a subtest whose pauses take no time.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}
