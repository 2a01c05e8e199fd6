package provider

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// accelerationTimeout is how long a step with a wait may take where the timeouts block says nothing: the clouds say up to 30 minutes
// (PutBucketTransferAcceleration of OSS and PutBucketAccelerateConfiguration of S3, in their API references).
const accelerationTimeout = 35 * time.Minute

type transferAccelerationResource struct{ configured *configured }

var (
	_ resource.ResourceWithConfigure   = (*transferAccelerationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*transferAccelerationResource)(nil)
	_ resource.ResourceWithImportState = (*transferAccelerationResource)(nil)
	_ resource.ResourceWithIdentity    = (*transferAccelerationResource)(nil)
)

func newTransferAccelerationResource() resource.Resource { return &transferAccelerationResource{} }

func (r *transferAccelerationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_transfer_acceleration"
}

func (r *transferAccelerationResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if req.ProviderData != nil {
		r.configured = req.ProviderData.(*configured) //nolint:forcetypeassert // the provider sets nothing else
	}
}

// accelerator opens a bucket's store.
func (r *transferAccelerationResource) accelerator(base workspace.BaseURI) (blob.Accelerator, blob.Store, error) {
	store, err := r.configured.store(base)
	if err != nil {
		return nil, nil, err
	}
	bucket, ok := store.(blob.Accelerator)
	if !ok {
		return nil, nil, fmt.Errorf("transfer acceleration of %s: %w", bucketURI(base), errors.ErrUnsupported)
	}
	return bucket, store, nil
}

// Create looks what is there, keeps that for the destroy, and switches if need be. After the switch nothing is an error any more:
// without a state nobody would know what to put back.
func (r *transferAccelerationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned transferAccelerationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	timeout, diags := planned.Timeouts.Create(ctx, planned.timeout())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	base, diags := planned.location()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	bucket, _, err := r.accelerator(base)
	if err != nil {
		resp.Diagnostics.Append(failureAt("base_uri", "Opening "+bucketURI(base), err))
		return
	}
	if resp.Diagnostics.Append(planned.findEndpoint(ctx, bucket, base)...); resp.Diagnostics.HasError() {
		return
	}
	found, diags := r.create(ctx, bucket, base, planned.Enabled.ValueBool())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if planned.waits() {
		resp.Diagnostics.Append(awaitAcceleration(ctx, bucket, planned, timeout)...)
	}
	resp.Diagnostics.Append(found.write(ctx, resp.Private)...)
	resp.Diagnostics.Append(newOwnership().write(ctx, resp.Private)...) // its ID tells this resource from others on the same bucket
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, bucketURI(base))...)
}

// create finds out what there is, and switches.
func (r *transferAccelerationResource) create(ctx context.Context, bucket blob.Accelerator, base workspace.BaseURI, enabled bool) (foundAcceleration, diag.Diagnostics) {
	var diags diag.Diagnostics
	found := foundAcceleration{Bucket: bucketURI(base)}
	unlock, err := r.configured.keys.lock(ctx, accelerationClaim(base))
	if err != nil {
		diags.AddError(failure("Waiting for another transfer acceleration of "+bucketURI(base), err))
		return found, diags
	}
	defer unlock()

	now, err := bucket.Acceleration(ctx)
	if err != nil {
		diags.Append(failureAt("base_uri", "Reading the transfer acceleration of "+bucketURI(base), err))
		return found, diags
	}
	found.Enabled = now
	if now != enabled {
		if err := setOrPutBack(ctx, bucket, now, enabled); err != nil {
			diags.Append(failureAt("enabled", switching(base, enabled), err))
			return found, diags
		}
	}
	r.configured.placed.Store(accelerationClaim(base), true)
	return found, diags
}

// setOrPutBack switches; and where it is not known whether that took place, puts back what was: a failed create leaves no record of it.
func setOrPutBack(ctx context.Context, bucket blob.Accelerator, found, enabled bool) error {
	err := bucket.SetAcceleration(ctx, enabled)
	if err == nil || !errors.Is(err, blob.ErrUnreachable) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	if backErr := bucket.SetAcceleration(ctx, found); backErr != nil {
		return fmt.Errorf("%w; and it could not be put back to what it was (on: %t), so look whether it was switched: %s", err, found, backErr) //nolint:errorlint // the first is the cause
	}
	return err
}

func switching(base workspace.BaseURI, enabled bool) string {
	if enabled {
		return "Switching the transfer acceleration of " + bucketURI(base) + " on"
	}
	return "Switching the transfer acceleration of " + bucketURI(base) + " off"
}

// findEndpoint fills in the endpoint, unless the plan has it. It asks nothing.
func (m *transferAccelerationModel) findEndpoint(ctx context.Context, bucket blob.Accelerator, base workspace.BaseURI) diag.Diagnostics {
	var diags diag.Diagnostics
	if !m.Endpoint.IsUnknown() && !m.waits() {
		return diags
	}
	endpoint, err := bucket.AccelerationEndpoint(ctx)
	switch {
	case err == nil && m.Endpoint.IsUnknown():
		m.Endpoint = types.StringValue(endpoint)
	case err == nil:
	case !errors.Is(err, errors.ErrUnsupported):
		diags.Append(failureAt("base_uri", "Finding the accelerated endpoint of "+bucketURI(base), err))
	case m.waits():
		diags.Append(failureAt("wait", "Finding the accelerated endpoint of "+bucketURI(base), err))
	default:
		m.Endpoint = types.StringNull()
	}
	return diags
}

// Update switches if the state says otherwise, and waits if that is new.
func (r *transferAccelerationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, prior transferAccelerationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	timeout, diags := planned.Timeouts.Update(ctx, planned.timeout())
	resp.Diagnostics.Append(diags...)
	base, diags := planned.location()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	bucket, _, err := r.accelerator(base)
	if err != nil {
		resp.Diagnostics.Append(failureAt("base_uri", "Opening "+bucketURI(base), err))
		return
	}
	if resp.Diagnostics.Append(planned.findEndpoint(ctx, bucket, base)...); resp.Diagnostics.HasError() {
		return
	}
	switched := !planned.Enabled.Equal(prior.Enabled)
	if switched {
		if err := r.set(ctx, bucket, base, planned.Enabled.ValueBool()); err != nil {
			resp.Diagnostics.Append(failureAt("enabled", switching(base, planned.Enabled.ValueBool()), err))
			return
		}
	}
	if planned.waits() && (switched || !prior.Wait.ValueBool()) {
		resp.Diagnostics.Append(awaitAcceleration(ctx, bucket, planned, timeout)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, bucketURI(base))...)
}

func (r *transferAccelerationResource) set(ctx context.Context, bucket blob.Accelerator, base workspace.BaseURI, enabled bool) error {
	unlock, err := r.configured.keys.lock(ctx, accelerationClaim(base))
	if err != nil {
		return err
	}
	defer unlock()
	return bucket.SetAcceleration(ctx, enabled)
}

// Delete puts back what Create found.
func (r *transferAccelerationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state transferAccelerationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	found, diags := readFoundAcceleration(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := state.Timeouts.Delete(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	base, diags := state.location()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	tried := switching(base, found.Enabled)
	bucket, _, err := r.accelerator(base)
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	unlock, err := r.configured.keys.lock(ctx, accelerationClaim(base))
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	defer unlock()

	// After a renamed address, or a replacement that creates first, the bucket belongs to the new resource. What was found before this one
	// cannot be handed on: Terraform gives no private state to a create.
	if _, placed := r.configured.placed.Load(accelerationClaim(base)); placed {
		if state.Enabled.ValueBool() != found.Enabled {
			resp.Diagnostics.AddWarning("The transfer acceleration was left to another resource",
				fmt.Sprintf("Another resource of this run was created for %s first, and found the acceleration as this one had switched it (on: %t). "+
					"When that one is destroyed, it will leave it so, and not as it was before both (on: %t). "+
					"If it must not stay so, set enabled on that one as it is to be, apply, and then forget it by a removed block with destroy = false.", bucketURI(base), state.Enabled.ValueBool(), found.Enabled))
		}
		return
	}
	if state.Enabled.ValueBool() == found.Enabled {
		return
	}
	if err := bucket.SetAcceleration(ctx, found.Enabled); err != nil && !errors.Is(err, blob.ErrNoBucket) {
		resp.Diagnostics.AddError(failure(tried, err))
	}
}

func (r *transferAccelerationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	uri, diags := importedURI(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	base, err := schemes.All.ParseBaseURI(uri)
	if err != nil {
		resp.Diagnostics.Append(invalidImport("s3://my-bucket", err))
		return
	}
	if reason := noAcceleration(base); reason != "" {
		resp.Diagnostics.AddError(noAccelerationTitle, reason+" Import another bucket.")
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("base_uri"), base.String())...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("wait"), false)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, bucketURI(base))...)
}
