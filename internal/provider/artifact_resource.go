package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// How long a step may take where the timeouts block says nothing.
const (
	transferTimeout = 2 * time.Hour    // a create or an update may send bytes
	readTimeout     = 30 * time.Minute // a refresh may have to read an object that somebody else wrote
	deleteTimeout   = 10 * time.Minute
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
	if req.ProviderData != nil {
		r.configured = req.ProviderData.(*configured) //nolint:forcetypeassert // the provider sets nothing else
	}
}

func (r *artifactResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var config, planned artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	resp.Diagnostics.Append(readModel(ctx, req.Plan.Raw, req.Plan.Schema, &planned)...)
	timeout, diags := planned.Timeouts.Create(ctx, transferTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	p, diags := r.publication(ctx, config, planned)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	unlock, err := r.configured.keys.lock(ctx, p.artifact.Canonical())
	if err != nil {
		resp.Diagnostics.AddError(failure("Waiting for another artifact at "+p.artifact.URI(), err))
		return
	}
	defer unlock()

	defer r.configured.listings.Drop()
	owner := newOwnership()
	resp.Diagnostics.Append(p.create(ctx, &owner)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.configured.placed.Store(p.artifact.Canonical(), true)
	resp.Diagnostics.Append(owner.write(ctx, resp.Private)...)
	resp.Diagnostics.Append(writeSighting(ctx, resp.Private, p.artifact, owner, p.found)...)
	resp.Diagnostics.Append(p.writeDownload(ctx, resp.Private)...)
	resp.Diagnostics.Append(writeModel(ctx, req.Plan.Raw.Type(), p.state(), &resp.State.Raw)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, p.artifact.Canonical())...)
}

func (r *artifactResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, planned, prior artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	resp.Diagnostics.Append(readModel(ctx, req.Plan.Raw, req.Plan.Schema, &planned)...)
	resp.Diagnostics.Append(readModel(ctx, req.State.Raw, req.State.Schema, &prior)...)
	owner, _, diags := readOwnership(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := planned.Timeouts.Update(ctx, transferTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	p, diags := r.publication(ctx, config, planned)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	unlock, err := r.configured.keys.lock(ctx, p.artifact.Canonical())
	if err != nil {
		resp.Diagnostics.AddError(failure("Waiting for another artifact at "+p.artifact.URI(), err))
		return
	}
	defer unlock()

	defer r.configured.listings.Drop()
	resp.Diagnostics.Append(p.update(ctx, prior, &owner)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(owner.write(ctx, resp.Private)...)
	resp.Diagnostics.Append(writeSighting(ctx, resp.Private, p.artifact, owner, p.found)...)
	resp.Diagnostics.Append(p.writeDownload(ctx, resp.Private)...)
	resp.Diagnostics.Append(writeModel(ctx, req.Plan.Raw.Type(), p.state(), &resp.State.Raw)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, p.artifact.Canonical())...)
}

// publication gathers what a create or an update works with. The hash of bytes that lie here is found now where the plan did not know it; that of
// others is found as they come, unless the file's name needs it.
func (r *artifactResource) publication(ctx context.Context, config, planned artifactModel) (*artifactPublication, diag.Diagnostics) {
	var diags diag.Diagnostics
	p := &artifactPublication{provider: r.configured, config: config, planned: planned}
	from, awaits, err := r.configured.bytes(config)
	if err == nil && awaits != "" {
		diags.Append(settingsUnknown(awaits, config.sourceName()))
		return nil, diags
	}
	if err != nil {
		diags.AddAttributeError(path.Root(config.sourceAttribute()), sourceURLRule.Title, rule.Sentence(err))
		return nil, diags
	}
	_, p.remote = from.(source.Remote)
	p.from = &watched{Source: from}
	if diags.Append(p.findHash(ctx)...); diags.HasError() {
		return nil, diags
	}
	var at string
	if p.artifact, at, err = p.planned.artifact(); err != nil {
		diags.AddAttributeError(path.Root(at), locationRules[at].Title, rule.Sentence(err))
		return nil, diags
	}
	p.planned.URI = types.StringValue(p.artifact.URI())
	if p.store, err = r.configured.store(p.artifact.Base); err != nil {
		diags.Append(failureAt("base_uri", "Opening "+p.artifact.Base.String(), err))
		return nil, diags
	}
	return p, diags
}
