package provider

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

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
	r.configured, _ = req.ProviderData.(*configured) // nil: the provider is not configured yet
}

// accelerator opens a bucket's store.
func (r *transferAccelerationResource) accelerator(base workspace.BaseURI) (blob.Accelerator, error) {
	store, err := r.configured.stores.open(base)
	if err != nil {
		return nil, err
	}
	bucket, ok := store.(blob.Accelerator)
	if !ok {
		return nil, fmt.Errorf("transfer acceleration of %s: %w", bucketURI(base), errors.ErrUnsupported)
	}
	return bucket, nil
}

// Create reads the setting, keeps it for the destroy, and changes it if need be.
// After the change nothing is an error any more: without a state the original setting would be lost.
func (r *transferAccelerationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned transferAccelerationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, planned.Timeouts.Create, planned.timeout())
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	found, diags := r.apply(ctx, &planned, nil)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(foundAccelerationKey.write(ctx, resp.Private, found)...)
	resp.Diagnostics.Append(ownershipKey.write(ctx, resp.Private, newOwnership())...) // its ID tells this resource from others on the same bucket
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, found.Bucket)...)
}

// Update changes the setting if the state has another one, and waits if that is new.
func (r *transferAccelerationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, prior transferAccelerationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, planned.Timeouts.Update, planned.timeout())
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	found, diags := r.apply(ctx, &planned, &prior)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, found.Bucket)...)
}

// apply changes a bucket's acceleration if need be, waits if that is wanted, and fills in the endpoint.
// Without a prior state it is a create, and returns the original setting.
func (r *transferAccelerationResource) apply(ctx context.Context, planned, prior *transferAccelerationModel) (found foundAcceleration, diags diag.Diagnostics) {
	base, diags := planned.location()
	if diags.HasError() {
		return found, diags
	}
	bucket, err := r.accelerator(base)
	if err != nil {
		diags.Append(failureAt("base_uri", "Opening "+bucketURI(base), err))
		return found, diags
	}
	if diags.Append(planned.findEndpoint(ctx, bucket, base)...); diags.HasError() {
		return found, diags
	}
	found.Bucket = bucketURI(base)
	enabled, waits := planned.Enabled.ValueBool(), planned.waits()
	diags.Append(r.configured.walk.change(ctx, accelerationLocation(base), "the transfer acceleration of "+found.Bucket, func() (diags diag.Diagnostics) {
		if prior != nil {
			if planned.Enabled.Equal(prior.Enabled) {
				waits = waits && !prior.Wait.ValueBool()
			} else if err := bucket.SetAcceleration(ctx, enabled); err != nil {
				diags.Append(failureAt("enabled", switching(base, enabled), err))
			}
			return diags
		}
		now, err := bucket.Acceleration(ctx)
		if err != nil {
			diags.Append(failureAt("base_uri", "Reading the transfer acceleration of "+found.Bucket, err))
			return diags
		}
		found.Enabled = now
		if err := setOrPutBack(ctx, bucket, found.Enabled, enabled); err != nil {
			diags.Append(failureAt("enabled", switching(base, enabled), err))
			return diags
		}
		r.configured.walk.created.Store(accelerationLocation(base), true)
		return diags
	})...)
	if waits && !diags.HasError() {
		diags.Append(awaitAcceleration(ctx, bucket, *planned)...)
	}
	return found, diags
}

// setOrPutBack changes the setting.
// Where the result is not known, it restores the original one, of which a failed create leaves no record.
func setOrPutBack(ctx context.Context, bucket blob.Accelerator, found, enabled bool) error {
	if found == enabled {
		return nil
	}
	err := bucket.SetAcceleration(ctx, enabled)
	if err == nil || !errors.Is(err, blob.ErrUnreachable) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	ctx, cancel := blob.CommitContext(ctx)
	defer cancel()
	if backErr := bucket.SetAcceleration(ctx, found); backErr != nil {
		return fmt.Errorf("%w; the original setting (enabled: %t) could not be restored, so check whether it was changed: %s", err, found, backErr) //nolint:errorlint // the first is the cause
	}
	return err
}

func switching(base workspace.BaseURI, enabled bool) string {
	if enabled {
		return "Switching the transfer acceleration of " + bucketURI(base) + " on"
	}
	return "Switching the transfer acceleration of " + bucketURI(base) + " off"
}

// findEndpoint fills in the endpoint, unless the plan has it.
// It sends no request.
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

// Delete restores the setting that Create found.
func (r *transferAccelerationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state transferAccelerationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	found := foundAccelerationKey.read(ctx, req.Private, &resp.Diagnostics)
	ctx, cancel := within(ctx, &resp.Diagnostics, state.Timeouts.Delete, storageTimeout)
	defer cancel()
	base, diags := state.location()
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	bucket, err := r.accelerator(base)
	if err != nil {
		resp.Diagnostics.AddError(failure(switching(base, found.Enabled), err))
		return
	}
	resp.Diagnostics.Append(r.configured.walk.change(ctx, accelerationLocation(base), "the transfer acceleration of "+bucketURI(base), func() (diags diag.Diagnostics) {
		switch enabled := state.Enabled.ValueBool(); {
		case enabled == found.Enabled:
		case r.configured.walk.isCreated(accelerationLocation(base)):
			// After a renamed address, or a replacement that creates first, the bucket belongs to the new resource.
			// What was found before this one cannot be handed on: Terraform gives no private state to a create.
			diags.AddWarning("Transfer acceleration was left to another resource",
				fmt.Sprintf("Another resource of this run was created first for %s, and recorded the setting of this resource (enabled: %t) as the original one. "+
					"Destroying that resource will not restore the original setting (enabled: %t). "+
					"To restore it, set enabled of that resource accordingly, apply, and then remove it from the state with a removed block and destroy = false.", bucketURI(base), enabled, found.Enabled))
		default:
			if err := bucket.SetAcceleration(ctx, found.Enabled); err != nil && !errors.Is(err, blob.ErrNoBucket) {
				diags.AddError(failure(switching(base, found.Enabled), err))
			}
		}
		return diags
	})...)
}

func (r *transferAccelerationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	base, diags := imported(ctx, req, schemes.All.ParseBaseURI, "s3://my-bucket")
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if reason := whyNotAccelerated(base); reason != "" {
		resp.Diagnostics.AddError(noAccelerationTitle, reason+" Import another bucket.")
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("base_uri"), base.String())...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("wait"), false)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, bucketURI(base))...)
}
