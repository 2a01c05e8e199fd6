package provider_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// A checksum file pins what it names.
func TestSourceURLChecksums(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		checksums := func(text string) {
			s.Put("/releases/SHA256SUMS", faultserver.File{Data: []byte(text), ETag: `"` + sha(text) + `"`})
		}
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
			step(config(), plansValue(job, "content_sha256", exactly(sha(firstJob))), p.holding(t, jobPath, firstJob)),
			step(config(), prepare(s.Forget), planOnly),
			step(config(), prepare(func() {
				if asked := files(); slices.Contains(asked, publishedPath) || len(asked) == 0 {
					t.Errorf("a plan without changes requested %q", asked)
				}
				checksums(sha("third build") + "  job.jar\n")
			}), words("differs from the plan", sha(firstJob), sha("third build"))),
			step(config(), prepare(func() { p.holds(t, jobPath, firstJob); s.release("third build", "3") }), p.holding(t, jobPath, "third build")),
			// What exists can be planned and destroyed although the file of checksums says nothing.
			step(config(), prepare(func() { checksums("<!doctype html>") }), pending),
			step(config(), words("Unusable checksum file", "page of HTML")),
			step(config(), destroys),
			step(config(), planOnly, words("Unusable checksum file", "page of HTML")),
			// It may exist at apply.
			step(config(), prepare(func() { s.Remove("/releases/SHA256SUMS") }), pending),
			step(config(), words("The checksum file cannot be read", "404", "Check content_sha256_url")),
		)
		p.holds(t, jobPath, "")
	})
}
