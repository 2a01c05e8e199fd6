package faults_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

const (
	artifact     = "flink_artifact"
	storage      = "flink_workspace_storage"
	acceleration = "flink_transfer_acceleration"
)

const (
	jobKey    = "vvp/artifacts/namespaces/default/job.jar"
	sourceKey = "vvp/builds/job.jar"
	firstJob  = "the first job"
	secondJob = "the second"

	foreignOrigin = "https://foreign.example"
	firstOrigin   = "https://first.example"
	secondOrigin  = "https://second.example"
)

// largeJob is sent in two parts.
var largeJob = sync.OnceValue(func() string { return strings.Repeat("0123456789abcde\n", (8<<20+1024)/16) })

// world is a bucket in which an operation is done.
type world struct {
	t *testing.T
	bucket
	server string
	large  string // path of a file with largeJob
	seen   state  // of what exists before, where the operation does not have it
}

func newWorld(t *testing.T, s store, large string) *world {
	t.Helper()
	return &world{t: t, bucket: s.newBucket(t), server: s.server, large: large}
}

// uri is where an object of the workspace is.
func (w *world) uri(key string) string { return w.baseURI + strings.TrimPrefix(key, "vvp") }

// owner is the token of whoever wrote the object last.
func (w *world) owner() string {
	w.t.Helper()
	info, err := w.rules.(blob.Store).Head(w.t.Context(), jobKey)
	if err != nil {
		w.t.Fatal(err)
	}
	return info.Owner()
}

func (w *world) settings(endpoint string) attributes { return w.bucket.settings(endpoint) }

// given applies a configuration without a fault.
func (w *world) given(kind string, prior state, config attributes) state {
	w.t.Helper()
	s, told := run(w.t.Context(), w.t, w.settings(w.server), kind, prior, config)
	if len(told) > 0 {
		w.t.Fatal(told)
	}
	return s
}

// operation is a run of Terraform, or a part of one.
type operation struct {
	name   string
	kind   string
	before func(w *world) state
	config func(w *world) attributes // nil: it is destroyed
	do     func(ctx context.Context, w *world, settings attributes, prior state) (state, failures)
	after  func(w *world, failed bool) // what may be there then
	done   func(w *world)              // what must be there after the next run
	reads  bool                        // nothing is written

	garbled string // what it calls garbled bytes, which it takes for another object's; "": nothing
}

func content(text string, more attributes) attributes {
	config := attributes{"namespace": "default", "filename": "job.jar", "content": text}
	for name, value := range more {
		config[name] = value
	}
	return config
}

func workspace(origin string, namespaces ...string) attributes {
	config := attributes{"directories": []string{"artifacts"}, "namespaces": namespaces}
	if origin != "" {
		config["cors_rule"] = attributes{"allowed_origins": []string{origin}}
	}
	return config
}

func is(config attributes) func(*world) attributes { return func(*world) attributes { return config } }

func nothing(*world) state { return state{} }

// becomes checks the object: the old or the new one after a failure, the new one after a success.
func becomes(before, after string) func(w *world, failed bool) {
	return func(w *world, failed bool) {
		w.t.Helper()
		allowed := []string{after}
		if failed {
			allowed = append(allowed, before)
		}
		w.holds(w.t, jobKey, allowed...)
	}
}

func allowed(before, after []string) func(w *world, failed bool) {
	return func(w *world, failed bool) {
		w.t.Helper()
		if failed {
			w.hasOrigins(w.t, before, after)
			return
		}
		w.hasOrigins(w.t, after)
	}
}

func finally(after func(w *world, failed bool)) func(w *world) {
	return func(w *world) { after(w, false) }
}

func operations() []operation {
	fromFile := func(w *world) attributes {
		return attributes{"namespace": "default", "filename": "job.jar", "source": w.large}
	}
	firstIsThere := func(w *world) state { return w.given(artifact, state{}, content(firstJob, nil)) }
	foreignFirst := func(w *world) state { w.addRule(w.t, foreignOrigin); return state{} }
	theirsAndOurs := []string{foreignOrigin, firstOrigin}
	storageIsThere := func(w *world) state {
		w.addRule(w.t, foreignOrigin)
		return w.given(storage, state{}, workspace(firstOrigin, "a", "b"))
	}
	all := []operation{
		{name: "create", kind: artifact, before: nothing, config: is(content(firstJob, nil)), after: becomes("", firstJob)},
		{name: "create by parts", kind: artifact, before: nothing, config: fromFile, after: becomes("", largeJob())},
		{
			name: "create from an object", kind: artifact, after: becomes("", firstJob),
			before: func(w *world) state { w.plant(w.t, sourceKey, []byte(firstJob)); return state{} },
			config: func(w *world) attributes {
				return attributes{"namespace": "default", "filename": "job.jar", "source_url": w.uri(sourceKey)}
			},
		},
		{
			name: "take over", kind: artifact, garbled: "Object already exists", config: is(content(firstJob, nil)), after: becomes(firstJob, firstJob),
			before: func(w *world) state { firstIsThere(w); return state{} }, // an earlier run wrote it, and its state is lost
			do: func(ctx context.Context, w *world, settings attributes, prior state) (state, failures) {
				theirs := w.owner()
				after, told := run(ctx, w.t, settings, artifact, prior, content(firstJob, nil))
				if ours := w.owner(); len(told) == 0 && !prior.there() && (ours == "" || ours == theirs) {
					w.t.Errorf("it belongs to %q, and did to %q", ours, theirs)
				}
				return after, told
			},
		},
		{name: "update the bytes", kind: artifact, before: firstIsThere, config: is(content(secondJob, nil)), after: becomes(firstJob, secondJob)},
		{
			name: "update the metadata", kind: artifact, before: firstIsThere, after: becomes(firstJob, firstJob),
			config: is(content(firstJob, attributes{"metadata": attributes{"team": "payments"}})),
		},
		{name: "delete", kind: artifact, before: firstIsThere, after: becomes(firstJob, "")},
		{
			name: "refresh", kind: artifact, before: firstIsThere, config: is(content(firstJob, nil)), after: becomes(firstJob, firstJob), reads: true,
			do: refreshing(artifact),
		},
		{
			name: "refresh of other bytes", kind: artifact, config: is(content(firstJob, nil)), after: becomes(secondJob, secondJob), done: finally(becomes("", secondJob)), reads: true,
			before: func(w *world) state {
				s := firstIsThere(w)
				w.plant(w.t, jobKey, []byte(secondJob))
				return s
			},
			do: refreshing(artifact),
		},
		{
			name: "import", kind: artifact, config: is(content(firstJob, nil)), after: becomes(firstJob, firstJob), reads: true,
			before: func(w *world) state {
				w.plant(w.t, jobKey, []byte(firstJob))
				return state{}
			},
			do: func(ctx context.Context, w *world, settings attributes, _ state) (state, failures) {
				return start(w.t, settings).imports(ctx, artifact, w.uri(jobKey))
			},
		},
		{
			name: "list", kind: artifact, before: firstIsThere, config: is(content(firstJob, nil)), after: becomes(firstJob, firstJob), reads: true,
			do: func(ctx context.Context, w *world, settings attributes, prior state) (state, failures) {
				listed, told := start(w.t, settings).data(ctx, "flink_artifacts", attributes{"namespace": "default", "include_sha256": true})
				if len(told) == 0 && !strings.Contains(listed.value.String(), "job.jar") {
					w.t.Errorf("it lists %s", listed.value)
				}
				return prior, told
			},
		},
		{
			name: "create a workspace", kind: storage, before: foreignFirst, config: is(workspace(firstOrigin, "a")),
			after: allowed([]string{foreignOrigin}, []string{foreignOrigin, firstOrigin}),
		},
		{
			name: "update a workspace", kind: storage, before: storageIsThere, config: is(workspace(secondOrigin, "b", "c")),
			after: allowed([]string{foreignOrigin, firstOrigin}, []string{foreignOrigin, secondOrigin}),
		},
		{
			name: "delete a workspace", kind: storage, before: storageIsThere,
			after: allowed([]string{foreignOrigin, firstOrigin}, []string{foreignOrigin}),
		},
		{
			name: "refresh a workspace", kind: storage, before: storageIsThere, config: is(workspace(firstOrigin, "a", "b")), reads: true,
			after: allowed(theirsAndOurs, theirsAndOurs), do: refreshing(storage),
		},
		{
			name: "import a workspace", kind: storage, config: is(workspace(firstOrigin, "a", "b")), reads: true,
			before: func(w *world) state { w.seen = storageIsThere(w); return state{} }, after: allowed(theirsAndOurs, theirsAndOurs),
			do: func(ctx context.Context, w *world, settings attributes, _ state) (state, failures) {
				imported, told := start(w.t, settings).imports(ctx, storage, w.baseURI)
				if len(told) == 0 && !imported.sameAs(w.seen, "directories", "namespaces") {
					w.t.Errorf("it imports %s, and there is %s", imported.value, w.seen.value)
				}
				return imported, told
			},
		},
		{
			name: "refresh the acceleration", kind: acceleration, config: is(attributes{}), reads: true,
			before: func(w *world) state { return w.given(acceleration, state{}, attributes{}) },
			after:  func(w *world, _ bool) { w.accelerated(w.t, true) }, do: refreshing(acceleration),
		},
		{
			name: "switch the acceleration on", kind: acceleration, before: nothing, config: is(attributes{}),
			after: func(w *world, failed bool) {
				if !failed {
					w.accelerated(w.t, true)
				}
			},
		},
		{
			name: "switch the acceleration back", kind: acceleration,
			before: func(w *world) state { return w.given(acceleration, state{}, attributes{}) },
			after: func(w *world, failed bool) {
				if !failed {
					w.accelerated(w.t, false)
				}
			},
		},
	}
	for i := range all {
		if op := &all[i]; op.done == nil {
			op.done = finally(op.after)
		}
		if op := &all[i]; op.do == nil {
			op.do = func(ctx context.Context, w *world, settings attributes, prior state) (state, failures) {
				return run(ctx, w.t, settings, op.kind, prior, op.wanted(w))
			}
		}
	}
	return all
}

func (op operation) wanted(w *world) attributes {
	if op.config == nil {
		return nil
	}
	return op.config(w)
}

// refreshing is the reading alone. What exists must never be taken for gone.
func refreshing(kind string) func(ctx context.Context, w *world, settings attributes, prior state) (state, failures) {
	return func(ctx context.Context, w *world, settings attributes, prior state) (state, failures) {
		after, told := start(w.t, settings).refresh(ctx, kind, prior)
		if len(told) == 0 && !after.there() {
			w.t.Error("it takes what is there for gone")
		}
		if len(told) > 0 {
			return prior, told
		}
		return after, nil
	}
}

func largeFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "job.jar")
	if err := os.WriteFile(path, []byte(largeJob()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
