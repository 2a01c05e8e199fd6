package provider_test

import (
	"fmt"
	"testing"
)

// A replacement in the same bucket leaves it as planned. What was found before the first one is what a destroy puts back, unless the new
// one was created first: then it has found what the first one made, and the run says so.
func TestAccelerationReplaced(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		for _, found := range []string{never, on} {
			for _, first := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, create_before_destroy = %t", found, first), func(t *testing.T) {
					p := freshBucket(t, p)
					if found != never {
						p.set(t, found)
					}
					config := func(trigger string) string {
						return p.provider() + computed("x", trigger) + accelerates("bucket",
							fmt.Sprintf("lifecycle {\n create_before_destroy = %v\n replace_triggered_by = [terraform_data.computed]\n}", first))
					}
					applies(t,
						step(config("1"), p.then(t, on)),
						step(config("2"), replacesInOrder(acceleration, first), p.then(t, on)),
						unchanged(config("2")),
					)
					p.is(t, map[bool]string{true: on, false: off}[found == on || first])
				})
			}
		}
	})
}

func TestAccelerationReplacedWarning(t *testing.T) {
	p := onAcceleratedS3(t)
	r := newRoot(t, p.provider()+accelerates("bucket", "lifecycle {\n create_before_destroy = true\n}"))
	r.apply(t)
	says(t, r.apply(t, "-replace="+acceleration),
		"Warning: Transfer acceleration was left to another resource", "Destroying that resource will not restore the original setting (enabled: false)")
	p.is(t, on)
	says(t, r.destroy(t), "Warning: Transfer acceleration will stay enabled")
	p.is(t, on)
}

// Another bucket: the first one is put back, the second one switched.
func TestAccelerationInAnotherBucket(t *testing.T) {
	p := onAcceleratedS3(t)
	other := p.other(t)
	for _, first := range []bool{false, true} {
		at := func(uri string) string {
			return p.provider() + accelerates("bucket", fmt.Sprintf("base_uri = %q\n lifecycle { create_before_destroy = %v }", uri, first))
		}
		applies(t,
			step(at(p.uri), p.then(t, on)),
			step(at(other.uri), replacesInOrder(acceleration, first), then(func() { p.is(t, off); other.is(t, on) })),
			unchanged(at(other.uri)),
		)
		p.is(t, off)
		other.is(t, off)
	}
}

// A renamed address without a moved block ends as it is configured, with a warning at plan; with one nothing happens.
func TestAccelerationRenamed(t *testing.T) {
	p := onAcceleratedS3(t)
	r := newRoot(t, p.provider()+accelerates("bucket"))
	r.apply(t)
	r.configure(t, p.provider()+accelerates("renamed"))
	says(t, r.apply(t), "Warning: A transfer acceleration is destroyed where another one exists", "moved block")
	p.is(t, on)
	r.unchanged(t)
	r.configure(t, "moved {\n from = flink_transfer_acceleration.renamed\n to = flink_transfer_acceleration.bucket\n}\n"+p.provider()+accelerates("bucket"))
	says(t, r.apply(t), "0 added, 0 changed, 0 destroyed")
	p.is(t, on)
}

// A tainted resource, whose private state Terraform hides, is replaced in place and ends as it is configured.
func TestAccelerationTainted(t *testing.T) {
	p := onAcceleratedS3(t)
	r := newRoot(t, p.provider()+accelerates("bucket"))
	r.apply(t)
	r.run(t, "taint", acceleration)
	says(t, r.apply(t), "1 added, 0 changed, 1 destroyed")
	p.is(t, on)
	r.destroy(t)
	p.is(t, off)
}
