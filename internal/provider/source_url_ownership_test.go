package provider_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

// An object that was adopted stays as it is when its publisher says that the file is another one, and it is the same. Only other bytes are refused.
func TestSourceURLTouchedAndNotOurs(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		p.plant(t, jobPath, []byte(firstJob))
		config := p.provider() + artifact("job", fromURL(s.URL+publishedPath))
		applies(t,
			step(config),
			step(config, prepare(func() { s.release(firstJob, "2") }), updates(job)),
			unchanged(config),
			step(config, prepare(func() { s.release(otherJob, "3") }), words("Object not owned by this resource", "overwrite = true")),
		)
		p.holds(t, jobPath, firstJob)
	})
}

// New content that no plan can know is warned of where the old object would go first, and then that one is kept.
func TestSourceURLRenamedAndChanged(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	config := func(more ...string) string {
		return p.provider() + artifact("job", append(more, fromURL(s.URL+publishedPath))...)
	}
	r := newRoot(t, config())
	r.apply(t)
	s.release(otherJob, "2")
	r.configure(t, config(`filename = "renamed.jar"`))
	says(t, r.plan(t), "The new content is not known yet", "create_before_destroy")
	says(t, r.fails(t, "apply"), "The old object was kept")
	p.holds(t, jobPath, firstJob)
	r.configure(t, config(`filename = "renamed.jar"`, "lifecycle { create_before_destroy = true }"))
	r.apply(t)
	p.holds(t, jobPath, "")
	p.holds(t, "artifacts/namespaces/default/renamed.jar", otherJob)
}

// Imported with the token of an earlier resource: an apply that finds the same bytes leaves that token on the object, and knows it.
func TestSourceURLImported(t *testing.T) {
	s, p := publish(t, inDirectory(t))
	r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+publishedPath)))
	r.apply(t)
	r.run(t, "state", "rm", job)
	r.run(t, "import", "-input=false", "-no-color", job, p.baseURI+"/"+jobPath)
	r.apply(t)
	output := r.plan(t)
	says(t, output, "No changes")
	if strings.Contains(output, "another resource") {
		t.Errorf("the imported object is called another's:\n%s", output)
	}
	r.destroy(t)
	p.holds(t, jobPath, "")
}

// The hash of a file that came by parts is stored beside it in the end. Where the answer to that is lost, it is stored all the same.
func TestSourceURLStoredHashWithoutAnAnswer(t *testing.T) {
	p, proxy := inBucketBehindProxy(t)
	s, p := publish(t, p)
	text := strings.Repeat("PK\x03\x04 many bytes.\n", 1<<19)
	s.release(text, "1")
	proxy.Inject(faultproxy.Match{Method: http.MethodPut, Header: "X-Amz-Copy-Source"}, faultproxy.LoseAnswer, 1, 10)
	stored := "data \"flink_artifact\" \"job\" {\n namespace = \"default\"\n filename = flink_artifact.job.filename\n}\noutput \"stored\" {\n value = data.flink_artifact.job.content_sha256\n}\n"
	r := newRoot(t, p.provider()+artifact("job", fromURL(s.URL+publishedPath), `filename = "job.zip"`)+stored)
	output := r.apply(t)
	if strings.Contains(output, "Hash not stored") {
		t.Errorf("the apply warns of what is not so:\n%s", output)
	}
	says(t, output, fmt.Sprintf("stored = %q", sha(text)))
}

// What is found at create, with a hash that nobody knows before the bytes have come.
func TestSourceURLFoundAtCreate(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		s, p := publish(t, p)
		config := func(more ...string) string {
			return p.provider() + artifact("job", append(more, fromURL(s.URL+publishedPath))...)
		}
		applies(t,
			step(config(), prepare(func() { p.plant(t, jobPath, []byte(otherJob)) }), words("Object already exists", "different content")),
			step(config("overwrite = true"), prepare(func() { p.holds(t, jobPath, otherJob) }), p.holding(t, jobPath, firstJob)),
			unchanged(config("overwrite = true")),
		)
		p.plant(t, jobPath, []byte(firstJob))
		applies(t,
			step(config(), p.holding(t, jobPath, firstJob)), // adopted
			unchanged(config()),
		)
		p.holds(t, jobPath, firstJob) // and left
	})
}
