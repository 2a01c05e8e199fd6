package provider

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Read requests once whether the acceleration is enabled.
func (r *transferAccelerationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state transferAccelerationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, state.Timeouts.Read, storageTimeout)
	defer cancel()
	base, diags := state.location()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Also where the state stays as it is, or is removed: a Terraform without identities passes none in.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, bucketURI(base))...)
	store, diags := r.configured.stores.refreshed(base)
	resp.Diagnostics.Append(diags...)
	if store == nil || resp.Diagnostics.HasError() {
		return // the state stays as it is
	}

	tried := "Reading the transfer acceleration of " + bucketURI(base)
	bucket, err := r.accelerator(base)
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	on, err := bucket.Acceleration(ctx)
	if err != nil {
		unread(ctx, store, tried, err, resp, blob.ErrNoBucket)
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
	if state.Enabled.IsNull() { // imported: the original setting is not known, and a destroy disables it
		resp.Diagnostics.Append(foundAccelerationKey.write(ctx, resp.Private, foundAcceleration{Bucket: bucketURI(base)})...)
		resp.Diagnostics.Append(ownershipKey.write(ctx, resp.Private, newOwnership())...)
	}
	state.Enabled, state.Bucket = types.BoolValue(on), types.StringValue(base.Bucket)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}
