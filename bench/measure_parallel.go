package main

import (
	"context"
	"fmt"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var parallel = measurement{
	name:  "parallel",
	title: "several large files at once",
	about: "From nothing, with no digest known. The goals are of the provider's memory. rclone is left out: it takes a minute for each GiB.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		for _, load := range []struct {
			key   string
			count int
			each  int64
		}{
			{"hundreds", pick(l, 10, 4), pick[int64](l, 100<<20, 32<<20)},
			{"large", pick(l, 4, 2), pick[int64](l, 1<<30, 64<<20)},
		} {
			if err := l.severalAtOnce(ctx, m, load.key, load.count, load.each); err != nil {
				return err
			}
			if err := l.clear(); err != nil {
				return err
			}
		}
		return nil
	},
}

func (l *lab) severalAtOnce(ctx context.Context, m *result.Measurement, key string, count int, each int64) error {
	directory, err := l.manyFiles(ctx, count, each)
	if err != nil {
		return err
	}
	o, host := many(directory, count, each), l.store.host
	ours, err := flinkRoot(l, o)
	if err != nil {
		return err
	}
	all := []contestant{applying(nameFlink, ours, host, false).unseen(ours)}
	peers, _, err := l.peers(o, host, false)
	if err != nil {
		return err
	}
	all = append(all, peers...)
	for _, t := range l.tools {
		if t.name == "rclone" && !l.quick {
			continue // it takes a minute for each GiB, as "large" shows
		}
		all = append(all, copying(l, t, count, o.size, false, func(prefix string) []string { return t.copyTree(host, directory, prefix) }))
	}
	c := &result.Case{Key: key, Title: fmt.Sprintf("Apply or copy %d files of %s at once", count, sizeName(each)), Bytes: o.size}
	return l.turns(ctx, m, c, l.times(3, 2), true, all)
}
