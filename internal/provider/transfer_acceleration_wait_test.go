package provider_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// A wait lasts until the accelerated endpoint serves the bucket, and is repeated only where something is switched.
func TestAccelerationWait(t *testing.T) {
	t.Cleanup(provider.SetAccelerationPauses(time.Millisecond, 10*time.Millisecond))
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		config := p.provider() + accelerates("bucket", "wait = true")
		without := p.provider() + accelerates("bucket", "wait = true", "enabled = false")
		applies(t,
			step(
				config, prepare(func() { p.takes(3) }), reads("wait", knownvalue.Bool(true)), reads("enabled", knownvalue.Bool(true)),
				p.sending(t, "read", "switch", "try", "try", "try", "try"),
			),
			unchanged(config),
			step(without, prepare(p.forget), p.sending(t, "read", "switch")), // nothing to wait for
			step(config, prepare(func() { p.forget(); p.takes(1) }), p.sending(t, "read", "switch", "try", "try")),
			step(p.provider()+accelerates("bucket"), prepare(p.forget), updates(acceleration), p.sending(t, "read")),
			step(config, prepare(func() { p.forget(); p.takes(1) }), p.sending(t, "read", "try", "try")),
			step(p.provider()+accelerates("bucket", "wait = true", `timeouts = { create = "1h" }`), prepare(p.forget), p.sending(t, "read")),
		)
		p.is(t, off)
	})
}

// A wait that runs out is a warning, and so is an endpoint that cannot be tried: the bucket is switched, and the state knows.
func TestAccelerationWaitRunsOut(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		const never = 1 << 20
		p.takes(never)
		r := newRoot(t, p.provider()+accelerates("bucket", "wait = true", `timeouts = { create = "10s", update = "10s" }`))
		start := time.Now()
		output := r.apply(t)
		if took := time.Since(start); took > 2*time.Minute {
			t.Errorf("it took %s", took)
		}
		says(t, output, "Warning: The accelerated endpoint does not serve the bucket yet", p.endpoint+" did not serve the bucket within 10s", "What to do:", "1 added")
		p.is(t, on)
		r.unchanged(t)
		r.destroy(t)
		p.is(t, off)
	})
}

// Ctrl-C while the endpoint is waited for: the state knows what was found, so that a destroy puts it back.
func TestAccelerationWaitInterrupted(t *testing.T) {
	t.Parallel()
	p := onAcceleratedS3(t)
	p.takes(1 << 20)
	r := newRoot(t, p.provider()+accelerates("bucket", "wait = true"))
	apply := r.command(t.Context(), "apply", "-auto-approve", "-input=false", "-no-color")
	var output strings.Builder
	apply.Stdout, apply.Stderr = &output, &output
	if err := apply.Start(); err != nil {
		t.Fatal(err)
	}
	for start := time.Now(); !slices.Contains(p.requests(), "try"); time.Sleep(10 * time.Millisecond) {
		if time.Since(start) > time.Minute {
			t.Fatal("it does not wait for the endpoint")
		}
	}
	if err := apply.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_ = apply.Wait() // the run was interrupted, whatever its status
	says(t, output.String(), "Interrupted while waiting for the accelerated endpoint")
	if listed := r.run(t, "state", "list"); !strings.Contains(listed, acceleration) {
		t.Errorf("the state has %q", listed)
	}
	r.destroy(t)
	p.is(t, off)
}

// What stays on is reported by the plan of a destroy.
func TestAccelerationWarnings(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		const title = "Warning: Transfer acceleration will stay enabled"
		r := newRoot(t, p.provider()+accelerates("bucket"))
		r.apply(t)
		if output := r.plan(t, "-destroy"); strings.Contains(output, title) {
			t.Errorf("it was off before:\n%s", output)
		}
		r.destroy(t)
		p.is(t, off)

		p.set(t, on)
		r.apply(t)
		says(t, r.plan(t, "-destroy"), title, "It was enabled for "+p.uri+" before this resource was created")
		says(t, r.destroy(t), title)
		p.is(t, on)

		// A bucket that is gone: a warning of the refresh, and no hindrance to a destroy that does not know it yet.
		p.set(t, off)
		r.apply(t)
		p.delete(t)
		says(t, r.plan(t), "Warning: The bucket no longer exists", p.uri, "1 to add")
		says(t, r.destroy(t, "-refresh=false"), "1 destroyed")
	})
}
