package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
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
				created := step(
					config, creates(acceleration), plansValue(acceleration, "bucket", exactly(p.bucket)), plansValue(acceleration, "enabled", knownvalue.Bool(true)),
					plansValue(acceleration, "wait", knownvalue.Bool(false)), reads("base_uri", exactly(p.baseURI)), reads("bucket", exactly(p.bucket)),
					reads("endpoint", exactly(p.endpoint)), reads("enabled", knownvalue.Bool(true)), reads("wait", knownvalue.Bool(false)), p.then(t, on),
				)
				applies(t,
					created,
					unchanged(config),
					step(switchedOff, updates(acceleration), p.then(t, off)),
					unchanged(switchedOff),
					step(config, updates(acceleration), p.then(t, on)),
				)
				p.is(t, left)
				// Off before, and off again while the resource exists: then the destroy puts back what was, even if that is on.
				applies(t, step(switchedOff, then(func() {
					if p.status(t) == on {
						t.Error("it is on")
					}
				})))
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
		applies(t,
			step(at(p.baseURI), reads("base_uri", exactly(p.baseURI))),
			unchanged(at(p.baseURI+"/deeper")),
			unchanged(at(spelled)),
			// The provider's own base URI is in the same bucket.
			unchanged(p.provider()+accelerates("bucket")),
		)
		p.is(t, off)
	})
}

// Switched by hand: shown and mended.
func TestAccelerationDrift(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		without := p.provider() + accelerates("bucket", "enabled = false")
		applies(t,
			step(config),
			step(config, prepare(func() { p.set(t, off) }), updates(acceleration), p.then(t, on)),
			step(without),
			step(without, prepare(func() { p.set(t, on) }), updates(acceleration), p.then(t, off)),
		)
		p.is(t, off)
	})
}

func TestAccelerationImport(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		applies(t, step(config), imports(acceleration, p.baseURI, "bucket"))
		// By any base URI in the bucket; then a destroy switches it off, as what was before is not known.
		p.set(t, on)
		importing := func(id string) string {
			return p.provider() + fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", acceleration, id) + accelerates("bucket")
		}
		applies(t, step(importing(p.uri+"/other/prefix"), plansNothing(acceleration)), unchanged(config))
		p.is(t, off)
		// With another configuration it is an update.
		applies(t, step(importing(p.uri), updates(acceleration), p.then(t, on)))
		p.is(t, off)
		applies(t, step(importing(p.uri+"-absent"), planOnly, words("Cannot import non-existent remote object")))
		applies(t, step(importing("bucket"), planOnly, words("Invalid import ID")))
		applies(t, step(importing("file:///srv"), planOnly, words("Transfer acceleration not available")))
	})
}

// A region or store without it: off is what it is, and on is an error that says so.
func TestAccelerationUnsupported(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		p.refuse(unsupported)
		without := p.provider() + accelerates("bucket", "enabled = false")
		config := p.provider() + accelerates("bucket")
		applies(t,
			step(without, reads("enabled", knownvalue.Bool(false))),
			unchanged(without),
			step(
				p.provider()+accelerates("bucket", "enabled = true"),
				words("Operation not supported by this store", "enabled = true", "Switching the transfer acceleration of "+p.uri+" on failed.", "What to do:", "region"),
			),
		)
		p.requests()
		applies(t, step(config, words("Operation not supported by this store", "with "+acceleration)))
		p.sent(t, "read", "switch")
	})
}

// A store of another make, whose accelerated endpoint nobody named.
func TestAccelerationInAnotherStore(t *testing.T) {
	p := onAcceleratedS3(t)
	p.refuse(unsupported)
	p.block = strings.Replace(p.block, "accelerate_endpoint", "# accelerate_endpoint", 1)
	applies(t,
		step(p.provider()+accelerates("bucket", "enabled = false", "wait = true"), reads("endpoint", knownvalue.Null())),
		unchanged(p.provider()+accelerates("bucket", "enabled = false", "wait = true")),
	)
	p.requests()
	applies(t, step(p.provider()+accelerates("bucket", "wait = true"), words("wait = true", "no accelerated endpoint is known", "Set accelerate_endpoint")))
	p.sent(t)
}

func TestAccelerationDenied(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		permission := map[string]string{"s3": "s3:GetAccelerateConfiguration", "oss": "oss:GetBucketTransferAcceleration"}[p.name]
		p.refuse(denied)
		applies(t, step(config, words("Access denied", "Reading the transfer acceleration of "+p.uri, permission)))
		p.refuse(nothing)
		p.is(t, never)
		// With one in the state it is an error too, and no removal.
		applies(t,
			step(config),
			step(config, prepare(func() { p.refuse(denied) }), planOnly, words("Access denied", permission)),
			step(config, prepare(func() { p.refuse(nothing) }), noChanges),
		)
	})
}

// A bucket that is gone is planned anew, and no hindrance to a destroy.
func TestAccelerationBucketGone(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket")
		applies(t,
			step(config),
			step(config, prepare(func() { p.delete(t) }), words("No such bucket", "Reading the transfer acceleration of "+p.uri)),
		)
	})
}

// What the configuration alone proves wrong is refused at plan.
func TestAccelerationRefused(t *testing.T) {
	p := inDirectory(t)
	refused := func(baseURI string, texts ...string) resource.TestStep {
		return step(p.provider()+accelerates("bucket", fmt.Sprintf("base_uri = %q", baseURI)), planOnly, words(texts...))
	}
	applies(t,
		refused(p.baseURI, "Transfer acceleration not available", "base_uri = ", `"file"`, "Supported: oss, s3."),
		refused("s3://acme.flink/vvp", "Transfer acceleration not available", "base_uri = ", "buckets with a dot in the name"),
		step(p.provider()+accelerates("bucket"), planOnly, words("Transfer acceleration not available", p.baseURI)),
		step(accelerates("bucket"), planOnly, words("No base URI")),
		step(
			p.provider()+accelerates("first", `base_uri = "s3://acme/a"`)+accelerates("second", `base_uri = "s3a://acme/b"`), planOnly,
			words("Two transfer accelerations for one bucket", "manage s3://acme."),
		),
		step(p.provider()+accelerates("first", `base_uri = "s3://acme"`)+accelerates("second", `base_uri = "s3://other"`), pending),
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
			step(fromProvider("1"), plansUnknown(acceleration, "bucket"), p.then(t, on)),
			unchanged(fromProvider("1")),
			step(fromProvider("2"), plansNothing(acceleration), p.then(t, on)),
			step(settings("1"), plansNothing(acceleration), p.then(t, on)),
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
		applies(t,
			step(config, pending), // of something new: nothing is requested
			step(config, prepare(func() { p.sent(t) }), p.sending(t, "read", "switch")),
			step(without, prepare(p.forget), p.sending(t, "read", "switch")), // the first is the refresh
			step(p.provider()+accelerates("bucket", "enabled = false", "wait = true"), prepare(p.forget), p.sending(t, "read")),
			step(empty, prepare(p.forget), p.sending(t, "read")), // off already, as it was found
			step(config, prepare(p.forget), p.sending(t, "read", "switch")),
			step(empty, prepare(p.forget), p.sending(t, "read", "switch")),
			step(config, prepare(func() { p.set(t, on); p.forget() }), p.sending(t, "read")),
			step(p.provider()+accelerates("bucket", "wait = true"), prepare(p.forget), p.sending(t, "read", "try")),
			step(empty, prepare(p.forget), p.sending(t, "read")), // it stays on
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
		step(config, prepare(func() { lose(1) }), words("The store cannot be reached", "Switching the transfer acceleration of "+p.uri+" on failed.")),
		step(
			config, prepare(func() { p.is(t, off); p.sent(t, "read", "switch", "switch"); proxy.Clear(); lose(2) }),
			words("the original setting (enabled: false) could not be restored, so check whether it was changed"),
		),
		step(config, prepare(proxy.Clear), p.then(t, on)),
	)
	p.is(t, off)
}
