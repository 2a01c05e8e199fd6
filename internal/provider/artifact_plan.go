package provider

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// ModifyPlan decides what an artifact will be. It asks the store nothing, so that a plan works before the bucket is there.
//
// Terraform plans normally before it destroys, so an error here would stand in the way of a destroy: errors are only what the
// configuration alone proves wrong, and what the create of a new artifact would meet. All else is a warning, and an error at apply.
func (r *artifactResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	owner, owned, diags := readOwnership(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	if req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(r.planDestroy(ctx, req, resp, owner)...)
		return
	}
	var config, planned artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	resp.Diagnostics.Append(readModel(ctx, req.Plan.Raw, req.Plan.Schema, &planned)...)
	var prior *artifactModel
	if !req.State.Raw.IsNull() {
		prior = &artifactModel{}
		resp.Diagnostics.Append(readModel(ctx, req.State.Raw, req.State.Schema, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	p := artifactPlan{
		provider: r.configured, config: config, planned: planned, prior: prior, owner: owner,
		// The second planning of a replacement has no prior state, but its private one.
		exists: prior != nil || owned,
	}
	var downloaded download
	p.diags.Append(readPrivate(ctx, req.Private, downloadKey, &downloaded)...)
	p.planBaseURI(r.configured)
	p.checkAcceleration()
	p.planHash(ctx, downloaded)
	if !p.diags.HasError() {
		p.planLocation()
	}
	if p.diags.HasError() {
		resp.Diagnostics.Append(p.diags...)
		return
	}
	p.claim(&r.configured.planned)
	if p.replaced() {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("uri"))
		p.release(&r.configured.planned)
		p.proveRemote(ctx)
		if unknown := config.Source.IsUnknown() || config.SourceURL.IsUnknown(); unknown || p.unseen {
			title := "The source is not known yet"
			if !unknown {
				title = "The new bytes are not known yet"
			}
			p.diags.AddAttributeWarning(path.Root(config.sourceAttribute()), title,
				"The plan replaces the file, and cannot see what will come in its place. If the lifecycle block has create_before_destroy = true, nothing has to be done. "+
					"Without it the apply will refuse to delete the old file first: set it, or "+otherwise(config)+".")
		}
	}
	p.planRest()
	p.checkWhatGoes()
	if prior == nil && owned {
		// The second planning of a replacement has the private state of the first, which has asked already.
		var first replacement
		p.diags.Append(readPrivate(ctx, req.Private, replacementKey, &first)...)
		p.unproven = p.unproven || first.Unproven
	}
	next := replacement{Unproven: p.unproven && (p.prior == nil || p.replaced())}
	if p.prior == nil || p.replaced() { // of a tainted resource nothing tells a create from a replacement
		next.Source, next.SHA256 = p.localSource()
	}
	if prior == nil && !owned {
		next.Foreign = r.configured.takenOver()
	}
	p.diags.Append(rewrite(ctx, req.Private, resp.Private, next)...)
	resp.Diagnostics.Append(p.diags...)
	resp.Diagnostics.Append(writeModel(ctx, req.Plan.Raw.Type(), p.planned, &resp.Plan.Raw)...)
}

// artifactPlan is one artifact as it is planned.
type artifactPlan struct {
	provider        *configured
	config, planned artifactModel
	prior           *artifactModel // nil: there is none, or it is being replaced
	owner           ownership
	exists          bool // an object of this resource is in the store

	unproven bool                // the source could not be read, is not the pinned one, or will be read at apply only
	unseen   bool                // a remote source has other bytes than before, and nobody knows which
	location *workspace.Artifact // nil: not known yet
	bytes    int64               // length of the planned bytes, where they were read; -1: they were not
	diags    diag.Diagnostics
}

func (p *artifactPlan) planBaseURI(provider *configured) {
	effective, diags := effectiveBaseURI(p.config.BaseURI, provider.baseURI)
	p.diags.Append(diags...)
	if p.config.BaseURI.IsNull() && effective.IsUnknown() && p.prior != nil {
		effective = p.prior.BaseURI
		p.diags.Append(provider.assumed()...)
	}
	p.planned.BaseURI = effective
}

// checkAcceleration refuses an acceleration that the bucket cannot have, whatever is switched on.
func (p *artifactPlan) checkAcceleration() {
	if !p.planned.Accelerate.ValueBool() || p.planned.BaseURI.IsUnknown() {
		return
	}
	base, err := schemes.All.ParseBaseURI(p.planned.BaseURI.ValueString())
	if err != nil {
		return // planLocation says so
	}
	if reason := noAcceleration(base); reason != "" {
		p.diags.AddAttributeError(path.Root("accelerate"), noAccelerationTitle, reason+" Remove accelerate, or use another bucket.")
	}
}

// planLocation names the file and finds where it will lie.
func (p *artifactPlan) planLocation() {
	p.planned.Filename = p.config.Filename
	if p.config.Filename.IsNull() {
		switch {
		case p.config.Source.IsUnknown(), p.config.SourceURL.IsUnknown(), p.config.Source.IsNull() && p.config.SourceURL.IsNull() && p.config.Content.IsUnknown():
			p.planned.Filename = types.StringUnknown()
		case !p.config.SourceURL.IsNull():
			name, err := sourceURLName(p.config.SourceURL.ValueString())
			if err == nil {
				err = workspace.CheckFilename(name)
			}
			if err != nil {
				p.diags.AddAttributeError(path.Root("filename"), noFilenameTitle, rule.Sentence(err)+" Set filename, such as \"job.jar\".")
				return
			}
			p.planned.Filename = types.StringValue(norm.NFC.String(name)) // as Terraform would have it otherwise, at the next plan
		case p.config.Source.IsNull():
			p.diags.AddAttributeError(path.Root("filename"), noFilenameTitle, noFilenameDetail)
			return
		default:
			p.planned.Filename = types.StringValue(filepath.Base(p.config.Source.ValueString()))
		}
	}
	p.planned.URI = types.StringUnknown()
	if p.planned.BaseURI.IsUnknown() || p.planned.Namespace.IsUnknown() || p.planned.Filename.IsUnknown() || p.planned.ContentAddressed.IsUnknown() ||
		(p.planned.ContentAddressed.ValueBool() && p.planned.ContentSHA256.IsUnknown()) {
		return
	}
	artifact, at, err := p.planned.artifact()
	if err != nil {
		p.diags.AddAttributeError(path.Root(at), locationRules[at].Title, rule.Sentence(err))
		return
	}
	if from, err := schemes.All.ParseArtifactURI(p.config.SourceURL.ValueString()); err == nil && from.Canonical() == artifact.Canonical() {
		p.diags.AddAttributeError(path.Root("source_url"), sourceURLRule.Title, "The artifact would be made from itself: source_url is its own place. To manage an object that is there, import it.")
		return
	}
	p.location = &artifact
	p.planned.URI = types.StringValue(artifact.URI())
	if p.prior != nil && p.prior.URI.Equal(p.planned.URI) {
		return
	}
	for _, name := range [][3]string{{"namespace", "namespace", artifact.Namespace}, {"filename", "file name", artifact.Filename}} {
		if warning := workspace.NameWarning(name[1], name[2]); warning != "" {
			p.diags.AddAttributeWarning(path.Root(name[0]), "Flink may not find this file", warning)
		}
	}
}

// locationRules are those of the attributes that a location is made of.
var locationRules = map[string]rule.String{"base_uri": baseURIRule, "filename": filenameRule}

// artifact is where the file lies; at is the attribute that an error concerns. All that it is made of must be known.
func (m artifactModel) artifact() (artifact workspace.Artifact, at string, err error) {
	base, err := schemes.All.ParseBaseURI(m.BaseURI.ValueString())
	if err != nil {
		return workspace.Artifact{}, "base_uri", err
	}
	filename := m.Filename.ValueString()
	if m.ContentAddressed.ValueBool() {
		filename = workspace.ContentAddressed(filename, m.ContentSHA256.ValueString())
	}
	artifact, err = workspace.NewArtifact(base, m.Namespace.ValueString(), filename)
	return artifact, "filename", err
}

// replaced says whether the file will lie somewhere else, or may.
func (p *artifactPlan) replaced() bool {
	if p.prior == nil {
		return false
	}
	if p.location == nil {
		return true
	}
	was, err := schemes.All.ParseArtifactURI(p.prior.URI.ValueString())
	return err != nil || was.Canonical() != p.location.Canonical()
}

// planRest fills in what follows from hash and location.
func (p *artifactPlan) planRest() {
	p.planned.ETag, p.planned.VersionID, p.planned.Size = types.StringUnknown(), types.StringUnknown(), types.Int64Unknown()
	if p.bytes >= 0 {
		p.planned.Size = types.Int64Value(p.bytes)
	}
	if p.prior == nil || p.replaced() {
		return
	}
	sameBytes, sameAttrs := p.planned.ContentSHA256.Equal(p.prior.ContentSHA256), !attrsChange(p.planned, *p.prior)
	if (!sameBytes || !sameAttrs) && !p.owner.Owned && !p.planned.Overwrite.ValueBool() {
		fails := "the apply will fail"
		if p.planned.ContentSHA256.IsUnknown() {
			fails += " if the new bytes are other ones"
		}
		p.diags.AddAttributeWarning(path.Root("overwrite"), notOursTitle,
			fmt.Sprintf("%s was there, with the same bytes, before this resource was created. It is not changed unless overwrite = true: without it, %s.", p.location.URI(), fails))
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

// attrsChange says whether what is told about an object changes. No metadata and empty metadata are the same.
func attrsChange(planned, prior artifactModel) bool {
	if planned.Metadata.IsUnknown() || !planned.ContentType.Equal(prior.ContentType) {
		return true
	}
	return !maps.Equal(planned.userMetadata(), prior.userMetadata())
}
