package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// claim refuses a second resource on the same location.
func (p *artifactPlan) claim(planned *plannedLocations) {
	if p.location == nil {
		return
	}
	mine := claim{p.owner, claimCreated}
	if p.prior != nil && !p.replaced() {
		mine.kind = claimKept
	}
	for _, other := range planned.add(p.location.Canonical(), mine) {
		const title = "Two artifacts in one place"
		detail := fmt.Sprintf("Two flink_artifact resources of this configuration are %s. Each would overwrite and delete the other's file: give one another filename or namespace.", p.location.URI())
		switch {
		case other.kind == claimDestroyed:
			switch {
			case mine.kind == claimCreated:
				p.diags.AddWarning(renamedTitle, renamedDetail(*p.location))
			case other.owner.shares(mine.owner):
				p.diags.AddError(sharedTitle, sharedDetail(*p.location))
			}
		case other.kind == claimKept && mine.kind == claimKept:
			// Both exist: an error would keep them from being destroyed.
			p.diags.AddAttributeWarning(path.Root("filename"), title, detail)
		default:
			p.diags.AddAttributeError(path.Root("filename"), title, detail)
		}
	}
}

// planDestroy warns when the same run creates an artifact where this one goes, and stops when another one would lose its object.
func (r *artifactResource) planDestroy(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, owner ownership) diag.Diagnostics {
	var state artifactModel
	diags := readModel(ctx, req.State.Raw, req.State.Schema, &state)
	if diags.HasError() || state.RetainOnDestroy.ValueBool() {
		return diags
	}
	diags.Append(rewrite(ctx, req.Private, resp.Private, replacement{})...) // nothing comes in its place, and that is wanted
	artifact, err := schemes.All.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		return diags // a damaged state must not stand in the way of a destroy
	}
	for _, other := range r.configured.planned.add(artifact.Canonical(), claim{owner, claimDestroyed}) {
		switch {
		case other.kind == claimCreated:
			// Terraform plans the delete of what create_before_destroy has replaced only after the create.
			if _, placed := r.configured.placed.Load(artifact.Canonical()); !placed {
				diags.AddWarning(renamedTitle, renamedDetail(artifact))
			}
		case other.kind == claimKept && owner.shares(other.owner):
			diags.AddError(sharedTitle, sharedDetail(artifact))
		}
	}
	return diags
}

// release notes that a replacement leaves its place, and stops where another resource keeps the object there.
func (p *artifactPlan) release(planned *plannedLocations) {
	was, err := schemes.All.ParseArtifactURI(p.prior.URI.ValueString())
	if err != nil || p.prior.RetainOnDestroy.ValueBool() {
		return
	}
	for _, other := range planned.add(was.Canonical(), claim{p.owner, claimDestroyed}) {
		if other.kind == claimKept && p.owner.shares(other.owner) {
			p.diags.AddError(sharedTitle, sharedDetail(was))
		}
	}
}

// rewrite tells the delete what the plan knows, and nothing that an earlier plan knew.
func rewrite(ctx context.Context, from privateReader, to privateWriter, next replacement) diag.Diagnostics {
	var before replacement
	diags := readPrivate(ctx, from, replacementKey, &before)
	if !before.equal(next) {
		diags.Append(writePrivate(ctx, to, replacementKey, next)...)
	}
	return diags
}

const sharedTitle = "Two resources own one object, and one of them would delete it"

func sharedDetail(artifact workspace.Artifact) string {
	return fmt.Sprintf("%s belongs to a resource that this plan destroys, and to one that it keeps, such as one that was imported under another address. "+
		"The destroy would take the object from the one that stays.\n\n"+
		"What to do: Give the resource its new address by a moved block in place of the import, or forget the old one without a destroy: "+
		"by \"terraform state rm\", or by a removed block with destroy = false. To destroy all of them, add -refresh=false to \"terraform destroy\".", artifact.URI())
}

const renamedTitle = "One artifact is destroyed and another created in the same place"

func renamedDetail(artifact workspace.Artifact) string {
	return fmt.Sprintf("Both are %s. If the resource only got another address, write a moved block: then nothing is destroyed, nothing is created, "+
		"and no byte is sent. Without it the file will be there after the apply, too: the new resource takes it over, or writes it again. "+
		"Only if its bytes change in the same run it may be refused: then set overwrite = true.", artifact.URI())
}
