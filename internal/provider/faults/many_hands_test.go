package faults_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// Two processes of the provider share nothing but the store. Each change is fully there or refused.

// meanwhile does something once, just before a request of a kind is sent, which waits for it.
func meanwhile(proxy *faultproxy.Proxy, which func(*http.Request) bool, do func()) (done func() bool) {
	var once sync.Once
	happened := false
	proxy.OnRequest(func(r *http.Request) {
		if which(r) {
			once.Do(func() { do(); happened = true })
		}
	})
	return func() bool { return happened }
}

// publishes: the request after which an object exists.
func publishes(r *http.Request) bool {
	if r.Method == http.MethodPost {
		return r.URL.Query().Has("uploadId")
	}
	return r.Method == http.MethodPut && !r.URL.Query().Has("partNumber")
}

func heads(r *http.Request) bool { return r.Method == http.MethodHead }

func deletes(r *http.Request) bool { return r.Method == http.MethodDelete }

// Both have planned to create the same artifact, and one comes between the other's look and its write.
func TestTwoCreateOneArtifact(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		for name, config := range map[string]attributes{
			"in one request": content(firstJob, nil),
			"by parts":       {"namespace": "default", "filename": "job.jar", "source": largeFile(t)},
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, s, "")
				proxy := faultproxy.Start(t, s.server, "")
				change, _, told := planning(t.Context(), t, w.settings(proxy.URL), artifact, state{}, config)
				if len(told) > 0 {
					t.Fatal(told)
				}
				happened := meanwhile(proxy, publishes, func() { w.given(artifact, state{}, content(secondJob, nil)) })
				_, told = applying(t.Context(), t, w.settings(proxy.URL), change)
				refused(t, told, happened, "Object created by another client")
				w.holds(t, jobKey, secondJob)
				// The next run reports what exists, and leaves it.
				_, told = run(t.Context(), t, w.settings(s.server), artifact, state{}, config)
				refused(t, told, happened, "Object already exists")
				w.holds(t, jobKey, secondJob)
				w.leavesNothing(t)
			})
		}
	})
}

func refused(t *testing.T, told failures, happened func() bool, title string) {
	t.Helper()
	if !happened() {
		t.Error("nothing came in between")
	}
	if len(told) != 1 || told[0].Summary != title {
		t.Errorf("it is not refused as %q: %v", title, told)
	}
}

func (w *world) leavesNothing(t *testing.T) {
	t.Helper()
	if left := w.uploads(t); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

// What another client does to the object between plan and apply, or between the last look and the write, is not undone. OSS knows no condition for
// the latter: there the check is the look itself, and a window remains.
func TestAnObjectThatOthersChange(t *testing.T) {
	const theirs = "another client's bytes"
	large := largeFile(t)
	eachStore(t, func(t *testing.T, s store) {
		moments := map[string]func(*http.Request) bool{"before the look": heads}
		if s.name == "s3" {
			moments["before the write"] = func(r *http.Request) bool { return publishes(r) || deletes(r) }
		}
		for moment, which := range moments {
			for name, op := range map[string]struct {
				config attributes
				title  string // "": it is no failure, and the object stays all the same
			}{
				"other bytes":          {content(secondJob, nil), "The object changed since the plan"},
				"other bytes by parts": {attributes{"namespace": "default", "filename": "job.jar", "source": large}, "The object changed since the plan"},
				"other metadata":       {content(firstJob, attributes{"metadata": attributes{"team": "payments"}}), "The object changed since the plan"},
				"its end":              {nil, "The object changed since the plan"},
			} {
				t.Run(name+", "+moment, func(t *testing.T) {
					w := newWorld(t, s, "")
					proxy := faultproxy.Start(t, s.server, "")
					prior := w.given(artifact, state{}, content(firstJob, nil))
					change, _, told := planning(t.Context(), t, w.settings(proxy.URL), artifact, prior, op.config)
					if len(told) > 0 {
						t.Fatal(told)
					}
					happened := meanwhile(proxy, which, func() { w.plant(t, jobKey, []byte(theirs)) })
					_, told = applying(t.Context(), t, w.settings(proxy.URL), change)
					if name == "its end" && moment == "before the look" {
						// An object that is not the one of the state is left, and that is no failure.
						if len(told) > 0 || !happened() {
							t.Errorf("happened %t, %v", happened(), told)
						}
					} else {
						refused(t, told, happened, op.title)
					}
					w.holds(t, jobKey, theirs)
					w.leavesNothing(t)
				})
			}
		}
	})
}

// Whoever comes first, of two who write at once one is refused, and what the other wrote exists.
func TestTwoWriteOneArtifactAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		for round := range 20 {
			t.Run(fmt.Sprint(round), func(t *testing.T) {
				w := newWorld(t, s, "")
				texts := []string{"written by the one", "written by the other"}
				prior := state{}
				if s.name == "s3" && round%2 == 1 { // an update, for which OSS has no condition
					prior = w.given(artifact, state{}, content(firstJob, nil))
				}
				told := atOnce(t, func(i int) failures {
					change, _, told := planning(t.Context(), t, w.settings(s.server), artifact, prior, content(texts[i], nil))
					if len(told) == 0 {
						_, told = applying(t.Context(), t, w.settings(s.server), change)
					}
					return told
				})
				succeeded := slices.IndexFunc(told, func(f failures) bool { return len(f) == 0 })
				if succeeded < 0 {
					t.Fatalf("neither succeeds: %v", told)
				}
				if other := told[1-succeeded]; len(other) > 0 && !other.titled("Object created by another client", "Object already exists", "The object changed since the plan") {
					t.Errorf("the other one: %v", other)
				} else if len(other) == 0 && prior.there() {
					// One after the other: the second has seen what the first wrote, and planned to change that.
					w.holds(t, jobKey, texts...)
					return
				} else if len(other) == 0 {
					t.Error("both have created it")
				}
				w.holds(t, jobKey, texts[succeeded])
			})
		}
	})
}

// atOnce does two things at once.
func atOnce(t *testing.T, do func(i int) failures) []failures {
	t.Helper()
	told := make([]failures, 2)
	var both sync.WaitGroup
	for i := range told {
		both.Go(func() { told[i] = do(i) })
	}
	both.Wait()
	return told
}

// Two create the same workspace at once: it exists once.
func TestTwoCreateOneWorkspaceAtOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, s store) {
		for round := range 5 {
			t.Run(fmt.Sprint(round), func(t *testing.T) {
				w := newWorld(t, s, "")
				w.addRule(t, foreignOrigin)
				states := make([]state, 2)
				for _, told := range atOnce(t, func(i int) (told failures) {
					states[i], told = run(t.Context(), t, w.settings(s.server), storage, state{}, workspace(firstOrigin, "a", "b"))
					return told
				}) {
					if len(told) > 0 {
						t.Error(told)
					}
				}
				w.hasOrigins(t, []string{foreignOrigin, firstOrigin})
				for _, key := range []string{"vvp/artifacts/", "vvp/artifacts/namespaces/a/", "vvp/artifacts/namespaces/b/"} {
					if _, there := w.read(t, key); !there {
						t.Errorf("%s is not there", key)
					}
				}
				for _, s := range states {
					if change, _, told := planning(t.Context(), t, w.settings(w.server), storage, s, workspace(firstOrigin, "a", "b")); len(told) > 0 || change.changes() {
						t.Errorf("a plan afterwards is not empty: %v", told)
					}
				}
			})
		}
	})
}

func cors(method string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Method == method && r.URL.Query().Has("cors") }
}
