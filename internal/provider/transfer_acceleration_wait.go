package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

// accelerationPauses are the pauses between two tries: the first one, which doubles up to the longest.
var accelerationPauses = struct{ first, longest time.Duration }{time.Second, 15 * time.Second}

// waits reports whether there is anything to wait for.
func (m *transferAccelerationModel) waits() bool { return m.Wait.ValueBool() && m.Enabled.ValueBool() }

// timeout is how long a create or an update may take where the timeouts block does not say.
func (m *transferAccelerationModel) timeout() time.Duration {
	if m.waits() {
		return accelerationTimeout
	}
	return storageTimeout
}

// awaitAcceleration tries the accelerated endpoint until it serves the bucket.
// Every failure is a warning: the setting is changed already, and must get into the state.
func awaitAcceleration(ctx context.Context, bucket blob.Accelerator, planned transferAccelerationModel) diag.Diagnostics {
	var diags diag.Diagnostics
	where, begun := planned.Endpoint.ValueString(), time.Now()
	var last error // the last response of the endpoint itself
	for pause := accelerationPauses.first; ; pause = min(2*pause, accelerationPauses.longest) {
		err := bucket.TryAcceleration(ctx)
		if err == nil {
			return diags
		}
		if ctx.Err() == nil {
			last = err
			if !errors.Is(err, blob.ErrNotAccelerated) && !errors.Is(err, blob.ErrUnreachable) {
				_, detail := failure("Trying "+where, err)
				diags.AddWarning("The accelerated endpoint could not be tested",
					"Transfer acceleration is enabled. Whether it is effective yet is unknown. "+detail)
				return diags
			}
			select {
			case <-time.After(pause):
				continue
			case <-ctx.Done():
			}
		}
		said := ""
		if last != nil {
			said = " Its last response: " + rule.Sentence(last)
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			diags.AddWarning("Interrupted while waiting for the accelerated endpoint",
				fmt.Sprintf("Transfer acceleration is enabled, but %s does not serve the bucket yet.%s\n\n"+
					"What to do: Artifacts with accelerate = true fail until it does: apply them later. The next apply does not wait again.", where, said))
			return diags
		}
		diags.AddWarning("The accelerated endpoint does not serve the bucket yet",
			fmt.Sprintf("Transfer acceleration is enabled, but %s did not serve the bucket within %s.%s\n\n"+
				"What to do: It takes up to 30 minutes to become effective. Artifacts with accelerate = true fail until then: apply them later, or increase the timeouts of this resource. "+
				"The next apply does not wait again.", where, time.Since(begun).Round(time.Second), said))
		return diags
	}
}
