package main

import (
	"context"
	"os"

	"github.com/terraform-provider-flink/terraform-provider-flink/bench/internal/result"
)

var startup = measurement{
	name:  "startup",
	title: "what it takes to start the provider, and what is in its file",
	about: "`terraform providers schema -json` starts the provider, asks for its schemas and ends it. The empty provider has none, on the same framework. " +
		"Times are of the bare provider, without the meter; memory is the provider's own, of a run with it.",
	run: func(ctx context.Context, l *lab, m *result.Measurement) error {
		var timed, weighed []contestant
		for _, p := range []struct{ plugin, name string }{
			{pluginFlink, nameFlink}, {pluginEmpty, nameEmpty}, {pluginMinio, nameMinio}, {pluginAWS, nameAWS},
		} {
			if !l.hasPlugin(p.plugin) {
				continue
			}
			r, err := l.root(p.plugin, objects{}, "")
			if err != nil {
				return err
			}
			schema := func(ctx context.Context) (result.Sample, error) {
				return r.terraform(ctx, l.store.host, "providers", "schema", "-json")
			}
			timed = append(timed, contestant{
				name:    p.name,
				prepare: func(context.Context) error { r.metered = false; return nil },
				run:     schema,
			})
			weighed = append(weighed, contestant{
				name:    p.name,
				prepare: func(context.Context) error { r.metered = true; return nil },
				run:     schema,
			})
		}
		schema := &result.Case{Key: "schema", Title: "terraform providers schema -json"}
		if err := l.turns(ctx, m, schema, l.times(21, 7), true, timed); err != nil {
			return err
		}
		memory := &result.Case{Key: "schema-memory", Title: "The same, with the provider's own memory"}
		if err := l.turns(ctx, m, memory, l.times(3, 1), false, weighed); err != nil {
			return err
		}
		return l.contents(ctx, m)
	},
}

// contents says what the provider's file has in it.
func (l *lab) contents(ctx context.Context, m *result.Measurement) error {
	sizes := result.Table{Title: "The provider's file, stripped", Head: []string{"provider", "MiB"}}
	for _, p := range []struct{ plugin, name string }{
		{pluginFlink, nameFlink}, {pluginEmpty, nameEmpty}, {pluginMinio, nameMinio}, {pluginAWS, nameAWS},
	} {
		info, err := os.Stat(l.path("bin", p.plugin, binary(p.plugin)))
		if err != nil {
			continue
		}
		sizes.Rows = append(sizes.Rows, []string{p.name, mebibytes(info.Size())})
	}
	sections, err := sectionsOf(l.path("bin", pluginFlink, binary(pluginFlink)))
	if err != nil {
		return err
	}
	modules, err := l.modulesOf(ctx)
	if err != nil {
		return err
	}
	m.Tables = append(m.Tables, sizes, sections, modules)
	return nil
}
