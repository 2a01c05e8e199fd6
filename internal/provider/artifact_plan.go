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

// ModifyPlan decides what an artifact will be.
// It sends the store no request, so that a plan works before the bucket exists.
//
// Terraform plans normally before it destroys, so an error here would stand in the way of a destroy: errors are only what the configuration alone proves wrong, and what the create of a new artifact would meet.
// All else is a warning, and an error at apply.
func (r *artifactResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	owner := ownershipKey.read(ctx, req.Private, &resp.Diagnostics)
	before := replacementKey.read(ctx, req.Private, &resp.Diagnostics)
	if req.Plan.Raw.IsNull() {
		// Nothing comes in its place, and that is wanted.
		resp.Diagnostics.Append(replacementKey.replace(ctx, resp.Private, before, replacement{})...)
		resp.Diagnostics.Append(r.planDestroy(ctx, req.State, owner)...)
		return
	}
	downloaded := downloadKey.read(ctx, req.Private, &resp.Diagnostics)
	p := artifactPlan{provider: r.configured, owner: owner}
	resp.Diagnostics.Append(readModel(ctx, req.Config, &p.config)...)
	resp.Diagnostics.Append(readModel(ctx, req.Plan, &p.planned)...)
	if !req.State.Raw.IsNull() {
		p.prior = &artifactModel{}
		resp.Diagnostics.Append(readModel(ctx, req.State, p.prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	if p.find(ctx, downloaded); p.diags.HasError() {
		resp.Diagnostics.Append(p.diags...)
		return
	}
	next := p.act(ctx, before)
	if p.kind == planReplace {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("uri"))
	}
	resp.Diagnostics.Append(p.diags...)
	resp.Diagnostics.Append(replacementKey.replace(ctx, resp.Private, before, next)...)
	resp.Diagnostics.Append(writeModel(ctx, p.planned, &resp.Plan.Raw)...)
}

// artifactPlan is one artifact as it is planned.
// find settles its kind, the evidence of its bytes, and its location; act derives everything else from these.
type artifactPlan struct {
	provider        *configured
	config, planned artifactModel
	prior           *artifactModel // nil: there is none, or it is being replaced
	owner           ownership

	kind     planKind
	source   sourceInspection
	was      *workspace.Artifact // where the prior state has the object; nil: there is none, or it is damaged
	location *workspace.Artifact // where the object will be; nil: not known yet
	diags    diag.Diagnostics
}

// planKind is what a plan does with an artifact's object.
type planKind int

const (
	// planCreate makes an object.
	// A tainted artifact looks the same, as Terraform passes neither its state nor its private state.
	planCreate planKind = iota
	// planCreateAgain is the second pass of a replacement, which has the private state of the first.
	planCreateAgain
	// planUpdate leaves the object in its place.
	// Its bytes and its attributes may change, and the spelling of its URI.
	planUpdate
	// planReplace makes an object elsewhere, or perhaps elsewhere, and deletes the one that the state has.
	planReplace
)

// objectExists reports whether this resource has an object in the store.
func (k planKind) objectExists() bool { return k != planCreate }

// find settles kind, evidence and location.
// The kind is known last, since it depends on the location, which may depend on the hash.
func (p *artifactPlan) find(ctx context.Context, downloaded download) {
	baseURI, hash := types.StringNull(), types.StringNull()
	switch {
	case p.prior != nil:
		p.kind, baseURI, hash = planUpdate, p.prior.BaseURI, p.prior.ContentSHA256
		if was, err := schemes.All.ParseArtifactURI(p.prior.URI.ValueString()); err == nil {
			p.was = &was
		}
	case p.owner.ID != "":
		p.kind = planCreateAgain
	}
	effective, base, diags := p.provider.plannedBaseURI(p.config.BaseURI, baseURI)
	p.planned.BaseURI = effective
	p.diags.Append(diags...)
	if p.planned.Accelerate.ValueBool() && base != nil {
		if reason := whyNotAccelerated(*base); reason != "" {
			p.diags.AddAttributeError(path.Root("accelerate"), noAccelerationTitle, reason+" Remove accelerate, or use another bucket.")
		}
	}
	p.source = sourceInspection{sources: &p.provider.sources, config: p.config, objectExists: p.kind.objectExists(), diags: &p.diags}
	p.source.inspect(ctx, hash, downloaded)
	p.planned.ContentSHA256 = p.source.hash
	if p.diags.HasError() {
		return
	}
	p.planLocation()
	if p.prior != nil && (p.location == nil || p.was == nil || p.was.Canonical() != p.location.Canonical()) {
		p.kind = planReplace
	}
}

// act fills in the plan, and returns what the delete of the object has to know, should there be one.
func (p *artifactPlan) act(ctx context.Context, before replacement) replacement {
	p.findConflicts()
	p.planned.ETag, p.planned.VersionID, p.planned.Size = types.StringUnknown(), types.StringUnknown(), types.Int64Unknown()
	if p.source.size >= 0 {
		p.planned.Size = types.Int64Value(p.source.size)
	}
	switch p.kind {
	case planUpdate:
		p.planUpdate()
		return replacement{} // nothing is deleted
	case planReplace:
		p.planReplace(ctx)
	}
	p.checkOwnSource()
	if p.kind == planCreateAgain {
		p.source.unproven = p.source.unproven || before.Unproven // the first pass has looked already
	}
	next := replacement{Unproven: p.source.unproven}
	next.Source, next.SHA256 = p.source.file()
	if p.kind == planCreate {
		next.Foreign = p.provider.walk.foreignLocations()
	}
	return next
}

// planUpdate plans what stays of the object.
func (p *artifactPlan) planUpdate() {
	sameBytes, sameAttrs := p.planned.ContentSHA256.Equal(p.prior.ContentSHA256), !attrsChange(p.planned, *p.prior)
	if (!sameBytes || !sameAttrs) && !p.owner.Owned && !p.planned.Overwrite.ValueBool() {
		fails := "the apply will fail"
		if p.planned.ContentSHA256.IsUnknown() {
			fails += " if the content differs"
		}
		p.diags.AddAttributeWarning(path.Root("overwrite"), notOursTitle,
			fmt.Sprintf("%s existed with the same content before this resource was created. It is not changed unless overwrite = true: without it, %s.", p.location.URI(), fails))
	}
	if !sameBytes {
		return
	}
	p.planned.Size = p.prior.Size
	if !p.config.Source.IsNull() && !p.config.Source.IsUnknown() && !p.prior.Source.IsNull() {
		// The same bytes by another path are no change, so that a plan is the same on every machine.
		p.planned.Source = p.prior.Source
	}
	if sameAttrs {
		p.planned.ETag, p.planned.VersionID = p.prior.ETag, p.prior.VersionID
	}
}
