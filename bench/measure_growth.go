package main

import (
	"context"
	"fmt"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/proxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

// applied is the largest number of resources that is applied at once. Terraform writes its state after each of them, and so takes four times as
// long for twice as many: of 4000 `terraform_data` it took six minutes here, and nobody's provider had a part in it.
const applied = 1000

var growthCount = measurement{
	name:  "growth-count",
	title: "how it grows with the number of artifacts",
	about: "Files of 1 KiB, beside as many resources of `terraform_data`, since Terraform itself grows too: it writes its state after each resource of an apply, which is quadratic. " +
		"So more than 1000 are applied in parts, untimed, and the parts' states put together for the plan. Requests are those of a plan without changes.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		counter, err := proxy.Count(ctx, l.store.host)
		if err != nil {
			return err
		}
		defer counter.Close()
		for _, count := range pick(l, []int{10, 100, 1000, 10000}, []int{10, 100}) {
			rounds := l.times(5, 2)
			if count > applied {
				rounds = 1 // of minutes
			}
			if err := l.countedGrowth(ctx, m, counter, count, rounds); err != nil {
				return err
			}
			if err := l.clear(); err != nil {
				return err
			}
		}
		return nil
	},
}

func (l *lab) countedGrowth(ctx context.Context, m *result.Measurement, counter *proxy.Counter, count, rounds int) error {
	const size = 1 << 10
	directory, err := l.manyFiles(ctx, count, size)
	if err != nil {
		return err
	}
	o, host := many(directory, count, size), l.store.host
	ours, err := flinkRoot(l, o)
	if err != nil {
		return err
	}
	data, err := dataRoot(l, o)
	if err != nil {
		return err
	}
	if count > applied {
		for _, r := range []*root{ours, data} {
			l.say("  %d of %s, in parts", count, r.name)
			if err := r.applyInParts(ctx, host, count); err != nil {
				return err
			}
		}
	} else {
		apply := &result.Case{Key: fmt.Sprintf("apply-%d", count), Title: fmt.Sprintf("Apply of %d artifacts", count), X: float64(count)}
		err = l.turns(ctx, m, apply, rounds, true, []contestant{applying(nameFlink, ours, host, true).unseen(ours), applying(nameData, data, host, true)})
		if err != nil {
			return err
		}
	}
	plan := &result.Case{Key: fmt.Sprintf("plan-%d", count), Title: fmt.Sprintf("Plan of %d artifacts without changes", count), X: float64(count)}
	// Timed through the proxy: what it passes on is a handful of requests.
	counting := contestant{name: nameFlink, run: func(ctx context.Context) (took result.Sample, err error) {
		seen, err := counted(counter, func() (result.Sample, error) {
			took, err = ours.plan(ctx, counter.Host)
			return took, err
		})
		took.Requests, took.Sent, took.Received = seen.Requests, seen.Sent, seen.Received
		return took, err
	}}
	if err := l.turns(ctx, m, plan, rounds, count <= applied, []contestant{counting, planning(nameData, data, host)}); err != nil {
		return err
	}
	samples := plan.Of(nameFlink)
	sample := samples[len(samples)-1]
	l.say("  %s: %v", plan.Title, sample.Requests)
	m.Cases = append(m.Cases, &result.Case{
		Key: fmt.Sprintf("requests-%d", count), Title: "Requests of a " + plan.Title, X: float64(count),
		Contestants: []*result.Contestant{{Name: nameFlink, Samples: []result.Sample{sample}}},
	})
	return nil
}

var growthSize = measurement{
	name:  "growth-size",
	title: "how it grows with the size of the file",
	about: "`terraform apply` of one file from nothing, with no digest known, beside mc.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		for _, size := range pick(l, []int64{1 << 20, 16 << 20, 256 << 20, 1 << 30, 4 << 30, 8 << 30}, []int64{1 << 20, 16 << 20, 64 << 20}) {
			rounds := l.times(5, 2)
			if size > 1<<30 {
				rounds = min(rounds, 2)
			}
			if err := l.sizedGrowth(ctx, m, size, rounds); err != nil {
				return err
			}
			if err := l.clear(); err != nil {
				return err
			}
		}
		return nil
	},
}

func (l *lab) sizedGrowth(ctx context.Context, m *result.Measurement, size int64, rounds int) error {
	file, err := l.file(ctx, size)
	if err != nil {
		m.Notes = append(m.Notes, fmt.Sprintf("%s was left out: %v.", sizeName(size), err))
		l.say("  %s is left out: %v", sizeName(size), err)
		return ctx.Err()
	}
	if l.onDisk(file) {
		m.Notes = append(m.Notes, fmt.Sprintf("The file of %s lay on the disk, as memory has to hold the store's two copies.", sizeName(size)))
	}
	host := l.store.host
	ours, err := flinkRoot(l, single(file, size))
	if err != nil {
		return err
	}
	all := []contestant{applying(nameFlink, ours, host, false).unseen(ours)}
	if mc, ok := l.tool("mc"); ok {
		all = append(all, copying(l, mc, 1, size, false, func(prefix string) []string { return mc.copyFile(host, file, prefix+"/file") }))
	}
	c := &result.Case{Key: fmt.Sprintf("apply-%d", size), Title: "Apply of one file of " + sizeName(size), X: float64(size), Bytes: size}
	return l.turns(ctx, m, c, rounds, size <= 1<<30, all)
}
