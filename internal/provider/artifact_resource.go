package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

type artifactResource struct{ configured *configured }

var (
	_ resource.ResourceWithConfigure      = (*artifactResource)(nil)
	_ resource.ResourceWithValidateConfig = (*artifactResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*artifactResource)(nil)
	_ resource.ResourceWithImportState    = (*artifactResource)(nil)
	_ resource.ResourceWithIdentity       = (*artifactResource)(nil)
)

func newArtifactResource() resource.Resource { return &artifactResource{} }

func (r *artifactResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_artifact"
}

func (r *artifactResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.configured, _ = req.ProviderData.(*configured) // nil: the provider is not configured yet
}

func (r *artifactResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	p := artifactPublication{provider: r.configured, owner: newOwnership()}
	resp.Diagnostics.Append(p.read(ctx, req.Config, req.Plan)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, p.planned.Timeouts.Create, transferTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(p.publish(ctx, func() diag.Diagnostics {
		diags := p.create(ctx)
		if !diags.HasError() {
			r.configured.walk.created.Store(p.artifact.Canonical(), true)
		}
		return diags
	})...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(p.record(ctx, resp.Private, &resp.State, resp.Identity)...)
	}
}

func (r *artifactResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	owner := ownershipKey.read(ctx, req.Private, &resp.Diagnostics)
	p := artifactPublication{provider: r.configured, owner: owner, prior: &artifactModel{}}
	resp.Diagnostics.Append(p.read(ctx, req.Config, req.Plan)...)
	resp.Diagnostics.Append(readModel(ctx, req.State, p.prior)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, p.planned.Timeouts.Update, transferTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(p.publish(ctx, func() diag.Diagnostics { return p.update(ctx) })...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(p.record(ctx, resp.Private, &resp.State, resp.Identity)...)
	}
}
