package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// published is where a publisher puts files: a server that tests can break.
type published struct{ *faultserver.Server }

const publishedPath = "/releases/job.jar"

// publish starts one with a first release, and returns it, and a place with a provider that trusts it.
func publish(t *testing.T, p place) (published, place) {
	t.Helper()
	s := published{faultserver.Start(t)}
	s.release(firstJob, "1")
	return s, p.fetching(s)
}

// release puts a version of the job there, with an ETag.
func (s published) release(data, version string) {
	s.Put(publishedPath, faultserver.File{Data: []byte(data), ETag: `"` + version + `"`})
}

// fetching is the place with a provider that trusts the publisher's CA.
func (p place) fetching(s published, more ...string) place {
	p.block += fmt.Sprintf("http = {\n ca_bundle = %q\n %s\n}\n", s.CAFile, strings.Join(more, "\n "))
	return p
}

func fromURL(url string) string { return fmt.Sprintf("source_url = %q", url) }

func pin(text string) string { return fmt.Sprintf("content_sha256 = %q", sha(text)) }

// received counts the requests since the last time by their method.
func (s published) received(t *testing.T, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, request := range s.Requests() {
		got[request.Method]++
	}
	s.Forget()
	for _, method := range []string{http.MethodHead, http.MethodGet} {
		if got[method] != want[method] {
			t.Errorf("the publisher was sent %d %s, want %d", got[method], method, want[method])
		}
	}
}

// Pinned: what is published is downloaded once, and nothing is requested before or after.
func TestSourceURLPinned(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		// The name comes from the URL alone.
		s.Inject(faultserver.Match{}, 1, faultserver.Always, faultserver.Fault{}.With("Content-Disposition", `attachment; filename="other.jar"`))
		config := func(path string) string {
			return p.provider() + artifact("job", fromURL(s.URL+path), pin(firstJob))
		}
		applies(t,
			step(config(publishedPath), pending),
			step(
				config(publishedPath), prepare(func() { s.received(t, nil) }), plansValue(job, "content_sha256", exactly(sha(firstJob))),
				plansValue(job, "uri", exactly(p.baseURI+"/"+jobPath)), p.holding(t, jobPath, firstJob), then(func() { s.received(t, map[string]int{"GET": 1}) }),
			),
			unchanged(config(publishedPath)),
			// Another URL, behind which nothing exists, for the same bytes: nothing is requested.
			step(config("/moved/job.jar"), updates(job), plansValue(job, "size", sizeOf(firstJob)), p.holding(t, jobPath, firstJob), then(func() { s.received(t, nil) })),
			// Other bytes: both hashes are shown, and what was there stays.
			step(
				p.provider()+artifact("job", fromURL(s.URL+publishedPath), pin("third build")), prepare(func() { s.release(otherJob, "2") }),
				words("The source differs from the plan", sha(otherJob), sha("third build")),
			),
			step(p.provider()+artifact("job", fromURL(s.URL+publishedPath), pin(otherJob)), prepare(func() { p.holds(t, jobPath, firstJob); s.Forget() }),
				p.holding(t, jobPath, otherJob), then(func() { s.received(t, map[string]int{"GET": 1}) })),
		)
		p.holds(t, jobPath, "")
	})
}

// Not pinned: one HEAD a plan, and the bytes come again only when the publisher says that they are others.
func TestSourceURLNotPinned(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		config := p.provider() + artifact("job", fromURL(s.URL+publishedPath))
		unknownHash := plansUnknown(job, "content_sha256")
		applies(t,
			step(config, unknownHash, plansValue(job, "uri", exactly(p.baseURI+"/"+jobPath)), has("content_sha256", exactly(sha(firstJob))), then(func() {
				p.holds(t, jobPath, firstJob)
				s.received(t, map[string]int{"HEAD": 2, "GET": 1}) // the plan, and that of the apply
			})),
			step(config, prepare(s.Forget), planOnly),
			step(config, prepare(func() {
				for _, request := range s.Requests() {
					if request.Method != http.MethodHead {
						t.Errorf("a plan without changes sent %s", request.Method)
					}
				}
				s.release(otherJob, "2")
			}), updates(job), unknownHash, has("content_sha256", exactly(sha(otherJob))), p.holding(t, jobPath, otherJob)),
			unchanged(config),
			// Published again with the same bytes: they come, and nothing is written.
			step(config, prepare(func() { s.release(otherJob, "3") }), updates(job), unknownHash, p.holding(t, jobPath, otherJob)),
			unchanged(config),
			// Drift of the object is mended by the hash that is known.
			step(
				config, prepare(func() { p.plant(t, jobPath, []byte("by hand")) }), updates(job), plansValue(job, "content_sha256", exactly(sha(otherJob))),
				p.holding(t, jobPath, otherJob),
			),
			// The pin that was in the state, pasted: nothing is requested any more, and nothing changes.
			step(
				p.provider()+artifact("job", fromURL(s.URL+publishedPath), pin(otherJob)), prepare(func() { s.Remove(publishedPath); s.Forget() }), noChanges,
				then(func() { s.received(t, nil) }),
			),
		)
		p.holds(t, jobPath, "")
	})
}

// What was published again with the same bytes leaves the object as it is: tag, date and version.
func TestSourceURLTouched(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		config := p.provider() + artifact("job", fromURL(s.URL+publishedPath))
		var before string
		applies(t,
			step(config, resource.TestCheckResourceAttrWith(job, "etag", func(etag string) error { before = etag; return nil })),
			step(config, prepare(func() { s.release(firstJob, "2") }), resource.TestCheckResourceAttrWith(job, "etag", func(etag string) error {
				if etag != before {
					return fmt.Errorf("the object was written again: its tag was %s, and is %s", before, etag)
				}
				return nil
			})),
			unchanged(config),
		)
	})
}

// By whichever of them is sent: an ETag, a date. By none of them: as unchanged.
func TestSourceURLValidators(t *testing.T) {
	monday := time.Date(2026, 11, 2, 8, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		first, second faultserver.File
		comes         bool
	}{
		"another date":            {faultserver.File{LastModified: monday}, faultserver.File{LastModified: monday.Add(time.Hour)}, true},
		"the same date":           {faultserver.File{LastModified: monday}, faultserver.File{LastModified: monday}, false},
		"a date, but one tag":     {faultserver.File{LastModified: monday, ETag: `"1"`}, faultserver.File{LastModified: monday.Add(time.Hour), ETag: `"1"`}, false},
		"another weak tag":        {faultserver.File{ETag: `W/"1"`}, faultserver.File{ETag: `W/"2"`}, true},
		"nothing, another length": {faultserver.File{}, faultserver.File{Data: []byte("longer build")}, true},
		"nothing":                 {faultserver.File{}, faultserver.File{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, p := publish(t, inDirectory(t))
			put := func(file faultserver.File, data string) {
				if file.Data == nil {
					file.Data = []byte(data)
				}
				s.Put(publishedPath, file)
			}
			put(test.first, firstJob)
			config := p.provider() + artifact("job", fromURL(s.URL+publishedPath))
			want, plan := firstJob, noChanges
			if test.comes {
				want, plan = otherJob, updates(job)
				if test.second.Data != nil {
					want = string(test.second.Data)
				}
			}
			applies(t,
				step(config, p.holding(t, jobPath, firstJob)),
				step(config, prepare(func() { put(test.second, otherJob) }), plan, p.holding(t, jobPath, want)),
			)
		})
	}
}

// The file's name has the hash in it: the source is read for it first.
func TestSourceURLContentAddressed(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		path := func(text string) string { return strings.Replace(jobPath, ".jar", "-"+sha(text)[:12]+".jar", 1) }
		config := p.provider() + artifact("job", fromURL(s.URL+publishedPath), "content_addressed = true", "lifecycle {\n create_before_destroy = true\n}")
		applies(t,
			step(config, p.holding(t, path(firstJob), firstJob)),
			unchanged(config),
			step(config, prepare(func() { s.release(otherJob, "2") }), p.holding(t, path(otherJob), otherJob), p.holding(t, path(firstJob), "")),
			unchanged(config),
		)
	})
}

// A source that cannot be reached does not keep a plan from being made, nor a destroy; the apply fails, and the old file stays.
func TestSourceURLUnreachable(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		config := p.provider() + artifact("job", fromURL(s.URL+publishedPath))
		applies(t,
			step(config, prepare(func() { s.Remove(publishedPath) }), pending),
			step(config, words("The source is missing", s.URL+publishedPath)),
			step(config, prepare(func() { p.holds(t, jobPath, ""); s.release(firstJob, "1") }), p.holding(t, jobPath, firstJob)),
			step(config, prepare(func() { s.Remove(publishedPath) }), pending),
			step(config, words("The source is missing")),
			// It was to be deleted first, for something that nobody saw.
			step(
				p.provider()+artifact("job", fromURL(s.URL+publishedPath), pin(otherJob), `filename = "renamed.jar"`), prepare(func() { p.holds(t, jobPath, firstJob) }),
				words("The old object was kept"),
			),
			step(
				p.provider()+artifact("job", fromURL(s.URL+publishedPath), pin(otherJob), `filename = "renamed.jar"`),
				prepare(func() { p.holds(t, jobPath, firstJob); s.release(otherJob, "2") }),
				then(func() { p.holds(t, jobPath, ""); p.holds(t, strings.Replace(jobPath, "job", "renamed", 1), otherJob) }),
			),
			step(p.provider()+artifact("job", fromURL(s.URL+publishedPath), `filename = "renamed.jar"`), prepare(func() { s.Remove(publishedPath) }), destroys),
		)
	})
}

func sizeOf(text string) knownvalue.Check { return knownvalue.Int64Exact(int64(len(text))) }

func holdsHash(text string) []statecheck.StateCheck {
	return []statecheck.StateCheck{has("content_sha256", exactly(sha(text)))}
}

// Terraform composes what a Mac takes apart (é of e and its accent). The file is called what Terraform calls it, so that the next plan finds it.
func TestSourceURLDecomposedName(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	s.Put("/cafe\u0301.jar", faultserver.File{Data: []byte(firstJob), ETag: `"1"`})
	config := p.provider() + artifact("job", fromURL(s.URL+"/cafe%CC%81.jar"))
	applies(t,
		step(config, has("filename", exactly("caf\u00e9.jar")), p.holding(t, "artifacts/namespaces/default/caf\u00e9.jar", firstJob)),
		unchanged(config),
	)
}
