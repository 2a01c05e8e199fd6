package blob

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// CORSIDPrefix begins the IDs of the rules that this provider writes. It is part of users' buckets: it never changes.
const CORSIDPrefix = "flink-"

// ErrUndone says that a change of a bucket's CORS configuration does not last.
var ErrUndone = errors.New("the change of the bucket's CORS configuration is not there when it is read back")

// corsPauses are how long is waited before the configuration is read back, and read back again where the change is missing:
// another program may have written it at the same time, and S3 may answer for a moment as before. What read before our write, another
// process of this provider say, has written when the first pause is over: so it shows what was lost.
var corsPauses = []time.Duration{500 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// EnsureCORSRule brings a rule into a bucket's configuration, and reads it back. All other rules and their order stay: the rule is
// mended in its place, or put at the end, where it takes precedence over no other. If a rule of somebody else allows the same already,
// nothing is written.
//
// Ours is known by its ID. Where the store keeps none (OSS), it is known by what it was when it was last written: written, nil where that was
// never done. The result is what to pass the next time, also after a failure: then it is the new rule if the store has acknowledged it.
//
// The stores have no conditional write for this. Callers hold a lock per bucket, and reading back finds what another process has undone. A window
// remains: what a program that does not read back itself writes between our reading and our writing is lost, as with every tool.
func EnsureCORSRule(ctx context.Context, bucket CORSConfigurer, rule CORSRule, written *CORSRule) (*CORSRule, error) {
	before, equal := written, -1 // how many rules are equal to that one, before we write
	acknowledged, err := changeCORS(ctx, bucket, func(config CORSConfig) (CORSConfig, bool) {
		at, last := config.own(rule.ID, written), written
		if equal < 0 {
			equal = config.count(before)
		}
		if at < 0 && config.count(before) >= equal { // another program has brought back what it had read before our write
			at, last = config.own(rule.ID, before), before
		}
		if at < 0 {
			if _, served := config.Serving(rule, written); served {
				written = nil
				return config, false
			}
			written = &rule
			config.Rules = append(slices.Clone(config.Rules), rule)
			return config, true
		}
		now := config.Rules[at]
		written = nil
		if now.ID == "" {
			now, written = *last, &rule
		}
		changed := !now.SameAccess(rule)
		config.Rules = slices.Clone(config.Rules)
		config.Rules[at] = rule
		return config, changed
	})
	if err != nil && !acknowledged {
		return before, err
	}
	return written, err
}

// RemoveCORSRule takes our rule, known as in EnsureCORSRule, out of a bucket's configuration, and reads it back. All other rules and their
// order stay.
func RemoveCORSRule(ctx context.Context, bucket CORSConfigurer, id string, written *CORSRule) error {
	left := -1 // equal rules of others, which the store cannot tell from ours
	_, err := changeCORS(ctx, bucket, func(config CORSConfig) (CORSConfig, bool) {
		at := config.own(id, written)
		if at >= 0 && config.Rules[at].ID == "" {
			equal := config.count(written)
			if left < 0 {
				left = equal - 1
			}
			if equal <= left {
				at = -1
			}
		}
		if at < 0 {
			return config, false
		}
		config.Rules = slices.Delete(slices.Clone(config.Rules), at, at+1)
		return config, true
	})
	return err
}

// Serving finds our rule, known as in EnsureCORSRule, whatever it allows by now, else a rule of somebody else that allows the same as the
// wanted one.
func (c CORSConfig) Serving(wanted CORSRule, written *CORSRule) (CORSRule, bool) {
	at := c.own(wanted.ID, written)
	if at < 0 {
		// The rule of another workspace goes with that workspace, so nobody can rely on it.
		at = slices.IndexFunc(c.Rules, func(rule CORSRule) bool {
			return !strings.HasPrefix(rule.ID, CORSIDPrefix) && rule.SameAccess(wanted)
		})
	}
	if at < 0 {
		return CORSRule{}, false
	}
	if isWritten(c.Rules[at], written) {
		return *written, true
	}
	return c.Rules[at], true
}

// own is where our rule is; -1: nowhere. Of equal ones without IDs the last is ours, as it was put at the end, unless another one is
// more alike.
func (c CORSConfig) own(id string, written *CORSRule) int {
	alike := -1
	for at, rule := range slices.Backward(c.Rules) {
		switch {
		case rule.ID != "" && rule.ID == id:
			return at
		case !isWritten(rule, written):
		case alike < 0, rule.SameAccess(*written) && !c.Rules[alike].SameAccess(*written):
			alike = at
		}
	}
	return alike
}

// count is how many rules are what was last written.
func (c CORSConfig) count(written *CORSRule) int {
	n := 0
	for _, rule := range c.Rules {
		if isWritten(rule, written) {
			n++
		}
	}
	return n
}

// isWritten reports whether a rule without ID is what was last written. A MaxAgeSeconds of 0 and none are the same here: programs that have
// a plain number for it, OSS's own SDK among them, write 0 where they read none.
func isWritten(rule CORSRule, written *CORSRule) bool {
	if written == nil || rule.ID != "" {
		return false
	}
	if age(rule) == age(*written) {
		rule.MaxAgeSeconds = written.MaxAgeSeconds
	}
	return rule.SameAccess(*written)
}

func age(rule CORSRule) int32 {
	if rule.MaxAgeSeconds == nil {
		return 0
	}
	return *rule.MaxAgeSeconds
}

// changeCORS writes until a reading shows that there is nothing to change. A write that failed in passing, or whose answer was lost, is treated
// as one that somebody has undone: what is sent next is made of what is there by then, as another program may have written in between. Once it
// writes, cancelling ctx stops it only after a further reading: a caller that is told of a failure forgets the rule, which on a store without IDs
// is then somebody else's for good. Acknowledged: it is done, or the store said so of the last write and could not be asked since.
func changeCORS(ctx context.Context, bucket CORSConfigurer, change func(CORSConfig) (CORSConfig, bool)) (acknowledged bool, err error) {
	committing := ctx
	var failed error // of the last write, which may have been done nevertheless
	for attempt := 0; ; attempt++ {
		config, err := bucket.CORS(committing)
		if err != nil {
			return acknowledged, cmp.Or(failed, err)
		}
		changed, needed := change(config)
		if !needed {
			return true, nil
		}
		if ctx.Err() != nil {
			return false, cmp.Or(failed, context.Cause(ctx))
		}
		if attempt == len(corsPauses) {
			return false, cmp.Or(failed, ErrUndone)
		}
		if attempt == 0 {
			var cancel context.CancelFunc
			committing, cancel = CommitContext(ctx)
			defer cancel()
		}
		failed = bucket.SetCORS(committing, changed)
		acknowledged = failed == nil
		if failed != nil && !mayPass(failed) {
			return false, failed
		}
		select {
		case <-time.After(corsPauses[attempt]):
		case <-ctx.Done():
		}
	}
}

// mayPass reports whether a write may have been done although it failed, or may be done the next time.
func mayPass(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, ErrNotAStore) || errors.Is(err, context.DeadlineExceeded)
}
