package main

import (
	"context"
	"fmt"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var small = measurement{
	name:  "small",
	title: "many small files: apply, and a plan without changes",
	about: "The silent build of the provider says that it has sent what it has not; all else it does. Terraform alone has as many resources of `terraform_data`. " +
		"A tool copies the directory; its plan without changes is a synchronizing of what is there.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		count, size := pick(l, 200, 40), int64(256<<10)
		directory, err := l.manyFiles(ctx, count, size)
		if err != nil {
			return err
		}
		o := many(directory, count, size)
		ours, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		silent, err := silentRoot(l, o)
		if err != nil {
			return err
		}
		data, err := dataRoot(l, o)
		if err != nil {
			return err
		}
		host := l.store.host
		applies := []contestant{
			applying(nameFlink, ours, host, true).unseen(ours), applying(nameSilent, silent, host, false).unseen(silent),
			applying(nameData, data, host, true),
		}
		peers, roots, err := l.peers(o, host, true)
		if err != nil {
			return err
		}
		applies = append(applies, peers...)
		plans := []contestant{planning(nameFlink, ours, host), planning(nameData, data, host)}
		for _, peer := range peers {
			plans = append(plans, planning(peer.name, roots[peer.name], host))
		}
		for _, t := range l.tools {
			applies = append(applies, copying(l, t, count, int64(count)*size, true, func(prefix string) []string {
				return t.copyTree(host, directory, prefix)
			}))
			plans = append(plans, contestant{name: t.name, run: func(ctx context.Context) (result.Sample, error) {
				return t.run(ctx, l, host, t.synchronize(host, directory, "tool-"+t.name))
			}})
		}
		title := fmt.Sprintf("%d files of 256 KiB", count)
		apply := &result.Case{Key: "apply", Title: "Apply or copy " + title, Bytes: int64(count) * size}
		if err := l.turns(ctx, m, apply, l.times(5, 3), true, applies); err != nil {
			return err
		}
		plan := &result.Case{Key: "plan", Title: "Plan without changes of " + title, Bytes: int64(count) * size}
		return l.turns(ctx, m, plan, l.times(5, 3), true, plans)
	},
}
