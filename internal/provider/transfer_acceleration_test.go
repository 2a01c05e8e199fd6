package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

const acceleration = "flink_transfer_acceleration.bucket"

// accelerates is the block of a resource.
func accelerates(name string, attributes ...string) string {
	return fmt.Sprintf("resource \"flink_transfer_acceleration\" %q {\n %s\n}\n", name, strings.Join(attributes, "\n "))
}

func reads(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(acceleration, tfjsonpath.New(attribute), value)
}

func acts(action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return planned(plancheck.ExpectResourceAction(acceleration, action))
}

// Created, changed and destroyed: what was found is put back.
func TestAcceleration(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		for found, left := range map[string]string{never: off, off: off, on: on} {
			t.Run(found, func(t *testing.T) {
				if found != never {
					p.set(t, found)
				}
				config := p.provider() + accelerates("bucket")
				switchedOff := p.provider() + accelerates("bucket", "enabled = false")
				created := resource.TestStep{
					Config: config,
					ConfigPlanChecks: planned(
						plancheck.ExpectResourceAction(acceleration, plancheck.ResourceActionCreate),
						plancheck.ExpectKnownValue(acceleration, tfjsonpath.New("bucket"), exactly(p.bucket)),
						plancheck.ExpectKnownValue(acceleration, tfjsonpath.New("enabled"), knownvalue.Bool(true)),
						plancheck.ExpectKnownValue(acceleration, tfjsonpath.New("wait"), knownvalue.Bool(false)),
					),
					ConfigStateChecks: []statecheck.StateCheck{
						reads("base_uri", exactly(p.baseURI)), reads("bucket", exactly(p.bucket)), reads("endpoint", exactly(p.endpoint)),
						reads("enabled", knownvalue.Bool(true)), reads("wait", knownvalue.Bool(false)),
					},
					Check: p.then(t, on),
				}
				applies(t,
					created,
					unchanged(config),
					resource.TestStep{Config: switchedOff, ConfigPlanChecks: acts(plancheck.ResourceActionUpdate), Check: p.then(t, off)},
					unchanged(switchedOff),
					resource.TestStep{Config: config, ConfigPlanChecks: acts(plancheck.ResourceActionUpdate), Check: p.then(t, on)},
				)
				p.is(t, left)
				// Off before, and off again while the resource is there: then the destroy puts back what was, even if that is on.
				applies(t, resource.TestStep{Config: switchedOff, Check: then(func() {
					if p.status(t) == on {
						t.Error("it is on")
					}
				})})
				p.is(t, left)
			})
			p = freshBucket(t, p)
		}
	})
}

// freshBucket is the same place with a bucket for which nothing was ever set.
func freshBucket(t *testing.T, p acceleratedPlace) acceleratedPlace {
	t.Helper()
	if p.name == "oss" {
		return onAcceleratedOSS(t)
	}
	return onAcceleratedS3(t)
}

// Only the bucket counts: another prefix or spelling is no change, another bucket a replacement that puts back and switches.
func TestAccelerationMoves(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		at := func(baseURI string) string {
			return p.provider() + accelerates("bucket", fmt.Sprintf("base_uri = %q", baseURI))
		}
		spelled := p.uri + "/"
		if p.name == "s3" {
			spelled = strings.Replace(p.uri, "s3://", "s3a://", 1) + "/a/b"
		}
		steps := []resource.TestStep{
			{Config: at(p.baseURI), ConfigStateChecks: []statecheck.StateCheck{reads("base_uri", exactly(p.baseURI))}},
			unchanged(at(p.baseURI + "/deeper")),
			unchanged(at(spelled)),
			// The provider's own base URI is in the same bucket.
			unchanged(p.provider() + accelerates("bucket")),
		}
		applies(t, steps...)
		p.is(t, off)
	})
}

// Switched by hand: shown and mended.
func TestAccelerationDrift(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		without := p.provider() + accelerates("bucket", "enabled = false")
		applies(t,
			resource.TestStep{Config: config},
			resource.TestStep{PreConfig: func() { p.set(t, off) }, Config: config, ConfigPlanChecks: acts(plancheck.ResourceActionUpdate), Check: p.then(t, on)},
			resource.TestStep{Config: without},
			resource.TestStep{PreConfig: func() { p.set(t, on) }, Config: without, ConfigPlanChecks: acts(plancheck.ResourceActionUpdate), Check: p.then(t, off)},
		)
		p.is(t, off)
	})
}

func TestAccelerationImport(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		applies(t,
			resource.TestStep{Config: config},
			resource.TestStep{
				ResourceName: acceleration, ImportState: true, ImportStateId: p.baseURI, ImportStateVerify: true, ImportStateVerifyIdentifierAttribute: "bucket",
			},
		)
		// By any base URI in the bucket; then a destroy switches it off, as what was before is not known.
		p.set(t, on)
		importing := func(id string) string {
			return p.provider() + fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", acceleration, id) + accelerates("bucket")
		}
		applies(t, resource.TestStep{Config: importing(p.uri + "/other/prefix"), ConfigPlanChecks: acts(plancheck.ResourceActionNoop)}, unchanged(config))
		p.is(t, off)
		// With another configuration it is an update.
		applies(t, resource.TestStep{Config: importing(p.uri), ConfigPlanChecks: acts(plancheck.ResourceActionUpdate), Check: p.then(t, on)})
		p.is(t, off)
		applies(t, resource.TestStep{Config: importing(p.uri + "-absent"), PlanOnly: true, ExpectError: words("Cannot import non-existent remote object")})
		applies(t, resource.TestStep{Config: importing("bucket"), PlanOnly: true, ExpectError: words("Invalid import ID")})
		applies(t, resource.TestStep{Config: importing("file:///srv"), PlanOnly: true, ExpectError: words("Transfer acceleration not available")})
	})
}

// A region or store without it: off is what it is, and on is an error that says so.
func TestAccelerationUnsupported(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		p.refuse(unsupported)
		without := p.provider() + accelerates("bucket", "enabled = false")
		config := p.provider() + accelerates("bucket")
		applies(t,
			resource.TestStep{Config: without, ConfigStateChecks: []statecheck.StateCheck{reads("enabled", knownvalue.Bool(false))}},
			unchanged(without),
			resource.TestStep{
				Config:      p.provider() + accelerates("bucket", "enabled = true"),
				ExpectError: words("Operation not supported by this store", "enabled = true", "Switching the transfer acceleration of "+p.uri+" on failed.", "What to do:", "region"),
			},
		)
		p.requests()
		applies(t, resource.TestStep{Config: config, ExpectError: words("Operation not supported by this store", "with "+acceleration)})
		p.sent(t, "read", "switch")
	})
}

// A store of another make, whose accelerated endpoint nobody named.
func TestAccelerationInAnotherStore(t *testing.T) {
	p := onAcceleratedS3(t)
	p.refuse(unsupported)
	p.block = strings.Replace(p.block, "accelerate_endpoint", "# accelerate_endpoint", 1)
	applies(t,
		resource.TestStep{
			Config:            p.provider() + accelerates("bucket", "enabled = false", "wait = true"),
			ConfigStateChecks: []statecheck.StateCheck{reads("endpoint", knownvalue.Null())},
		},
		unchanged(p.provider()+accelerates("bucket", "enabled = false", "wait = true")),
	)
	p.requests()
	applies(t, resource.TestStep{Config: p.provider() + accelerates("bucket", "wait = true"), ExpectError: words("wait = true", "no accelerated endpoint is known", "Set accelerate_endpoint")})
	p.sent(t)
}

func TestAccelerationDenied(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		permission := map[string]string{"s3": "s3:GetAccelerateConfiguration", "oss": "oss:GetBucketTransferAcceleration"}[p.name]
		p.refuse(denied)
		applies(t, resource.TestStep{Config: config, ExpectError: words("Access denied", "Reading the transfer acceleration of "+p.uri, permission)})
		p.refuse(nothing)
		p.is(t, never)
		// With one in the state it is an error too, and no removal.
		applies(t,
			resource.TestStep{Config: config},
			resource.TestStep{PreConfig: func() { p.refuse(denied) }, Config: config, PlanOnly: true, ExpectError: words("Access denied", permission)},
			resource.TestStep{PreConfig: func() { p.refuse(nothing) }, Config: config, ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan())},
		)
	})
}

// A bucket that is gone is planned anew, and no hindrance to a destroy.
func TestAccelerationBucketGone(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		applies(t,
			resource.TestStep{Config: config},
			resource.TestStep{PreConfig: func() { p.delete(t) }, Config: config, ExpectError: words("No such bucket", "Reading the transfer acceleration of "+p.uri)},
		)
	})
}

// What the configuration alone proves wrong is refused at plan.
func TestAccelerationRefused(t *testing.T) {
	p := inDirectory(t)
	refused := func(baseURI string, texts ...string) resource.TestStep {
		return resource.TestStep{Config: p.provider() + accelerates("bucket", fmt.Sprintf("base_uri = %q", baseURI)), PlanOnly: true, ExpectError: words(texts...)}
	}
	applies(t,
		refused(p.baseURI, "Transfer acceleration not available", "base_uri = ", `"file"`, "Supported: oss, s3."),
		refused("s3://acme.flink/vvp", "Transfer acceleration not available", "base_uri = ", "buckets with a dot in the name"),
		resource.TestStep{Config: p.provider() + accelerates("bucket"), PlanOnly: true, ExpectError: words("Transfer acceleration not available", p.baseURI)},
		resource.TestStep{Config: accelerates("bucket"), PlanOnly: true, ExpectError: words("No base URI")},
		resource.TestStep{
			Config:   p.provider() + accelerates("first", `base_uri = "s3://acme/a"`) + accelerates("second", `base_uri = "s3a://acme/b"`),
			PlanOnly: true, ExpectError: words("Two transfer accelerations for one bucket", "manage s3://acme."),
		},
		resource.TestStep{
			Config:   p.provider() + accelerates("first", `base_uri = "s3://acme"`) + accelerates("second", `base_uri = "s3://other"`),
			PlanOnly: true, ExpectNonEmptyPlan: true,
		},
	)
}

// The base URI comes from another resource, or the provider's settings do.
func TestAccelerationUnknown(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		fromProvider := func(trigger string) string {
			return computed(p.baseURI, trigger) + "provider \"flink\" {\n base_uri = terraform_data.computed.output\n" + p.block + "\n}\n" + accelerates("bucket")
		}
		settings := func(trigger string) string {
			return computed("5", trigger) + fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n max_retries = terraform_data.computed.output\n%s\n}\n", p.baseURI, p.block) + accelerates("bucket")
		}
		applies(t,
			resource.TestStep{
				Config:           fromProvider("1"),
				ConfigPlanChecks: planned(plancheck.ExpectUnknownValue(acceleration, tfjsonpath.New("bucket"))),
				Check:            p.then(t, on),
			},
			unchanged(fromProvider("1")),
			resource.TestStep{Config: fromProvider("2"), ConfigPlanChecks: acts(plancheck.ResourceActionNoop), Check: p.then(t, on)},
			resource.TestStep{Config: settings("1"), ConfigPlanChecks: acts(plancheck.ResourceActionNoop), Check: p.then(t, on)},
			unchanged(settings("1")),
		)
		p.is(t, off)
	})
}

// Every request is counted, so that one that is added by accident fails a test.
func TestAccelerationRequests(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		without := p.provider() + accelerates("bucket", "enabled = false")
		empty := p.provider()
		sent := func(want ...string) resource.TestCheckFunc {
			return then(func() { t.Helper(); p.sent(t, want...) })
		}
		forget := func() { p.requests() }
		applies(t,
			resource.TestStep{Config: config, PlanOnly: true, ExpectNonEmptyPlan: true}, // of something new: nothing is asked
			resource.TestStep{PreConfig: func() { p.sent(t) }, Config: config, Check: sent("read", "switch")},
			resource.TestStep{PreConfig: forget, Config: without, Check: sent("read", "switch")}, // the first is the refresh
			resource.TestStep{PreConfig: forget, Config: p.provider() + accelerates("bucket", "enabled = false", "wait = true"), Check: sent("read")},
			resource.TestStep{PreConfig: forget, Config: empty, Check: sent("read")}, // off already, as it was found
			resource.TestStep{PreConfig: forget, Config: config, Check: sent("read", "switch")},
			resource.TestStep{PreConfig: forget, Config: empty, Check: sent("read", "switch")},
			resource.TestStep{PreConfig: func() { p.set(t, on); forget() }, Config: config, Check: sent("read")},
			resource.TestStep{PreConfig: forget, Config: p.provider() + accelerates("bucket", "wait = true"), Check: sent("read", "try")},
			resource.TestStep{PreConfig: forget, Config: empty, Check: sent("read")}, // it stays on
		)
		p.is(t, on)
	})
}

// A switch whose answer is lost took place: as a failed create leaves no state, it is put back.
func TestAccelerationLostAnswer(t *testing.T) {
	p := onAcceleratedS3(t)
	proxy := faultproxy.Start(t, p.regional, "")
	p.block = "max_retries = 0\n" + strings.Replace(p.block, p.regional, proxy.URL, 1)
	lose := func(times int) {
		proxy.Inject(faultproxy.Match{Method: "PUT", Query: "accelerate"}, faultproxy.LoseAnswer, 1, times)
	}
	config := p.provider() + accelerates("bucket")
	applies(t,
		resource.TestStep{PreConfig: func() { lose(1) }, Config: config, ExpectError: words("The store cannot be reached", "Switching the transfer acceleration of "+p.uri+" on failed.")},
		resource.TestStep{
			PreConfig: func() { p.is(t, off); p.sent(t, "read", "switch", "switch"); proxy.Clear(); lose(2) },
			Config:    config, ExpectError: words("the original setting (enabled: false) could not be restored, so check whether it was changed"),
		},
		resource.TestStep{PreConfig: proxy.Clear, Config: config, Check: p.then(t, on)},
	)
	p.is(t, off)
}
