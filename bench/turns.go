package main

import (
	"context"
	"fmt"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// contestant is one of those that do the same thing in turns.
type contestant struct {
	name    string
	prepare func(context.Context) error // before each run, untimed
	run     func(context.Context) (result.Sample, error)
	check   func() error // after each run: did it do it?
	after   func() error // makes room for the next one
}

// turns lets all contestants run one after another, round by round. The first round warms the machine up and does not count. Who
// fails there is left out by name; who fails later ends the measurement.
func (l *lab) turns(ctx context.Context, m *result.Measurement, c *result.Case, rounds int, warm bool, all []contestant) error {
	m.Cases = append(m.Cases, c)
	taken := map[string]*result.Contestant{}
	first := 1
	if warm {
		first = 0
	}
	for round := first; round <= rounds; round++ {
		var staying []contestant
		for _, who := range all {
			sample, err := who.once(ctx)
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err != nil && round == first && isPeer(who.name) {
				l.say("  %s: %s fails, and is left out: %v", c.Title, who.name, err)
				m.Notes = append(m.Notes, fmt.Sprintf("%s: %s failed, and has no row.", c.Title, who.name))
				continue
			}
			if err != nil {
				return fmt.Errorf("%s: %s: %w", c.Title, who.name, err)
			}
			staying = append(staying, who)
			if round == 0 {
				continue
			}
			if taken[who.name] == nil {
				taken[who.name] = &result.Contestant{Name: who.name}
				c.Contestants = append(c.Contestants, taken[who.name])
			}
			taken[who.name].Samples = append(taken[who.name].Samples, sample)
			l.say("  %s, round %d: %-22s %7.3f s  %5.0f MiB", c.Title, round, who.name, sample.Seconds, float64(sample.PeakKiB)/1024)
		}
		all = staying
	}
	return nil
}

func (c contestant) once(ctx context.Context) (result.Sample, error) {
	if c.prepare != nil {
		if err := c.prepare(ctx); err != nil {
			return result.Sample{}, err
		}
	}
	sample, err := c.run(ctx)
	if err == nil && c.check != nil {
		err = c.check()
	}
	if c.after != nil {
		if failed := c.after(); err == nil {
			err = failed
		}
	}
	return sample, err
}

// The names under which contestants stand in the results.
const (
	nameFlink     = "flink"
	nameCold      = "flink, no digest known"
	nameWarm      = "flink, digest known"
	nameSilent    = "flink, sending nothing"
	nameData      = "Terraform alone"
	nameMinio     = "minio provider"
	nameAWS       = "aws provider"
	nameBare      = "bare client"
	nameEmpty     = "empty provider"
	nameNoDelay   = "flink, no delay"
	nameDelay     = "flink, 50 ms each way"
	nameMinioNear = "minio provider, no delay"
	nameMinioFar  = "minio provider, 50 ms each way"
)

// isPeer says whether the others can be measured without this one.
func isPeer(name string) bool {
	switch name {
	case nameFlink, nameCold, nameWarm, nameSilent, nameData, nameBare, nameEmpty, nameNoDelay, nameDelay:
		return false
	}
	return true
}

// applying is an apply of a root from nothing. keep leaves what it made in the store.
func applying(name string, r *root, host string, keep bool) contestant {
	c := contestant{
		name:    name,
		prepare: func(context.Context) error { return r.forget() },
		run:     func(ctx context.Context) (result.Sample, error) { return r.apply(ctx, host) },
		check:   r.check,
	}
	if !keep {
		c.after = r.forget
	}
	return c
}

// unseen lets each run be the first that sees the files.
func (c contestant) unseen(r *root) contestant {
	prepare := c.prepare
	c.prepare = func(ctx context.Context) error {
		if err := r.forgetDigests(); err != nil || prepare == nil {
			return err
		}
		return prepare(ctx)
	}
	return c
}

// planning is a plan that finds nothing to do.
func planning(name string, r *root, host string) contestant {
	return contestant{name: name, run: func(ctx context.Context) (result.Sample, error) { return r.plan(ctx, host) }}
}

// copying is a tool that copies a directory of files, or one file.
func copying(l *lab, t tool, count int, size int64, keep bool, args func(prefix string) []string) contestant {
	prefix := "tool-" + t.name
	c := contestant{
		name:    t.name,
		prepare: func(context.Context) error { return l.store.clear(prefix) },
		run: func(ctx context.Context) (result.Sample, error) {
			return t.run(ctx, l, l.store.host, args(prefix))
		},
		check: func() error { return l.store.holds(prefix, count, size) },
	}
	if !keep {
		c.after = func() error { return l.store.clear(prefix) }
	}
	return c
}

// peers are the other providers that are here, with the same objects.
func (l *lab) peers(o objects, host string, keep bool) ([]contestant, map[string]*root, error) {
	roots := map[string]*root{}
	var all []contestant
	if l.hasPlugin(pluginMinio) {
		r, err := minioRoot(l, o, false)
		if err != nil {
			return nil, nil, err
		}
		roots[nameMinio] = r
		all = append(all, applying(nameMinio, r, host, keep))
	}
	if l.hasPlugin(pluginAWS) {
		r, err := awsRoot(l, o)
		if err != nil {
			return nil, nil, err
		}
		roots[nameAWS] = r
		all = append(all, applying(nameAWS, r, host, keep))
	}
	return all, roots, nil
}
