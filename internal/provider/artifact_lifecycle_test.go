package provider_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

const (
	job      = "flink_artifact.job"
	jobPath  = "artifacts/namespaces/default/job.jar"
	firstJob = "first build"
	otherJob = "other build"
)

func sha(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// artifact is the block of one artifact in the namespace default.
func artifact(name string, attributes ...string) string {
	return fmt.Sprintf("resource \"flink_artifact\" %q {\n namespace = \"default\"\n %s\n}\n", name, strings.Join(attributes, "\n "))
}

func fromFile(path string) string { return fmt.Sprintf("source = %q", path) }

// unchanged plans again and finds nothing to do.
func unchanged(config string) resource.TestStep { return step(config, noChanges) }

func has(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(job, tfjsonpath.New(attribute), value)
}

func exactly(text string) knownvalue.Check { return knownvalue.StringExact(text) }

// looking is then for configurations with for_each, of which the older checks make no sense.
type looking func()

func (look looking) CheckState(context.Context, statecheck.CheckStateRequest, *statecheck.CheckStateResponse) {
	look()
}

func TestArtifactFromSource(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		built := t.TempDir()
		path := writeFile(t, filepath.Join(built, "job.jar"), firstJob)
		moved := filepath.Join(built, "elsewhere", "job.jar")
		config := p.provider() + artifact("job", fromFile(path))
		elsewhere := p.provider() + artifact("job", fromFile(moved))
		applies(t,
			step(
				config, plansValue(job, "content_sha256", exactly(sha(firstJob))), plansValue(job, "uri", exactly(p.baseURI+"/"+jobPath)),
				plansValue(job, "size", knownvalue.Int64Exact(int64(len(firstJob)))), plansUnknown(job, "etag"), has("base_uri", exactly(p.baseURI)),
				has("filename", exactly("job.jar")), has("etag", knownvalue.NotNull()), has("version_id", knownvalue.Null()), p.holding(t, jobPath, firstJob),
			),
			unchanged(config),
			// Another path with the same bytes is no change.
			step(elsewhere, prepare(func() { writeFile(t, moved, firstJob) }), noChanges),
			// Other bytes are an update in place, of which the plan shows the hash.
			step(
				elsewhere, prepare(func() { writeFile(t, moved, otherJob) }), updates(job), plansValue(job, "content_sha256", exactly(sha(otherJob))),
				plansValue(job, "uri", exactly(p.baseURI+"/"+jobPath)), p.holding(t, jobPath, otherJob),
			),
			unchanged(elsewhere),
			// The same bytes as text: an update that sends nothing, so that the tag is known.
			step(
				p.provider()+artifact("job", `filename = "job.jar"`, fmt.Sprintf("content = %q", otherJob)), updates(job), plansValue(job, "etag", knownvalue.NotNull()),
				p.holding(t, jobPath, otherJob),
			),
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

func TestArtifactContent(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		config := p.provider() + artifact("job", `filename = "job.py"`, `content = "print(1)\n"`)
		changed := p.provider() + artifact("job", `filename = "job.py"`, `content = "print(2)\n"`)
		empty := p.provider() + artifact("job", `filename = "job.py"`, `content = ""`)
		const path = "artifacts/namespaces/default/job.py"
		applies(t,
			step(config, p.holding(t, path, "print(1)\n")),
			unchanged(config),
			step(changed, updates(job), p.holding(t, path, "print(2)\n")),
			step(empty, has("size", knownvalue.Int64Exact(0)), has("content_sha256", exactly(sha("")))),
			unchanged(empty),
		)
	})
}

func TestArtifactMovesToAnotherName(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		applies(t,
			step(p.provider()+artifact("job", fromFile(path))),
			step(p.provider()+artifact("job", fromFile(path), `filename = "renamed.jar"`), replaces(job),
				p.holding(t, jobPath, ""), p.holding(t, "artifacts/namespaces/default/renamed.jar", firstJob)),
		)
	})
}

func TestArtifactContentAddressed(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		addressed := func(text string) string { return "artifacts/namespaces/default/job-" + sha(text)[:12] + ".jar" }
		config := p.provider() + artifact("job", fromFile(path), "content_addressed = true", "lifecycle { create_before_destroy = true }")
		applies(t,
			step(config, has("uri", exactly(p.baseURI+"/"+addressed(firstJob))), has("filename", exactly("job.jar")), p.holding(t, addressed(firstJob), firstJob)),
			unchanged(config),
			step(config, prepare(func() { writeFile(t, path, otherJob) }), replacesCreatingFirst(job),
				p.holding(t, addressed(firstJob), ""), p.holding(t, addressed(otherJob), otherJob)),
			imports(job, p.baseURI+"/"+addressed(otherJob), "uri", "source"),
		)
	})
}

func TestArtifactAttributesInPlace(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		with := func(attributes ...string) string {
			return p.provider() + artifact("job", append(attributes, fromFile(path))...)
		}
		first := with(`content_type = "application/x-job"`, `metadata = { team = "payments", build = "1" }`)
		second := with(`content_type = "application/java-archive"`, `metadata = { team = "payments" }`)
		applies(t,
			step(first),
			unchanged(first),
			step(second, updates(job), plansValue(job, "content_sha256", exactly(sha(firstJob))), plansUnknown(job, "etag"), p.holding(t, jobPath, firstJob)),
			unchanged(second),
			// Written by hand, the object loses its attributes, and the same bytes are no drift: only the attributes are mended.
			step(
				second, prepare(func() { p.plant(t, jobPath, []byte(firstJob)) }), updates(job),
				has("metadata", mapOf(map[string]string{"team": "payments"})),
			),
			unchanged(second),
			step(with(), p.holding(t, jobPath, firstJob)),
			unchanged(with()),
		)
	})
}

func TestArtifactDrift(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		mended := func(behind func()) resource.TestStep {
			return step(config, prepare(behind), someChanges, p.holding(t, jobPath, firstJob))
		}
		applies(t,
			step(config),
			// The same bytes by hand.
			step(config, prepare(func() { p.plant(t, jobPath, []byte(firstJob)) }), noChanges),
			// Other bytes of the same length.
			mended(func() { p.plant(t, jobPath, []byte(otherJob)) }),
			mended(func() { p.plant(t, jobPath, []byte("longer than both of them")) }),
			mended(func() { p.remove(t, jobPath) }),
			unchanged(config),
			// After a mending the object is owned: a destroy takes it away.
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

// Another spelling of the same place is an update that sends nothing.
func TestArtifactSpelling(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		another := p.baseURI + "/"
		uri := p.baseURI
		if p.name == "s3" {
			uri = "s3a" + strings.TrimPrefix(p.baseURI, "s3")
			another = uri + "/"
		}
		again := p.provider() + artifact("job", fromFile(path), fmt.Sprintf("base_uri = %q", another))
		applies(t,
			step(p.provider()+artifact("job", fromFile(path))),
			step(
				again, updates(job), plansValue(job, "etag", knownvalue.NotNull()), has("uri", exactly(uri+"/"+jobPath)), has("base_uri", exactly(another)),
				p.holding(t, jobPath, firstJob),
			),
			unchanged(again),
		)
	})
}

func TestArtifactImport(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		block := fmt.Sprintf("import {\n to = flink_artifact.job\n id = %q\n}\n", p.baseURI+"/"+jobPath)
		p.plant(t, jobPath, []byte(firstJob))
		applies(t,
			// What another client wrote is imported, and the first apply sends nothing.
			step(
				block+config, updates(job), plansValue(job, "etag", knownvalue.NotNull()), plansValue(job, "content_sha256", exactly(sha(firstJob))),
				p.holding(t, jobPath, firstJob),
			),
			unchanged(config),
			// What was imported is owned: it is replaced and destroyed.
			step(config, prepare(func() { writeFile(t, path, otherJob) }), p.holding(t, jobPath, otherJob)),
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

func TestArtifactPin(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		pinned := func(text string) string {
			return p.provider() + artifact("job", fromFile(path), fmt.Sprintf("content_sha256 = %q", sha(text)))
		}
		applies(t,
			step(pinned(otherJob), words("The source does not match its pin", sha(firstJob), sha(otherJob))),
			step(pinned(firstJob), p.holding(t, jobPath, firstJob)),
			// The stored hash is the pinned one: the source is not even opened.
			step(pinned(firstJob), prepare(func() { remove(t, path) }), noChanges),
			// A pin that the source does not fit is a warning at plan, so that a destroy works, and an error at apply.
			step(pinned(otherJob), prepare(func() { writeFile(t, path, firstJob) }), pending),
			step(pinned(otherJob), words("The source differs from the plan", "content_sha256")),
			step(pinned(otherJob), destroys, p.holding(t, jobPath, "")),
		)
	})
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
