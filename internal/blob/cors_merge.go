package blob

import (
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
// another program may have written it at the same time, and S3 may answer for a moment as before.
var corsPauses = []time.Duration{0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second}

// EnsureCORSRule brings the rule, known by its ID, into a bucket's configuration, and reads it back. All other rules and their order
// stay: the rule is mended in its place, or put at the end, where it takes precedence over no other. If a rule of somebody else allows
// the same already, nothing is written.
//
// The stores have no conditional write for this. Callers hold a lock per bucket, which leaves a window between processes: what another
// one writes between our reading and our writing is lost, as with every tool.
func EnsureCORSRule(ctx context.Context, bucket CORSConfigurer, rule CORSRule) error {
	return changeCORS(ctx, bucket, func(config CORSConfig) (CORSConfig, bool) {
		at := config.index(rule.ID)
		if at < 0 {
			_, served := config.Serving(rule)
			config.Rules = append(slices.Clone(config.Rules), rule)
			return config, !served
		}
		changed := !config.Rules[at].SameAccess(rule)
		config.Rules = slices.Clone(config.Rules)
		config.Rules[at] = rule
		return config, changed
	})
}

// RemoveCORSRule takes the rule with an ID out of a bucket's configuration, and reads it back. All other rules and their order stay.
func RemoveCORSRule(ctx context.Context, bucket CORSConfigurer, id string) error {
	return changeCORS(ctx, bucket, func(config CORSConfig) (CORSConfig, bool) {
		before := len(config.Rules)
		config.Rules = slices.DeleteFunc(slices.Clone(config.Rules), func(rule CORSRule) bool { return rule.ID == id })
		return config, len(config.Rules) != before
	})
}

// Serving finds the rule with the ID of the wanted one, whatever it allows by now, else a rule of somebody else that allows the same.
func (c CORSConfig) Serving(wanted CORSRule) (CORSRule, bool) {
	at := c.index(wanted.ID)
	if at < 0 {
		// The rule of another workspace goes with that workspace, so nobody can rely on it.
		at = slices.IndexFunc(c.Rules, func(rule CORSRule) bool {
			return !strings.HasPrefix(rule.ID, CORSIDPrefix) && rule.SameAccess(wanted)
		})
	}
	if at < 0 {
		return CORSRule{}, false
	}
	return c.Rules[at], true
}

// index is where the rule with an ID is; -1: nowhere.
func (c CORSConfig) index(id string) int {
	return slices.IndexFunc(c.Rules, func(rule CORSRule) bool { return rule.ID == id })
}

// changeCORS writes until a reading shows that there is nothing to change.
func changeCORS(ctx context.Context, bucket CORSConfigurer, change func(CORSConfig) (CORSConfig, bool)) error {
	for attempt := 0; ; attempt++ {
		config, err := bucket.CORS(ctx)
		if err != nil {
			return err
		}
		changed, needed := change(config)
		if !needed {
			return nil
		}
		if attempt == len(corsPauses) {
			return ErrUndone
		}
		if err := bucket.SetCORS(ctx, changed); err != nil {
			return err
		}
		select {
		case <-time.After(corsPauses[attempt]):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
