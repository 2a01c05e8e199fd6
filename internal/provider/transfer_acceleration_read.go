package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Read asks once whether the acceleration is on.
func (r *transferAccelerationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state transferAccelerationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	base, diags := state.location()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	// Also where the state stays as it is, or is removed: a Terraform without identities passes none in.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, bucketURI(base))...)
	_, wait, diags := r.configured.reader(base)
	resp.Diagnostics.Append(diags...)
	if wait || resp.Diagnostics.HasError() {
		return // the state stays as it is
	}

	tried := "Reading the transfer acceleration of " + bucketURI(base)
	bucket, store, err := r.accelerator(base)
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	on, err := bucket.Acceleration(ctx)
	if errors.Is(err, blob.ErrNoBucket) {
		resp.Diagnostics.Append(gone(ctx, store, tried)...)
		if !resp.Diagnostics.HasError() {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	endpoint, err := bucket.AccelerationEndpoint(ctx)
	switch {
	case err == nil:
		state.Endpoint = types.StringValue(endpoint)
	case errors.Is(err, errors.ErrUnsupported):
		state.Endpoint = types.StringNull()
	default:
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	if state.Enabled.IsNull() { // imported: what was there before this resource is not known, and a destroy switches off
		resp.Diagnostics.Append(foundAcceleration{Bucket: bucketURI(base)}.write(ctx, resp.Private)...)
		resp.Diagnostics.Append(newOwnership().write(ctx, resp.Private)...)
	}
	state.Enabled, state.Bucket = types.BoolValue(on), types.StringValue(base.Bucket)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}
