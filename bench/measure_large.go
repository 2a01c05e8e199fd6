package main

import (
	"context"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var large = measurement{
	name:  "large",
	title: "one large file",
	about: "From a file in memory to the store: `terraform apply` from nothing, or a copy by a tool with its own defaults. With no digest known the provider sees the file for the first time; " +
		"with it known a plan came before. The minio provider hashes nothing; the bare client sends parts of 16 MiB, four at a time, and does nothing else.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		size := pick[int64](l, 1<<30, 128<<20)
		file, err := l.file(ctx, size)
		if err != nil {
			return err
		}
		o, host := single(file, size), l.store.host
		cold, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		all := []contestant{applying(nameCold, cold, host, false).unseen(cold)}
		if l.remembers() {
			warm, err := flinkRoot(l, o)
			if err != nil {
				return err
			}
			// The round that does not count makes the digest known.
			all = append(all, applying(nameWarm, warm, host, false))
		} else {
			m.Notes = append(m.Notes, "This provider remembers no digest: there is no row with the digest known.")
		}
		for _, t := range l.tools {
			all = append(all, copying(l, t, 1, size, false, func(prefix string) []string { return t.copyFile(host, file, prefix+"/file") }))
		}
		peers, _, err := l.peers(o, host, false)
		if err != nil {
			return err
		}
		all = append(append(all, peers...), l.bare(file, size))
		c := &result.Case{Key: "apply", Title: "Apply or copy one file of " + sizeName(size), Bytes: size}
		return l.turns(ctx, m, c, l.times(5, 3), true, all)
	},
}

// bare is the client that only sends.
func (l *lab) bare(file string, size int64) contestant {
	const prefix = "bare"
	return contestant{
		name: nameBare,
		run: func(ctx context.Context) (result.Sample, error) {
			return l.meter(ctx, command{
				name: "bare", directory: l.directory, environment: l.environment(l.path("cache")),
				args: []string{l.path("bin", "bare"), "http://" + l.store.host, bucket, prefix + "/file", file},
			})
		},
		check: func() error { return l.store.holds(prefix, 1, size) },
		after: func() error { return l.store.clear(prefix) },
	}
}
