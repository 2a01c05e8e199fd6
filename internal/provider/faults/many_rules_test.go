package faults_test

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// The stores have no condition for a change of a bucket's CORS rules: all of them are read, and all of them written. What is undone by another client
// who read before and wrote after is found by reading back.

// Two workspaces of one bucket bring their rules in at once, in two processes: the one writes between the other's reading and writing.
func TestTwoProcessesAddRules(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		w := newWorld(t, s, "")
		w.addRule(t, foreignOrigin)
		one, other := faultproxy.Start(t, s.server, ""), faultproxy.Start(t, s.server, "")
		config := func(prefix, origin string) attributes {
			return attributes{"base_uri": w.baseURI + "/" + prefix, "directories": []string{}, "cors_rule": attributes{"allowed_origins": []string{origin}}}
		}
		// However slow this machine is: nobody reads back before both have written.
		var written atomic.Bool
		other.OnRequest(func(r *http.Request) {
			if cors(http.MethodPut)(r) {
				written.Store(true)
			}
			if written.Load() && cors(http.MethodGet)(r) {
				waitFor(t, func() bool { return answered(one, http.MethodPut) })
			}
		})
		var second chan failures
		happened := meanwhile(one, cors(http.MethodPut), func() {
			second = make(chan failures, 1)
			go func() {
				_, told := run(context.WithoutCancel(t.Context()), t, w.settings(other.URL), storage, state{}, config("other", secondOrigin))
				second <- told
			}()
			waitFor(t, func() bool { return answered(other, http.MethodPut) })
		})
		_, told := run(t.Context(), t, w.settings(one.URL), storage, state{}, config("one", firstOrigin))
		if !happened() {
			t.Fatal("nothing came in between")
		}
		if told := append(told, <-second...); len(told) > 0 {
			t.Error(told)
		}
		got := w.origins(t)
		slices.Sort(got)
		if want := []string{firstOrigin, foreignOrigin, secondOrigin}; !slices.Equal(got, want) {
			t.Errorf("the rules are for %q, want %q", got, want)
		}
	})
}

func answered(proxy *faultproxy.Proxy, method string) bool {
	return slices.ContainsFunc(proxy.Requests(), func(r faultproxy.Request) bool {
		return r.Method == method && r.Query.Has("cors") && r.Status != 0
	})
}

// waitFor waits for what another goroutine is about to do.
func waitFor(t *testing.T, happened func() bool) {
	t.Helper()
	for start := time.Now(); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Since(start) > 30*time.Second {
			t.Error("it never happens")
			return
		}
	}
}

const lateOrigin = "https://late.example"

// addedMeanwhile changes the rule of a workspace in each way, while another client adds one in some ways.
// Its rule stays, and ours exists, or does not, as planned.
func addedMeanwhile(t *testing.T, ways map[string]func(t *testing.T, w *world, proxy *faultproxy.Proxy) (happened func() bool)) {
	t.Helper()
	eachStore(t, func(t *testing.T, s store) {
		for name, c := range map[string]struct {
			before bool // a workspace with a rule
			config attributes
			want   []string
		}{
			"added":   {false, workspace(firstOrigin, "a"), []string{firstOrigin, foreignOrigin, lateOrigin}},
			"changed": {true, workspace(secondOrigin, "a"), []string{foreignOrigin, lateOrigin, secondOrigin}},
			"removed": {true, workspace("", "a"), []string{foreignOrigin, lateOrigin}},
			"ended":   {true, nil, []string{foreignOrigin, lateOrigin}},
		} {
			for way, add := range ways {
				t.Run(name+", "+way, func(t *testing.T) {
					t.Parallel()
					w := newWorld(t, s, "")
					w.addRule(t, foreignOrigin)
					var prior state
					if c.before {
						prior = w.given(storage, state{}, workspace(firstOrigin, "a"))
					}
					proxy := faultproxy.Start(t, s.server, "")
					happened := add(t, w, proxy)
					if _, told := run(t.Context(), t, w.settings(proxy.URL), storage, prior, c.config); len(told) > 0 || !happened() {
						t.Fatalf("happened %t, %v", happened(), told)
					}
					got := w.origins(t)
					if slices.Sort(got); !slices.Equal(got, c.want) {
						t.Errorf("the rules are for %q, want %q", got, c.want)
					}
				})
			}
		}
	})
}

// Another client writes rules between our writing and our reading back.
func TestRulesOfOthersWrittenInBetween(t *testing.T) {
	// after adds by a function once our rules are written and are to be read back.
	after := func(proxy *faultproxy.Proxy, add func()) func() bool {
		var written atomic.Bool
		return meanwhile(proxy, func(r *http.Request) bool {
			if r.URL.Query().Has("cors") && r.Method != http.MethodGet {
				written.Store(true)
			}
			return written.Load() && cors(http.MethodGet)(r)
		}, add)
	}
	addedMeanwhile(t, map[string]func(t *testing.T, w *world, proxy *faultproxy.Proxy) func() bool{
		"from a reading after it": func(t *testing.T, w *world, proxy *faultproxy.Proxy) func() bool {
			t.Helper()
			return after(proxy, func() { w.addRule(t, lateOrigin) })
		},
		"from a reading before our writing": func(t *testing.T, w *world, proxy *faultproxy.Proxy) func() bool {
			t.Helper()
			before, err := w.rules.CORS(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return after(proxy, func() {
				rules := append(slices.Clone(before.Rules), foreignRule(lateOrigin))
				if err := w.rules.SetCORS(context.WithoutCancel(t.Context()), blob.CORSConfig{Rules: rules}); err != nil {
					t.Error(err)
				}
			})
		},
	})
}

// A write of the rules fails, and before it is sent again another client writes one, which stays as ours is written anew.
func TestRulesOfOthersWrittenBeforeARepetition(t *testing.T) {
	ways := map[string]func(t *testing.T, w *world, proxy *faultproxy.Proxy) func() bool{}
	for _, fault := range []faultproxy.Fault{faultproxy.Reset, faultproxy.LoseAnswer, faultproxy.Refuse503} {
		ways[fault.String()] = func(t *testing.T, w *world, proxy *faultproxy.Proxy) func() bool {
			t.Helper()
			for _, method := range []string{http.MethodPut, http.MethodDelete} {
				proxy.Inject(faultproxy.Match{Method: method, Query: "cors"}, fault, 1, 1)
			}
			var written atomic.Bool
			return meanwhile(proxy, func(r *http.Request) bool { // the first request after the write, whichever it is
				return r.URL.Query().Has("cors") && written.Swap(written.Load() || r.Method != http.MethodGet)
			}, func() { w.addRule(t, lateOrigin) })
		}
	}
	addedMeanwhile(t, ways)
}

// A rule that was written and cannot be read back is ours all the same: it is removed with the workspace, also where the store keeps no IDs.
func TestARuleThatCannotBeReadBack(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		w := newWorld(t, s, "")
		w.addRule(t, foreignOrigin)
		prior := w.given(storage, state{}, workspace(firstOrigin, "a"))
		change, _, told := planning(t.Context(), t, w.settings(w.server), storage, prior, workspace(secondOrigin, "a"))
		if len(told) > 0 {
			t.Fatal(told)
		}
		proxy := faultproxy.Start(t, s.server, "")
		proxy.Inject(faultproxy.Match{Method: http.MethodGet, Query: "cors"}, faultproxy.Refuse503, 2, 100)
		after, told := applying(t.Context(), t, w.settings(proxy.URL), change)
		if len(told) == 0 {
			t.Fatal("nothing is said of it")
		}
		after = w.given(storage, after, workspace(secondOrigin, "a"))
		w.given(storage, after, nil)
		if got := w.origins(t); !slices.Equal(got, []string{foreignOrigin}) {
			t.Errorf("the rules are for %q", got)
		}
	})
}

// Data that comes into a directory while it is removed stays.
func TestDataThatComesIntoARemovedDirectory(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		w := newWorld(t, s, "")
		proxy := faultproxy.Start(t, s.server, "")
		prior := w.given(storage, state{}, workspace("", "default"))
		happened := meanwhile(proxy, deletes, func() { w.given(artifact, state{}, content(firstJob, nil)) })
		if _, told := run(t.Context(), t, w.settings(proxy.URL), storage, prior, nil); len(told) > 0 || !happened() {
			t.Errorf("happened %t, %v", happened(), told)
		}
		w.holds(t, jobKey, firstJob)
	})
}
