package main

import (
	"context"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var hashOnce = measurement{
	name:  "hash-once",
	title: "a plan without changes over a large file",
	about: "From the second run on nothing of an unchanged file has to be hashed. Terraform alone has one resource of `terraform_data`. The others are told to hash by their documented means, `filesha256` and `filemd5`, which are Terraform's own functions.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		size := pick[int64](l, 1<<30, 128<<20)
		file, err := l.file(ctx, size)
		if err != nil {
			return err
		}
		o, host := single(file, size), l.store.host
		var all []contestant
		add := func(name string, r *root) error {
			if _, err := r.apply(ctx, host); err != nil {
				return err
			}
			all = append(all, planning(name, r, host))
			return nil
		}
		warm, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		if err := add(nameWarm, warm); err != nil {
			return err
		}
		data, err := dataRoot(l, o)
		if err != nil {
			return err
		}
		if err := add(nameData, data); err != nil {
			return err
		}
		cold, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		if err := add(nameCold, cold); err != nil {
			return err
		}
		all[len(all)-1] = all[len(all)-1].unseen(cold)
		if l.hasPlugin(pluginMinio) {
			r, err := minioRoot(l, o, true)
			if err != nil {
				return err
			}
			if err := add(nameMinio, r); err != nil {
				return err
			}
		}
		if l.hasPlugin(pluginAWS) {
			r, err := awsRoot(l, o)
			if err != nil {
				return err
			}
			if err := add(nameAWS, r); err != nil {
				return err
			}
		}
		c := &result.Case{Key: "plan", Title: "Plan without changes, one file of " + sizeName(size), Bytes: size}
		if !l.remembers() {
			m.Notes = append(m.Notes, "This provider remembers no digest: both of its rows hash the file.")
		}
		return l.turns(ctx, m, c, l.times(7, 3), true, all)
	},
}
