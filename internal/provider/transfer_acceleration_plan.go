package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// ModifyPlan decides what a bucket's acceleration will be.
// It sends no request, so that a plan works before the bucket exists.
func (r *transferAccelerationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	owner := ownershipKey.read(ctx, req.Private, &resp.Diagnostics)
	found := foundAccelerationKey.read(ctx, req.Private, &resp.Diagnostics)
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.planDestroy(ctx, req, owner, found)...)
		return
	}
	var config, planned transferAccelerationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	var prior *transferAccelerationModel
	if !req.State.Raw.IsNull() {
		prior = &transferAccelerationModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	before := types.StringNull()
	if prior != nil {
		before = prior.BaseURI
	}
	effective, base, diags := r.configured.plannedBaseURI(config.BaseURI, before)
	planned.BaseURI = effective
	if base != nil {
		if reason := whyNotAccelerated(*base); reason != "" {
			diags.AddAttributeError(path.Root("base_uri"), noAccelerationTitle, reason+" Remove this resource, or use another bucket.")
		}
	}
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	mine := intent{owner, toCreate}
	planned.Bucket, planned.Endpoint = types.StringUnknown(), types.StringUnknown()
	if base != nil {
		planned.Bucket = types.StringValue(base.Bucket)
	}
	switch {
	case prior != nil && prior.isOf(base):
		mine.kind = toKeep
		planned.BaseURI, planned.Endpoint = prior.BaseURI, prior.Endpoint
	case prior != nil:
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("base_uri"))
		resp.Diagnostics.Append(warnStaysOn(found)...)
	}
	if base != nil {
		resp.Diagnostics.Append(r.plan(*base, mine)...)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
}

// isOf reports whether the state is about the bucket.
func (m *transferAccelerationModel) isOf(base *workspace.BaseURI) bool {
	mine, err := schemes.All.ParseBaseURI(m.BaseURI.ValueString())
	return err == nil && base != nil && bucketURI(mine) == bucketURI(*base)
}

// accelerationLocation is the location of a bucket's acceleration, in the words of walk.
func accelerationLocation(base workspace.BaseURI) string { return "acceleration:" + bucketURI(base) }

// plan notes what becomes of a bucket's acceleration, and refuses a second resource on the same bucket.
func (r *transferAccelerationResource) plan(base workspace.BaseURI, mine intent) diag.Diagnostics {
	return r.configured.walk.plan(accelerationLocation(base), mine, conflicts{
		attribute: "base_uri",
		twice: message{"Two transfer accelerations for one bucket", fmt.Sprintf("Two flink_transfer_acceleration resources in this configuration manage %s. "+
			"A bucket has only one such setting: keep one of them.", bucketURI(base))},
		moved: message{"A transfer acceleration is destroyed where another one exists", fmt.Sprintf("Both manage %s. If only the address of the resource changed, add a moved block: then nothing is destroyed or created. "+
			"Otherwise the new resource may record the setting of the old one as the original one, and leave the acceleration enabled when it is destroyed.", bucketURI(base))},
	})
}

// planDestroy warns where a destroy restores an acceleration that was enabled before.
func (r *transferAccelerationResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, owner ownership, found foundAcceleration) diag.Diagnostics {
	var state transferAccelerationModel
	diags := req.State.Get(ctx, &state)
	if diags.HasError() {
		return diags
	}
	base, err := schemes.All.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		return diags // a damaged state must not stand in the way of a destroy
	}
	diags.Append(warnStaysOn(found)...)
	diags.Append(r.plan(base, intent{owner, toDelete})...)
	return diags
}

func warnStaysOn(found foundAcceleration) diag.Diagnostics {
	var diags diag.Diagnostics
	if found.Enabled {
		diags.AddWarning("Transfer acceleration will stay enabled",
			fmt.Sprintf("It was enabled for %s before this resource was created, and a destroy restores that: it will be enabled, and incur fees where it is used. "+
				"To disable it for good, apply enabled = false first, and then remove the resource from the state with a removed block and destroy = false, or with \"terraform state rm\".", found.Bucket))
	}
	return diags
}
