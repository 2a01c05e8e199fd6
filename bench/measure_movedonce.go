package main

import (
	"context"
	"fmt"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/proxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var movedOnce = measurement{
	name:  "moved-once",
	title: "what is there already is not sent",
	about: "Counted by a proxy: the bytes in the bodies of requests and of answers. A create of the file shows what sending it looks like.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		size := pick[int64](l, 256<<20, 32<<20)
		counter, err := proxy.Count(ctx, l.store.host)
		if err != nil {
			return err
		}
		defer counter.Close()
		file, err := l.file(ctx, size)
		if err != nil {
			return err
		}
		o := single(file, size)
		ours, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		copied, err := flinkRoot(l, o)
		if err != nil {
			return err
		}
		hash, err := l.output(ctx, "sha256sum", file)
		if err != nil {
			return err
		}
		err = copied.write(fmt.Sprintf("resource \"flink_artifact\" \"bench\" {\n  namespace      = \"default\"\n"+
			"  source_url     = \"s3://%s/%s/artifacts/namespaces/default/%s\"\n  content_sha256 = %q\n}\n", bucket, ours.name, o.key(), hash[:64]))
		if err != nil {
			return err
		}
		apply := func(ctx context.Context, r *root) (result.Sample, error) { return r.apply(ctx, counter.Host) }
		steps := []struct {
			key, title string
			root       *root
			before     func() error
		}{
			{"create", "Create of a file of " + sizeName(size), ours, nil},
			{"unchanged", "Apply again, nothing changed", ours, nil},
			{"metadata", "Other metadata, the same bytes", ours, func() error {
				return ours.write(flinkBody(o, "  metadata  = { team = \"search\" }\n"))
			}},
			{"copy", "A source in the same store", copied, nil},
			{"adopt", "The state is lost, the object is there", ours, func() error { return remove(l.path("roots", ours.name, "terraform.tfstate")) }},
		}
		for _, step := range steps {
			if step.before != nil {
				if err := step.before(); err != nil {
					return err
				}
			}
			sample, err := counted(counter, func() (result.Sample, error) { return apply(ctx, step.root) })
			if err == nil {
				err = step.root.check()
			}
			if err != nil {
				return fmt.Errorf("%s: %w", step.title, err)
			}
			l.say("  %s: %v, %d bytes sent, %d received", step.title, sample.Requests, sample.Sent, sample.Received)
			m.Cases = append(m.Cases, &result.Case{
				Key: step.key, Title: step.title, Bytes: size,
				Contestants: []*result.Contestant{{Name: nameFlink, Samples: []result.Sample{sample}}},
			})
		}
		return nil
	},
}
