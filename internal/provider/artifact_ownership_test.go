package provider_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"
)

// The table of DESIGN: what is found at create, and what is done then.

func TestCreateRefusesOtherBytes(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		p.plant(t, jobPath, []byte(otherJob))
		applies(t,
			resource.TestStep{
				Config:      p.provider() + artifact("job", fromFile(path)),
				ExpectError: words("Object already exists", "different content", "import", "another filename", "overwrite = true"),
			},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, otherJob) })},
			resource.TestStep{
				Config: p.provider() + artifact("job", fromFile(path), "overwrite = true"),
				Check:  then(func() { p.holds(t, jobPath, firstJob) }),
			},
			// What was overwritten on purpose is owned.
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
		)
	})
}

func TestCreateAdoptsTheSameBytes(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		p.plant(t, jobPath, []byte(firstJob))
		applies(t,
			resource.TestStep{Config: config},
			unchanged(config),
			// It is not ours: other bytes need a word.
			resource.TestStep{
				PreConfig: func() { writeFile(t, path, otherJob) }, Config: config,
				ExpectError: words("Object not owned by this resource", "overwrite = true"),
			},
			resource.TestStep{PreConfig: func() { p.holds(t, jobPath, firstJob); writeFile(t, path, firstJob) }, Config: config},
			resource.TestStep{
				Config:      p.provider() + artifact("job", fromFile(path), `metadata = { team = "payments" }`),
				ExpectError: words("Object not owned by this resource", "overwrite = true"),
			},
			// A destroy leaves it.
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, firstJob) })},
			// The same again, overwritten with a word: then it is ours.
			resource.TestStep{Config: config},
			resource.TestStep{
				PreConfig: func() { writeFile(t, path, otherJob) },
				Config:    p.provider() + artifact("job", fromFile(path), "overwrite = true"),
				Check:     then(func() { p.holds(t, jobPath, otherJob) }),
			},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
		)
	})
}

func TestCreateRefusesTheSameBytesWithOtherAttributes(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		p.plant(t, jobPath, []byte(firstJob))
		attributes := []string{fromFile(path), `metadata = { team = "payments" }`}
		applies(t,
			resource.TestStep{
				Config:      p.provider() + artifact("job", attributes...),
				ExpectError: words("Object already exists", "the same content, but a different content type or metadata"),
			},
			resource.TestStep{
				Config: p.provider() + artifact("job", append(attributes, "overwrite = true")...),
				ConfigStateChecks: []statecheck.StateCheck{
					has("metadata", knownvalue.MapExact(map[string]knownvalue.Check{"team": exactly("payments")})),
				},
				Check: then(func() { p.holds(t, jobPath, firstJob) }),
			},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
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
		steps := []resource.TestStep{{Config: keyed("k0")}}
		for i := range 6 {
			config := keyed(fmt.Sprintf("k%d", i+1))
			steps = append(steps,
				resource.TestStep{Config: config, ConfigStateChecks: []statecheck.StateCheck{looking(func() { p.holds(t, jobPath, firstJob) })}},
				unchanged(config))
		}
		steps = append(steps, resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })})
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
				resource.TestStep{Config: replacing("1")},
				resource.TestStep{
					Config:           replacing("2"),
					ConfigPlanChecks: planned(plancheck.ExpectNonEmptyPlan()),
					Check:            then(func() { p.holds(t, jobPath, firstJob) }),
				},
				unchanged(replacing("2")),
				resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
			)
		}
	})
}

func TestRetainOnDestroy(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path), "retain_on_destroy = true")
		applies(t,
			resource.TestStep{Config: config},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, firstJob) })},
			// What an earlier run of ours left carries a token, so it is taken over and owned.
			resource.TestStep{Config: p.provider() + artifact("job", fromFile(path))},
			resource.TestStep{Config: p.provider(), Check: then(func() { p.holds(t, jobPath, "") })},
		)
	})
}

// A destroy looks whose the object is: one that somebody put there since the last refresh stays.
func TestDestroyLeavesWhatIsNotOurs(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		config := p.provider() + artifact("job", fromFile(path))
		// The destroy at the end of the steps does not refresh.
		applies(t, resource.TestStep{Config: config}, resource.TestStep{Config: config, Check: then(func() { p.plant(t, jobPath, []byte(otherJob)) }), ExpectNonEmptyPlan: true})
		p.holds(t, jobPath, otherJob)
	})
}

func TestTwoArtifactsInOnePlace(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		one, two := artifact("job", fromFile(path)), artifact("twin", fromFile(path))
		refused := words("Two artifacts at the same location", jobPath)
		applies(t,
			resource.TestStep{Config: p.provider() + one + two, ExpectError: refused},
			resource.TestStep{Config: p.provider() + one},
			resource.TestStep{Config: p.provider() + one + two, ExpectError: refused},
			resource.TestStep{
				Config:           p.provider() + one,
				ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(job, tfjsonpath.New("content_sha256"), exactly(sha(firstJob))),
				},
				Check: then(func() { p.holds(t, jobPath, firstJob) }),
			},
		)
	})
}
