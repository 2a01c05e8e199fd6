package provider

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// ModifyPlan decides what a bucket's acceleration will be. It asks the store nothing, so that a plan works before the bucket is there.
func (r *transferAccelerationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	owner, _, diags := readOwnership(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	found, diags := readFoundAcceleration(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
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
		if reason := noAcceleration(*base); reason != "" {
			diags.AddAttributeError(path.Root("base_uri"), noAccelerationTitle, reason+" Remove this resource, or use another bucket.")
		}
	}
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	mine := claim{owner, claimCreated}
	planned.Bucket, planned.Endpoint = types.StringUnknown(), types.StringUnknown()
	if base != nil {
		planned.Bucket = types.StringValue(base.Bucket)
	}
	switch {
	case prior != nil && prior.isOf(base):
		mine.kind = claimKept
		planned.BaseURI, planned.Endpoint = prior.BaseURI, prior.Endpoint
	case prior != nil:
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("base_uri"))
		resp.Diagnostics.Append(warnStaysOn(found)...)
	}
	if base != nil {
		resp.Diagnostics.Append(r.claim(*base, mine)...)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
}

const noAccelerationTitle = "No transfer acceleration here"

// noAcceleration says why a bucket can have none, as far as its name tells; "": it can. The table of schemes knows without opening a store.
func noAcceleration(base workspace.BaseURI) string {
	able := schemes.With[blob.Accelerator]()
	switch {
	case !slices.Contains(able, base.Backend.Name):
		return fmt.Sprintf("%s lies in a store of the kind %q, which has no transfer acceleration. These have: %s.", base, base.Backend, strings.Join(able, ", "))
	case strings.Contains(base.Bucket, "."):
		// The accelerated endpoint has the bucket in its host name, and a certificate for one label there.
		return fmt.Sprintf("%s accelerates no bucket with a dot in its name, and %s has one.", base.Backend.Title, base.Bucket)
	}
	return ""
}

// isOf says whether the state is about the bucket.
func (m *transferAccelerationModel) isOf(base *workspace.BaseURI) bool {
	mine, err := schemes.All.ParseBaseURI(m.BaseURI.ValueString())
	return err == nil && base != nil && bucketURI(mine) == bucketURI(*base)
}

// accelerationClaim is the name under which a bucket's acceleration is claimed.
func accelerationClaim(base workspace.BaseURI) string { return "acceleration:" + bucketURI(base) }

// claim refuses a second resource on the same bucket.
func (r *transferAccelerationResource) claim(base workspace.BaseURI, mine claim) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, other := range r.configured.planned.add(accelerationClaim(base), mine) {
		const title = "Two transfer accelerations of one bucket"
		detail := fmt.Sprintf("Two flink_transfer_acceleration resources of this configuration are about %s. A bucket has one acceleration: keep one of them.", bucketURI(base))
		switch {
		case other.kind == claimDestroyed:
			diags.AddWarning(movedAccelerationTitle, movedAccelerationDetail(base))
		case other.kind == claimKept && mine.kind == claimKept:
			// Both exist: an error would keep them from being destroyed.
			diags.AddAttributeWarning(path.Root("base_uri"), title, detail)
		default:
			diags.AddAttributeError(path.Root("base_uri"), title, detail)
		}
	}
	return diags
}

// planDestroy says what a destroy puts back, where that is not the state without acceleration that one expects.
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
	for _, other := range r.configured.planned.add(accelerationClaim(base), claim{owner, claimDestroyed}) {
		if other.kind != claimDestroyed {
			diags.AddWarning(movedAccelerationTitle, movedAccelerationDetail(base))
		}
	}
	return diags
}

func warnStaysOn(found foundAcceleration) diag.Diagnostics {
	var diags diag.Diagnostics
	if found.Enabled {
		diags.AddWarning("Transfer acceleration will stay on",
			fmt.Sprintf("It was on for %s before this resource was created, and a destroy puts that back: it will be on, and cost fees where it is used. "+
				"To end with it off, apply enabled = false first and then forget the resource: by a removed block with destroy = false, or by \"terraform state rm\".", found.Bucket))
	}
	return diags
}

const movedAccelerationTitle = "A transfer acceleration is destroyed where another one is"

func movedAccelerationDetail(base workspace.BaseURI) string {
	return fmt.Sprintf("Both are about %s. If the resource only got another address, write a moved block: then nothing is destroyed and nothing created. "+
		"Without it, the new resource may take what the old one switched on for what was there before, and leave it on when it is destroyed.", bucketURI(base))
}
