package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/proxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var requests = measurement{
	name:  "requests",
	title: "how many requests it takes",
	about: "Counted by a proxy, each command once: of one object of 64 KiB, and of many of 1 KiB. A plan without changes is what a refresh asks. Update and delete are by themselves, with -refresh=false. A tool's refresh is its synchronizing of what is there.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		counter, err := proxy.Count(ctx, l.store.host)
		if err != nil {
			return err
		}
		defer counter.Close()
		if err := l.smallRequests(ctx, m, counter); err != nil {
			return err
		}
		for _, count := range pick(l, []int{10, 100, 1000}, []int{10, 50}) {
			if err := l.refreshRequests(ctx, m, counter, count); err != nil {
				return err
			}
		}
		return nil
	},
}

// counted adds what passed the proxy to what a run took.
func counted(counter *proxy.Counter, run func() (result.Sample, error)) (result.Sample, error) {
	counter.Reset()
	sample, err := run()
	traffic := counter.Traffic()
	// No time: the proxy is in the way.
	return result.Sample{Plugin: sample.Plugin, Requests: traffic.Requests, Sent: traffic.Sent, Received: traffic.Received}, err
}

// smallRequests counts for one object of 64 KiB, from nothing to nothing.
func (l *lab) smallRequests(ctx context.Context, m *result.Measurement, counter *proxy.Counter) error {
	const size = 64 << 10
	directory := l.path("files", "small")
	roots := []struct {
		name string
		make func(objects) (*root, error)
		has  string
	}{
		{nameFlink, func(o objects) (*root, error) { return flinkRoot(l, o) }, pluginFlink},
		{nameMinio, func(o objects) (*root, error) { return minioRoot(l, o, true) }, pluginMinio},
		{nameAWS, func(o objects) (*root, error) { return awsRoot(l, o) }, pluginAWS},
	}
	cases := map[string]*result.Case{}
	for _, c := range []struct{ key, title string }{
		{"plan-create", "Plan of a create"},
		{"create", "Create"},
		{"refresh", "Plan without changes"},
		{"update", "Update"},
		{"delete", "Delete"},
	} {
		cases[c.key] = &result.Case{Key: c.key, Title: c.title}
		m.Cases = append(m.Cases, cases[c.key])
	}
	add := func(key, name string, run func() (result.Sample, error)) error {
		sample, err := counted(counter, run)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", name, key, err)
		}
		l.say("  %s: %s: %v", name, cases[key].Title, sample.Requests)
		cases[key].Contestants = append(cases[key].Contestants, &result.Contestant{Name: name, Samples: []result.Sample{sample}})
		return nil
	}
	for i, from := range roots {
		if !l.hasPlugin(from.has) {
			continue
		}
		file := filepath.Join(directory, fmt.Sprintf("%d.bin", i))
		if err := l.smallFile(ctx, file, size, 1); err != nil {
			return err
		}
		r, err := from.make(single(file, size))
		if err != nil {
			return err
		}
		err = add("plan-create", from.name, func() (result.Sample, error) {
			return r.terraform(ctx, counter.Host, "plan", "-input=false", "-no-color")
		})
		if err != nil {
			return err
		}
		if err := add("create", from.name, func() (result.Sample, error) { return r.apply(ctx, counter.Host) }); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
		if err := add("refresh", from.name, func() (result.Sample, error) { return r.plan(ctx, counter.Host) }); err != nil {
			return err
		}
		if err := l.smallFile(ctx, file, size, 2); err != nil {
			return err
		}
		if err := add("update", from.name, func() (result.Sample, error) { return r.apply(ctx, counter.Host, "-refresh=false") }); err != nil {
			return err
		}
		if err := add("delete", from.name, func() (result.Sample, error) { return r.destroy(ctx, counter.Host, "-refresh=false") }); err != nil {
			return err
		}
		if err := l.store.holds(r.name, 0, 0); err != nil {
			return err
		}
	}
	for _, t := range l.tools {
		sub := filepath.Join(directory, t.name)
		file := filepath.Join(sub, "0.bin")
		if err := l.smallFile(ctx, file, size, 1); err != nil {
			return err
		}
		prefix := "tool-" + t.name
		for _, step := range []struct {
			key  string
			args []string
		}{
			{"create", t.copyFile(counter.Host, file, prefix+"/0.bin")},
			{"refresh", t.synchronize(counter.Host, sub, prefix)},
			{"delete", t.remove(counter.Host, prefix+"/0.bin")},
		} {
			if err := add(step.key, t.name, func() (result.Sample, error) { return t.run(ctx, l, counter.Host, step.args) }); err != nil {
				return err
			}
		}
		if err := l.store.holds(prefix, 0, 0); err != nil {
			return err
		}
	}
	return nil
}

// refreshRequests counts for a plan of many objects in which nothing changed.
func (l *lab) refreshRequests(ctx context.Context, m *result.Measurement, counter *proxy.Counter, count int) error {
	const size = 1 << 10
	directory, err := l.manyFiles(ctx, count, size)
	if err != nil {
		return err
	}
	o := many(directory, count, size)
	c := &result.Case{Key: fmt.Sprintf("refresh-%d", count), Title: fmt.Sprintf("Plan of %d objects without changes", count), X: float64(count)}
	m.Cases = append(m.Cases, c)
	ours, err := flinkRoot(l, o)
	if err != nil {
		return err
	}
	roots := map[string]*root{nameFlink: ours}
	if count <= 1000 {
		_, theirs, err := l.peers(o, l.store.host, true)
		if err != nil {
			return err
		}
		for name, r := range theirs {
			roots[name] = r
		}
	}
	for _, name := range []string{nameFlink, nameMinio, nameAWS} {
		r := roots[name]
		if r == nil {
			continue
		}
		if _, err := r.apply(ctx, l.store.host); err != nil {
			return err
		}
		if err := r.check(); err != nil {
			return err
		}
		sample, err := counted(counter, func() (result.Sample, error) { return r.plan(ctx, counter.Host) })
		if err != nil {
			return err
		}
		l.say("  %s: %s: %v", name, c.Title, sample.Requests)
		c.Contestants = append(c.Contestants, &result.Contestant{Name: name, Samples: []result.Sample{sample}})
		if err := r.forget(); err != nil {
			return err
		}
	}
	return nil
}
