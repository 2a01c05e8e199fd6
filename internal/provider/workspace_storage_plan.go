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

// ModifyPlan decides what a workspace's storage will be. It asks the store nothing, so that a plan works before the bucket is there.
func (r *workspaceStorageResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	owner, _, diags := readOwnership(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
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
	resp.Diagnostics.Append(checkCORSBackend(base, planned.CORSRule)...)
	mine := claim{owner, claimCreated}
	if prior != nil && prior.liesAt(base) {
		mine.kind = claimKept
	}
	if prior != nil && mine.kind == claimCreated {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("base_uri"))
	}
	if base != nil {
		resp.Diagnostics.Append(r.claim(*base, mine)...)
	}
	planned.compute(base)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, planned)...)
}

// liesAt compares the canonical locations, whatever their spelling.
func (m *workspaceStorageModel) liesAt(base *workspace.BaseURI) bool {
	mine, err := schemes.All.ParseBaseURI(m.BaseURI.ValueString())
	return err == nil && base != nil && mine.Canonical() == base.Canonical()
}

// checkCORSBackend refuses a CORS rule where the store has none. The table of schemes knows that without opening a store.
func checkCORSBackend(base *workspace.BaseURI, rule types.Object) diag.Diagnostics {
	var diags diag.Diagnostics
	able := schemes.With[blob.CORSConfigurer]()
	if base == nil || rule.IsNull() || slices.Contains(able, base.Backend.Name) {
		return diags
	}
	diags.AddAttributeError(path.Root("cors_rule"), "No CORS in this store",
		fmt.Sprintf("%s lies in a store of the kind %q, which has no CORS rules. These have: %s. Remove cors_rule, or use one of them.", base, base.Backend, strings.Join(able, ", ")))
	return diags
}

// workspaceClaim is the name under which a workspace's place is claimed.
func workspaceClaim(base workspace.BaseURI) string { return "workspace:" + base.Canonical().String() }

// claim refuses a second resource on the same base URI.
func (r *workspaceStorageResource) claim(base workspace.BaseURI, mine claim) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, other := range r.configured.planned.add(workspaceClaim(base), mine) {
		const title = "Two workspaces in one place"
		detail := fmt.Sprintf("Two flink_workspace_storage resources of this configuration are %s. Each would undo what the other does: "+
			"put the directories and namespaces of both into one, or give one of them another base_uri.", base)
		switch {
		case other.kind == claimDestroyed:
			diags.AddWarning(movedWorkspaceTitle, movedWorkspaceDetail(base))
		case other.kind == claimKept && mine.kind == claimKept:
			// Both exist: an error would keep them from being destroyed.
			diags.AddAttributeWarning(path.Root("base_uri"), title, detail)
		default:
			diags.AddAttributeError(path.Root("base_uri"), title, detail)
		}
	}
	return diags
}

// planDestroy warns when another resource stays, or is created, where this one goes.
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
	for _, other := range r.configured.planned.add(workspaceClaim(base), claim{owner, claimDestroyed}) {
		if other.kind != claimDestroyed {
			diags.AddWarning(movedWorkspaceTitle, movedWorkspaceDetail(base))
		}
	}
	return diags
}

const movedWorkspaceTitle = "A workspace is destroyed where another one is"

func movedWorkspaceDetail(base workspace.BaseURI) string {
	return fmt.Sprintf("Both are %s. If the resource only got another address, write a moved block: then nothing is destroyed and nothing created. "+
		"Without it empty directories may be removed and made again, and on OSS the CORS rule may stay in the bucket for good; data stays in any case.", base)
}
