package faultmatrix

import (
	"context"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// bucketOperations concern the configuration of a bucket, as far as a store has it.
func bucketOperations(store blob.Store) []operation {
	var all []operation
	if _, ok := store.(blob.CORSConfigurer); ok {
		all = append(all, corsOperations()...)
	}
	if _, ok := store.(blob.Accelerator); ok {
		all = append(all, accelerations()...)
	}
	return all
}

const listed = "vvp/list/"

func listings() []operation {
	keys := []string{listed + "a", listed + "b", listed + "c"}
	markers := []string{"vvp/artifacts/", "vvp/logs/"}
	exist := func(want ...string) func(w *world) {
		return func(w *world) {
			w.t.Helper()
			got, err := blob.ExistingDirectories(w.t.Context(), w.direct, markers)
			if err != nil || !slices.Equal(got, want) {
				w.t.Errorf("the directories are %q, want %q: %v", got, want, err)
			}
		}
	}
	some := func(w *world, err error) {
		if err == nil {
			return // done says what there is
		}
		if _, err := blob.ExistingDirectories(w.t.Context(), w.direct, markers); err != nil {
			w.t.Error(err)
		}
	}
	return []operation{
		{
			name: "bucket", after: func(*world, error) {}, done: func(*world) {},
			do: func(ctx context.Context, _ *world, store blob.Store) error { return store.Bucket(ctx) },
		},
		{
			name: "list", after: func(*world, error) {}, done: func(*world) {},
			before: func(w *world) {
				for _, key := range keys {
					w.puts(key, oldBytes(smallSize))
				}
			},
			do: func(ctx context.Context, w *world, store blob.Store) error {
				var got []string
				for query := (blob.Query{Prefix: listed, Max: 2}); ; {
					page, err := store.List(ctx, query)
					if err != nil {
						return err
					}
					for _, info := range page.Infos {
						got = append(got, info.Key)
					}
					if query.Token = page.Next; page.Next == "" {
						break
					}
				}
				if !slices.Equal(got, keys) {
					w.t.Errorf("it lists %q, and there are %q", got, keys)
				}
				return nil
			},
		},
		{
			name: "make directories", after: some, done: exist(markers...),
			do: func(ctx context.Context, _ *world, store blob.Store) error {
				return blob.MakeDirectories(ctx, store, markers)
			},
		},
		{
			name: "remove directories",
			before: func(w *world) {
				if err := blob.MakeDirectories(w.t.Context(), w.direct, markers); err != nil {
					w.t.Fatal(err)
				}
				w.puts(markers[0]+"data", oldBytes(smallSize))
			},
			do: func(ctx context.Context, w *world, store blob.Store) error {
				kept, err := blob.RemoveDirectories(ctx, store, markers)
				if err == nil && !slices.Equal(kept, markers[:1]) {
					w.t.Errorf("kept %q", kept)
				}
				return err
			},
			after: func(w *world, err error) {
				some(w, err)
				w.holds(markers[0]+"data", oldBytes(smallSize))
			},
			done: exist(markers[0]),
		},
	}
}

func rule(id, origin string) blob.CORSRule {
	return blob.CORSRule{ID: id, AllowedOrigins: []string{origin}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"*"}}
}

const (
	foreignOrigin = "https://foreign.example"
	ourOrigin     = "https://ours.example"
)

func (w *world) rules() blob.CORSConfigurer {
	return w.direct.(blob.CORSConfigurer)
}

func (w *world) setRules(rules ...blob.CORSRule) {
	w.t.Helper()
	if err := w.rules().SetCORS(w.t.Context(), blob.CORSConfig{Rules: rules}); err != nil {
		w.t.Fatal(err)
	}
}

// hasRules checks the origins of all rules: they are one of the lists.
func (w *world) hasRules(allowed ...[]string) {
	w.t.Helper()
	config, err := w.rules().CORS(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	got := []string{}
	for _, rule := range config.Rules {
		got = append(got, strings.Join(rule.AllowedOrigins, ","))
	}
	if !slices.ContainsFunc(allowed, func(want []string) bool { return slices.Equal(want, got) }) {
		w.t.Errorf("the rules are for %q, and may be %q", got, allowed)
	}
}

func corsOperations() []operation {
	ours := rule(blob.CORSIDPrefix+"1", ourOrigin)
	without, with := []string{foreignOrigin}, []string{foreignOrigin, ourOrigin}
	either := func(before, after []string) func(w *world, err error) {
		return func(w *world, err error) {
			if err == nil {
				w.hasRules(after)
				return
			}
			w.hasRules(before, after)
		}
	}
	return []operation{
		{
			name: "read CORS", after: func(w *world, _ error) { w.hasRules(without) }, done: func(w *world) { w.hasRules(without) },
			before: func(w *world) { w.setRules(rule("", foreignOrigin)) },
			do: func(ctx context.Context, w *world, store blob.Store) error {
				config, err := store.(blob.CORSConfigurer).CORS(ctx)
				if err == nil && len(config.Rules) != 1 {
					w.t.Errorf("it reads %+v", config)
				}
				return err
			},
		},
		{
			name: "read CORS where there is none", after: func(w *world, _ error) { w.hasRules([]string{}) }, done: func(w *world) { w.hasRules([]string{}) },
			do: func(ctx context.Context, w *world, store blob.Store) error {
				config, err := store.(blob.CORSConfigurer).CORS(ctx)
				if err == nil && len(config.Rules) != 0 {
					w.t.Errorf("it reads %+v", config)
				}
				return err
			},
		},
		{
			name: "add a CORS rule", waits: true, after: either(without, with), done: func(w *world) { w.hasRules(with) },
			before: func(w *world) { w.setRules(rule("", foreignOrigin)) },
			do: func(ctx context.Context, _ *world, store blob.Store) error {
				_, err := blob.EnsureCORSRule(ctx, store.(blob.CORSConfigurer), ours, nil)
				return err
			},
		},
		{
			name: "remove a CORS rule", waits: true, after: either(with, without), done: func(w *world) { w.hasRules(without) },
			before: func(w *world) { w.setRules(rule("", foreignOrigin), ours) },
			do: func(ctx context.Context, _ *world, store blob.Store) error {
				return blob.RemoveCORSRule(ctx, store.(blob.CORSConfigurer), ours.ID, &ours)
			},
		},
		{
			name: "remove the last CORS rule", waits: true, after: either([]string{ourOrigin}, []string{}), done: func(w *world) { w.hasRules([]string{}) },
			before: func(w *world) { w.setRules(ours) },
			do: func(ctx context.Context, _ *world, store blob.Store) error {
				return blob.RemoveCORSRule(ctx, store.(blob.CORSConfigurer), ours.ID, &ours)
			},
		},
	}
}

// switches is where the acceleration is switched, which its own endpoint refuses.
func (w *world) switches() blob.Accelerator {
	return w.b.openAt(w.t, w.b.at(operation{accelerates: true}), w.bucket, wire.DefaultLimits()).(blob.Accelerator)
}

func accelerations() []operation {
	is := func(w *world, want bool) {
		w.t.Helper()
		if on, err := w.switches().Acceleration(w.t.Context()); err != nil || on != want {
			w.t.Errorf("the acceleration is %t, %v; want %t", on, err, want)
		}
	}
	isOn := func(w *world) { is(w, true) }
	switchedOn := func(w *world) {
		if err := w.switches().SetAcceleration(w.t.Context(), true); err != nil {
			w.t.Fatal(err)
		}
	}
	switching := func(on bool) func(ctx context.Context, _ *world, store blob.Store) error {
		return func(ctx context.Context, _ *world, store blob.Store) error {
			return store.(blob.Accelerator).SetAcceleration(ctx, on)
		}
	}
	ifDone := func(on bool) func(w *world, err error) {
		return func(w *world, err error) {
			if err == nil {
				is(w, on)
			}
		}
	}
	return []operation{
		{
			name: "read the acceleration", accelerates: true, before: switchedOn, after: func(w *world, _ error) { isOn(w) }, done: isOn,
			do: func(ctx context.Context, w *world, store blob.Store) error {
				enabled, err := store.(blob.Accelerator).Acceleration(ctx)
				if err == nil && !enabled {
					w.t.Error("it reads as off, and is on")
				}
				return err
			},
		},
		{name: "switch the acceleration on", accelerates: true, do: switching(true), after: ifDone(true), done: isOn},
		{
			name: "switch the acceleration off", accelerates: true, before: switchedOn, do: switching(false),
			after: ifDone(false), done: func(w *world) { is(w, false) },
		},
		{
			name: "try the acceleration", fast: true, before: switchedOn, after: func(w *world, _ error) { isOn(w) }, done: isOn,
			do: func(ctx context.Context, _ *world, store blob.Store) error {
				return store.(blob.Accelerator).TryAcceleration(ctx)
			},
		},
	}
}
