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

// ModifyPlan decides what a workspace's storage will be.
// It sends no request, so that a plan works before the bucket exists.
func (r *workspaceStorageResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	owner := ownershipKey.read(ctx, req.Private, &resp.Diagnostics)
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.planDestroy(ctx, req, owner)...)
		return
	}
	var config, planned workspaceStorageModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	var prior *workspaceStorageModel
	if !req.State.Raw.IsNull() {
		prior = &workspaceStorageModel{}
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
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkCORSSupport(base, planned.CORSRule)...)
	mine := intent{owner, toCreate}
	if prior != nil && prior.liesAt(base) {
		mine.kind = toKeep
	} else if prior != nil {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("base_uri"))
	}
	if base != nil {
		resp.Diagnostics.Append(r.plan(*base, mine)...)
	}
	planned.compute(base)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
}

// liesAt compares the canonical locations, whatever their spelling.
func (m *workspaceStorageModel) liesAt(base *workspace.BaseURI) bool {
	mine, err := schemes.All.ParseBaseURI(m.BaseURI.ValueString())
	return err == nil && base != nil && mine.Canonical() == base.Canonical()
}

// workspaceLocation is the location of a workspace, in the words of walk.
func workspaceLocation(base workspace.BaseURI) string {
	return "workspace:" + base.Canonical().String()
}

// plan notes what becomes of a workspace's storage, and refuses a second resource on the same base URI.
func (r *workspaceStorageResource) plan(base workspace.BaseURI, mine intent) diag.Diagnostics {
	return r.configured.walk.plan(workspaceLocation(base), mine, conflicts{
		attribute: "base_uri",
		twice: message{"Two workspaces at the same base URI", fmt.Sprintf("Two flink_workspace_storage resources in this configuration manage %s. Each would undo the changes of the other: "+
			"combine their directories and namespaces in one of them, or change the base_uri of the other.", base)},
		moved: message{"A workspace is destroyed where another one exists", fmt.Sprintf("Both manage %s. If only the address of the resource changed, add a moved block: then nothing is destroyed or created. "+
			"Otherwise empty directories may be deleted and created again, and on OSS the CORS rule may remain in the bucket. Data is never deleted.", base)},
	})
}

// planDestroy warns when another resource is kept or created at this location.
func (r *workspaceStorageResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, owner ownership) diag.Diagnostics {
	var state workspaceStorageModel
	diags := req.State.Get(ctx, &state)
	if diags.HasError() {
		return diags
	}
	base, err := schemes.All.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		return diags // a damaged state must not stand in the way of a destroy
	}
	diags.Append(r.plan(base, intent{owner, toDelete})...)
	return diags
}
