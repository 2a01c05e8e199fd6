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

// accelerationPauses are how long is waited between two tries: the first pause, which doubles up to the longest.
var accelerationPauses = struct{ first, longest time.Duration }{time.Second, 15 * time.Second}

// waits says whether there is anything to wait for.
func (m *transferAccelerationModel) waits() bool { return m.Wait.ValueBool() && m.Enabled.ValueBool() }

// timeout is how long a create or an update may take where the timeouts block says nothing.
func (m *transferAccelerationModel) timeout() time.Duration {
	if m.waits() {
		return accelerationTimeout
	}
	return storageTimeout
}

// awaitAcceleration tries the accelerated endpoint until it serves the bucket. All that goes wrong is a warning: the bucket is switched
// already, and the state must know.
func awaitAcceleration(ctx context.Context, bucket blob.Accelerator, planned transferAccelerationModel, timeout time.Duration) diag.Diagnostics {
	var diags diag.Diagnostics
	where := planned.Endpoint.ValueString()
	var last error // what the endpoint itself said
	for pause := accelerationPauses.first; ; pause = min(2*pause, accelerationPauses.longest) {
		err := bucket.TryAcceleration(ctx)
		if err == nil {
			return diags
		}
		if ctx.Err() == nil {
			last = err
			if !errors.Is(err, blob.ErrNotAccelerated) && !errors.Is(err, blob.ErrUnreachable) {
				_, detail := failure("Trying "+where, err)
				diags.AddWarning("The accelerated endpoint could not be tried",
					"The transfer acceleration is switched on. Whether it works yet is not known. "+detail)
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
			said = " It said last: " + rule.Sentence(last)
		}
		if errors.Is(ctx.Err(), context.Canceled) {
			diags.AddWarning("Interrupted while the accelerated endpoint was waited for",
				fmt.Sprintf("The transfer acceleration is switched on, and %s did not serve the bucket yet.%s\n\n"+
					"What to do: Artifacts with accelerate = true fail until it works: apply them later. The next apply does not wait again.", where, said))
			return diags
		}
		diags.AddWarning("The accelerated endpoint does not serve the bucket yet",
			fmt.Sprintf("The transfer acceleration is switched on, and %s did not serve the bucket within %s.%s\n\n"+
				"What to do: The clouds take up to 30 minutes. Artifacts with accelerate = true fail until it works: apply them later, or give this resource more time in its timeouts. "+
				"The next apply does not wait again.", where, timeout, said))
		return diags
	}
}
