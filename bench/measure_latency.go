package main

import (
	"context"
	"fmt"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/proxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var latency = measurement{
	name:  "latency",
	title: "a plan without changes when the store is far away",
	about: "A proxy lets every byte arrive 50 ms later, in each direction, and a new connection one round trip later still. Without delay the same proxy is in the way.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		near, err := proxy.Delay(ctx, l.store.host, 0)
		if err != nil {
			return err
		}
		defer near.Close()
		far, err := proxy.Delay(ctx, l.store.host, 50*time.Millisecond)
		if err != nil {
			return err
		}
		defer far.Close()
		count, size := pick(l, 1000, 100), int64(1<<10)
		directory, err := l.manyFiles(ctx, count, size)
		if err != nil {
			return err
		}
		o := many(directory, count, size)
		ours, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		if _, err := ours.apply(ctx, l.store.host); err != nil {
			return err
		}
		all := []contestant{planning(nameNoDelay, ours, near.Host), planning(nameDelay, ours, far.Host)}
		if l.hasPlugin(pluginMinio) {
			theirs, err := minioRoot(l, o, false)
			if err != nil {
				return err
			}
			if _, err := theirs.apply(ctx, l.store.host); err != nil {
				m.Notes = append(m.Notes, "The minio provider could not apply, and has no row.")
			} else {
				all = append(all, planning(nameMinioNear, theirs, near.Host), planning(nameMinioFar, theirs, far.Host))
			}
		}
		c := &result.Case{Key: "plan", Title: fmt.Sprintf("Plan of %d objects without changes", count)}
		return l.turns(ctx, m, c, l.times(5, 3), true, all)
	},
}
