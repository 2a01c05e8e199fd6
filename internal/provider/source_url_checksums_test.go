package provider_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// A checksum file pins what it names.
func TestSourceURLChecksums(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s := publish(t)
		checksums := func(text string) {
			s.Put("/releases/SHA256SUMS", faultserver.File{Data: []byte(text), ETag: `"` + sha(text) + `"`})
		}
		p = p.fetching(s)
		config := func(more ...string) string {
			return p.provider() + artifact("job", append(more, fromURL(s.URL+publishedPath), fmt.Sprintf("content_sha256_url = %q", s.URL+"/releases/SHA256SUMS"))...)
		}
		files := func() (paths []string) {
			for _, request := range s.Requests() {
				paths = append(paths, request.Path)
			}
			return paths
		}
		s.release(firstJob, "1")
		checksums(sha(otherJob) + "  other.jar\n" + sha(firstJob) + "  job.jar\n")
		applies(t,
			resource.TestStep{
				Config:           config(),
				ConfigPlanChecks: planned(plancheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(firstJob)))),
				Check:            then(func() { p.holds(t, jobPath, firstJob) }),
			},
			resource.TestStep{PreConfig: s.Forget, Config: config(), PlanOnly: true},
			resource.TestStep{
				PreConfig: func() {
					if asked := files(); slices.Contains(asked, publishedPath) || len(asked) == 0 {
						t.Errorf("a plan without changes asked for %q", asked)
					}
					checksums(sha("third build") + "  job.jar\n")
				},
				Config: config(), ExpectError: words("differs from the plan", sha(firstJob), sha("third build")),
			},
			resource.TestStep{
				PreConfig: func() { p.holds(t, jobPath, firstJob); s.release("third build", "3") },
				Config:    config(), Check: then(func() { p.holds(t, jobPath, "third build") }),
			},
			resource.TestStep{
				// What exists can be planned and destroyed although the file of checksums says nothing.
				PreConfig: func() { checksums("<!doctype html>") },
				Config:    config(), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			resource.TestStep{Config: config(), ExpectError: words("Unusable checksum file", "page of HTML")},
			resource.TestStep{Config: config(), Destroy: true},
			resource.TestStep{Config: config(), PlanOnly: true, ExpectError: words("Unusable checksum file", "page of HTML")},
			resource.TestStep{
				// It may be there at apply.
				PreConfig: func() { s.Remove("/releases/SHA256SUMS") },
				Config:    config(), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			resource.TestStep{Config: config(), ExpectError: words("The checksum file cannot be read", "404", "Check content_sha256_url")},
		)
		p.holds(t, jobPath, "")
	})
}
