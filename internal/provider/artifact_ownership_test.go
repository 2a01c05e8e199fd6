package provider_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// The table of DESIGN: what is found at create, and what is done then.

func TestCreateRefusesOtherBytes(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		p.plant(t, jobPath, []byte(otherJob))
		applies(t,
			step(p.provider()+artifact("job", fromFile(path)), words("Object already exists", "different content", "import", "another filename", "overwrite = true")),
			step(p.provider(), p.holding(t, jobPath, otherJob)),
			step(p.provider()+artifact("job", fromFile(path), "overwrite = true"), p.holding(t, jobPath, firstJob)),
			// What was overwritten on purpose is owned.
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

func TestCreateAdoptsTheSameBytes(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		p.plant(t, jobPath, []byte(firstJob))
		applies(t,
			step(config),
			unchanged(config),
			// It is not ours: other bytes need a word.
			step(config, prepare(func() { writeFile(t, path, otherJob) }), words("Object not owned by this resource", "overwrite = true")),
			step(config, prepare(func() { p.holds(t, jobPath, firstJob); writeFile(t, path, firstJob) })),
			step(p.provider()+artifact("job", fromFile(path), `metadata = { team = "payments" }`), words("Object not owned by this resource", "overwrite = true")),
			// A destroy leaves it.
			step(p.provider(), p.holding(t, jobPath, firstJob)),
			// The same again, overwritten with a word: then it is ours.
			step(config),
			step(p.provider()+artifact("job", fromFile(path), "overwrite = true"), prepare(func() { writeFile(t, path, otherJob) }), p.holding(t, jobPath, otherJob)),
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

func TestCreateRefusesTheSameBytesWithOtherAttributes(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		p.plant(t, jobPath, []byte(firstJob))
		attributes := []string{fromFile(path), `metadata = { team = "payments" }`}
		applies(t,
			step(p.provider()+artifact("job", attributes...), words("Object already exists", "the same content, but a different content type or metadata")),
			step(
				p.provider()+artifact("job", append(attributes, "overwrite = true")...),
				has("metadata", mapOf(map[string]string{"team": "payments"})), p.holding(t, jobPath, firstJob),
			),
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

// A for_each key that is renamed destroys and creates the same object, in no order. Every other provider loses it.
func TestRenamedKeyKeepsTheObject(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		keyed := func(key string) string {
			return p.provider() + fmt.Sprintf(`
resource "flink_artifact" "job" {
  for_each  = { %s = %q }
  namespace = "default"
  source    = each.value
}
`, key, path)
		}
		steps := []resource.TestStep{step(keyed("k0"))}
		for i := range 6 {
			config := keyed(fmt.Sprintf("k%d", i+1))
			steps = append(steps,
				step(config, looking(func() { p.holds(t, jobPath, firstJob) })),
				unchanged(config))
		}
		steps = append(steps, step(p.provider(), p.holding(t, jobPath, "")))
		applies(t, steps...)
	})
}

// Replaced in place with create_before_destroy, the new resource is created before the old one is deleted, on the same object.
func TestForcedReplacementKeepsTheObject(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		for _, lifecycle := range []string{"create_before_destroy = true", "create_before_destroy = false"} {
			replacing := func(trigger string) string {
				return p.provider() + fmt.Sprintf("resource \"terraform_data\" \"trigger\" { triggers_replace = %q }\n", trigger) +
					artifact("job", fromFile(path), "lifecycle {\n replace_triggered_by = [terraform_data.trigger]\n "+lifecycle+"\n }")
			}
			applies(t,
				step(replacing("1")),
				step(replacing("2"), someChanges, p.holding(t, jobPath, firstJob)),
				unchanged(replacing("2")),
				step(p.provider(), p.holding(t, jobPath, "")),
			)
		}
	})
}

func TestRetainOnDestroy(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path), "retain_on_destroy = true")
		applies(t,
			step(config),
			step(p.provider(), p.holding(t, jobPath, firstJob)),
			// What an earlier run of ours left carries a token, so it is taken over and owned.
			step(p.provider()+artifact("job", fromFile(path))),
			step(p.provider(), p.holding(t, jobPath, "")),
		)
	})
}

// A destroy looks whose the object is: one that another client wrote since the last refresh stays.
func TestDestroyLeavesWhatIsNotOurs(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		// The destroy at the end of the steps does not refresh.
		applies(t, step(config), step(config, then(func() { p.plant(t, jobPath, []byte(otherJob)) }), drifting))
		p.holds(t, jobPath, otherJob)
	})
}

func TestTwoArtifactsInOnePlace(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		one, two := artifact("job", fromFile(path)), artifact("twin", fromFile(path))
		refused := words("Two artifacts at the same location", jobPath)
		applies(t,
			step(p.provider()+one+two, refused),
			step(p.provider()+one),
			step(p.provider()+one+two, refused),
			step(
				p.provider()+one, noChanges, statecheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(firstJob))), p.holding(t, jobPath, firstJob),
			),
		)
	})
}
