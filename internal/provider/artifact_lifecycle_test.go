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
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
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
func unchanged(config string) resource.TestStep {
	return resource.TestStep{Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())}
}

func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

func updates(address string) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)
}

func has(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(job, tfjsonpath.New(attribute), value)
}

func exactly(text string) knownvalue.Check { return knownvalue.StringExact(text) }

// then looks at the store after a step.
func then(look func()) resource.TestCheckFunc {
	return func(*terraform.State) error { look(); return nil }
}

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
			resource.TestStep{
				Config: config,
				ConfigPlanChecks: planned(
					plancheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(firstJob))),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("uri"), exactly(p.baseURI+"/"+jobPath)),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("size"), knownvalue.Int64Exact(int64(len(firstJob)))),
					plancheck.ExpectUnknownValue(job, tfjsonpath.New("etag")),
				),
				ConfigStateChecks: []statecheck.StateCheck{
					has("base_uri", exactly(p.baseURI)),
					has("filename", exactly("job.jar")),
					has("etag", knownvalue.NotNull()),
					has("version_id", knownvalue.Null()),
				},
				Check: then(func() { p.holds(t, jobPath, firstJob) }),
			},
			unchanged(config),
			// Another path with the same bytes is no change.
			resource.TestStep{PreConfig: func() { writeFile(t, moved, firstJob) }, Config: elsewhere, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			// Other bytes are an update in place, of which the plan shows the hash.
			resource.TestStep{
				PreConfig: func() { writeFile(t, moved, otherJob) },
				Config:    elsewhere,
				ConfigPlanChecks: planned(
					updates(job),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(otherJob))),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("uri"), exactly(p.baseURI+"/"+jobPath)),
				),
				Check: then(func() { p.holds(t, jobPath, otherJob) }),
			},
			unchanged(elsewhere),
			// The same bytes as text: an update that sends nothing, so that the tag is known.
			resource.TestStep{
				Config: p.provider() + artifact("job", `filename = "job.jar"`, fmt.Sprintf("content = %q", otherJob)),
				ConfigPlanChecks: planned(updates(job),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("etag"), knownvalue.NotNull())),
				Check: then(func() { p.holds(t, jobPath, otherJob) }),
			},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
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
			resource.TestStep{Config: config, Check: then(func() { p.holds(t, path, "print(1)\n") })},
			unchanged(config),
			resource.TestStep{Config: changed, ConfigPlanChecks: planned(updates(job)), Check: then(func() { p.holds(t, path, "print(2)\n") })},
			resource.TestStep{
				Config: empty,
				ConfigStateChecks: []statecheck.StateCheck{
					has("size", knownvalue.Int64Exact(0)),
					has("content_sha256", exactly(sha(""))),
				},
			},
			unchanged(empty),
		)
	})
}

func TestArtifactMovesToAnotherName(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		applies(t,
			resource.TestStep{Config: p.provider() + artifact("job", fromFile(path))},
			resource.TestStep{
				Config:           p.provider() + artifact("job", fromFile(path), `filename = "renamed.jar"`),
				ConfigPlanChecks: planned(plancheck.ExpectResourceAction(job, plancheck.ResourceActionDestroyBeforeCreate)),
				Check: then(func() {
					p.holds(t, jobPath, "")
					p.holds(t, "artifacts/namespaces/default/renamed.jar", firstJob)
				}),
			},
		)
	})
}

func TestArtifactContentAddressed(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		addressed := func(text string) string { return "artifacts/namespaces/default/job-" + sha(text)[:12] + ".jar" }
		config := p.provider() + artifact("job", fromFile(path), "content_addressed = true", "lifecycle { create_before_destroy = true }")
		applies(t,
			resource.TestStep{
				Config: config,
				ConfigStateChecks: []statecheck.StateCheck{
					has("uri", exactly(p.baseURI+"/"+addressed(firstJob))),
					has("filename", exactly("job.jar")),
				},
				Check: then(func() { p.holds(t, addressed(firstJob), firstJob) }),
			},
			unchanged(config),
			resource.TestStep{
				PreConfig:        func() { writeFile(t, path, otherJob) },
				Config:           config,
				ConfigPlanChecks: planned(plancheck.ExpectResourceAction(job, plancheck.ResourceActionCreateBeforeDestroy)),
				Check: then(func() {
					p.holds(t, addressed(firstJob), "")
					p.holds(t, addressed(otherJob), otherJob)
				}),
			},
			resource.TestStep{
				ResourceName: job, ImportState: true, ImportStateVerify: true,
				ImportStateId:                        p.baseURI + "/" + addressed(otherJob),
				ImportStateVerifyIdentifierAttribute: "uri",
				ImportStateVerifyIgnore:              []string{"source"},
			},
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
			resource.TestStep{Config: first},
			unchanged(first),
			resource.TestStep{
				Config: second,
				ConfigPlanChecks: planned(updates(job),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(firstJob))),
					plancheck.ExpectUnknownValue(job, tfjsonpath.New("etag"))),
				Check: then(func() { p.holds(t, jobPath, firstJob) }),
			},
			unchanged(second),
			// Written by hand, the object loses what was told about it, and the same bytes are no drift: only the attributes are mended.
			resource.TestStep{
				PreConfig:         func() { p.plant(t, jobPath, []byte(firstJob)) },
				Config:            second,
				ConfigPlanChecks:  planned(updates(job)),
				ConfigStateChecks: []statecheck.StateCheck{has("metadata", knownvalue.MapExact(map[string]knownvalue.Check{"team": exactly("payments")}))},
			},
			unchanged(second),
			resource.TestStep{Config: with(), Check: then(func() { p.holds(t, jobPath, firstJob) })},
			unchanged(with()),
		)
	})
}

func TestArtifactDrift(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		mended := func(behind func()) resource.TestStep {
			return resource.TestStep{
				PreConfig: behind, Config: config,
				ConfigPlanChecks: planned(plancheck.ExpectNonEmptyPlan()), Check: then(func() { p.holds(t, jobPath, firstJob) }),
			}
		}
		applies(t,
			resource.TestStep{Config: config},
			// The same bytes by hand.
			resource.TestStep{PreConfig: func() { p.plant(t, jobPath, []byte(firstJob)) }, Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			// Other bytes of the same length.
			mended(func() { p.plant(t, jobPath, []byte(otherJob)) }),
			mended(func() { p.plant(t, jobPath, []byte("longer than both of them")) }),
			mended(func() { p.remove(t, jobPath) }),
			unchanged(config),
			// After a mending the object is owned: a destroy takes it away.
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
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
			resource.TestStep{Config: p.provider() + artifact("job", fromFile(path))},
			resource.TestStep{
				Config:           again,
				ConfigPlanChecks: planned(updates(job), plancheck.ExpectKnownValue(job, tfjsonpath.New("etag"), knownvalue.NotNull())),
				ConfigStateChecks: []statecheck.StateCheck{
					has("uri", exactly(uri+"/"+jobPath)),
					has("base_uri", exactly(another)),
				},
				Check: then(func() { p.holds(t, jobPath, firstJob) }),
			},
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
			// What somebody else wrote is imported, and the first apply sends nothing.
			resource.TestStep{
				Config: block + config,
				ConfigPlanChecks: planned(updates(job),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("etag"), knownvalue.NotNull()),
					plancheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(firstJob)))),
				Check: then(func() { p.holds(t, jobPath, firstJob) }),
			},
			unchanged(config),
			// What was imported is owned: it is replaced and destroyed.
			resource.TestStep{PreConfig: func() { writeFile(t, path, otherJob) }, Config: config, Check: then(func() { p.holds(t, jobPath, otherJob) })},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
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
			resource.TestStep{Config: pinned(otherJob), ExpectError: words("The source does not match its pin", sha(firstJob), sha(otherJob))},
			resource.TestStep{Config: pinned(firstJob), Check: then(func() { p.holds(t, jobPath, firstJob) })},
			// The stored hash is the pinned one: the source is not even opened.
			resource.TestStep{PreConfig: func() { remove(t, path) }, Config: pinned(firstJob), ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
			// A pin that the source does not fit is a warning at plan, so that a destroy works, and an error at apply.
			resource.TestStep{
				PreConfig: func() { writeFile(t, path, firstJob) }, Config: pinned(otherJob), PlanOnly: true, ExpectNonEmptyPlan: true,
			},
			resource.TestStep{Config: pinned(otherJob), ExpectError: words("The source differs from the plan", "content_sha256")},
			resource.TestStep{Config: pinned(otherJob), Destroy: true, Check: then(func() { p.holds(t, jobPath, "") })},
		)
	})
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}
