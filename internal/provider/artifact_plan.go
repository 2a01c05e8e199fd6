package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
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
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	var prior *artifactModel
	if !req.State.Raw.IsNull() {
		prior = &artifactModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, prior)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	p := artifactPlan{
		config: config, planned: planned, prior: prior, owner: owner,
		// The second planning of a replacement has no prior state, but its private one.
		exists: prior != nil || owned,
	}
	p.planBaseURI(r.configured)
	p.checkAcceleration()
	p.planHash(ctx)
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
		if config.Source.IsUnknown() {
			p.diags.AddAttributeWarning(path.Root("source"), "The source is not known yet",
				"The plan replaces the file, and cannot see what will come in its place. Without create_before_destroy the apply will refuse to delete the old file first. "+
					"Set create_before_destroy = true in the lifecycle block, or set filename, so that the file stays in its place.")
		}
	}
	p.planRest()
	next := replacement{Unproven: p.unproven && (p.prior == nil || p.replaced())}
	if prior == nil && !owned {
		next.Foreign = r.configured.takenOver()
	}
	p.diags.Append(rewrite(ctx, req.Private, resp.Private, next)...)
	resp.Diagnostics.Append(p.diags...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, p.planned)...)
}

// artifactPlan is one artifact as it is planned.
type artifactPlan struct {
	config, planned artifactModel
	prior           *artifactModel // nil: there is none, or it is being replaced
	owner           ownership
	exists          bool // an object of this resource is in the store

	unproven bool                // the source could not be read, or is not the pinned one
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
	base, err := workspace.ParseBaseURI(p.planned.BaseURI.ValueString())
	if err != nil {
		return // planLocation says so
	}
	if reason := noAcceleration(base); reason != "" {
		p.diags.AddAttributeError(path.Root("accelerate"), noAccelerationTitle, reason+" Remove accelerate, or use another bucket.")
	}
}

// planHash finds the SHA-256 that the bytes will have.
func (p *artifactPlan) planHash(ctx context.Context) {
	p.bytes = -1
	pin := p.config.ContentSHA256
	if pin.IsUnknown() {
		p.planned.ContentSHA256 = types.StringUnknown()
		p.readSource(ctx) // whether it is there counts all the same
		return
	}
	if !pin.IsNull() && p.prior != nil && pin.Equal(p.prior.ContentSHA256) {
		p.planned.ContentSHA256 = pin
		return
	}
	read, ok := p.readSource(ctx)
	switch {
	case pin.IsNull() && ok:
		p.planned.ContentSHA256 = types.StringValue(read.SHA256.String())
		p.bytes = read.Size
	case pin.IsNull():
		p.planned.ContentSHA256 = types.StringUnknown()
	default:
		p.planned.ContentSHA256 = pin
		switch {
		case ok && read.SHA256.String() == pin.ValueString():
			p.bytes = read.Size
		case ok:
			p.complain("content_sha256", "The source is not the pinned one",
				fmt.Sprintf("The source has SHA-256 %s, and content_sha256 asks for %s. Correct the one that is wrong, or remove content_sha256 to take the source as it is.",
					read.SHA256, pin.ValueString()))
		}
	}
}

// readSource hashes the source as it is now. ok is false where that is not possible; the reason has been told.
func (p *artifactPlan) readSource(ctx context.Context) (read blob.Sums, ok bool) {
	from := p.config.bytes()
	if from == nil {
		// A text cannot be missing, whatever it will be.
		p.unproven = p.config.Source.IsUnknown() && p.config.Content.IsNull()
		return blob.Sums{}, false
	}
	read, err := blob.HashOf(ctx, from)
	switch {
	case err == nil:
		return read, true
	case errors.Is(err, fs.ErrNotExist):
		p.unproven = true
		p.diags.AddAttributeWarning(path.Root("source"), "The source is not there yet",
			fmt.Sprintf("There is no file %q. If this run makes it before the artifact is applied, all is well; the plan cannot show its hash. Otherwise the apply will fail.",
				p.config.Source.ValueString()))
	default:
		title, detail := sourceFailure(p.config.Source.ValueString(), err)
		p.complain("source", title, detail)
	}
	return blob.Sums{}, false
}

// complain is an error while nothing exists, and a warning where it would stand in the way of a destroy.
func (p *artifactPlan) complain(attribute, title, detail string) {
	p.unproven = true
	if p.exists {
		p.diags.AddAttributeWarning(path.Root(attribute), title, detail+"\n\nThe object in the store stays as it is: an apply that should replace it will fail before it is touched.")
		return
	}
	p.diags.AddAttributeError(path.Root(attribute), title, detail)
}

// planLocation names the file and finds where it will lie.
func (p *artifactPlan) planLocation() {
	p.planned.Filename = p.config.Filename
	if p.config.Filename.IsNull() {
		switch {
		case p.config.Source.IsUnknown(), p.config.Source.IsNull() && p.config.Content.IsUnknown():
			p.planned.Filename = types.StringUnknown()
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
		p.diags.AddAttributeError(path.Root(at), "Invalid "+attributeWords[at], sentence(err))
		return
	}
	p.location = &artifact
	p.planned.URI = types.StringValue(artifact.URI())
	if warning := workspace.FilenameWarning(artifact.Filename); warning != "" && (p.prior == nil || !p.prior.URI.Equal(p.planned.URI)) {
		p.diags.AddAttributeWarning(path.Root("filename"), "Flink may not find this file", warning)
	}
}

var attributeWords = map[string]string{"base_uri": "base URI", "filename": "file name"}

// artifact is where the file lies; at is the attribute that an error concerns. All that it is made of must be known.
func (m artifactModel) artifact() (artifact workspace.Artifact, at string, err error) {
	base, err := workspace.ParseBaseURI(m.BaseURI.ValueString())
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
	was, err := workspace.ParseArtifactURI(p.prior.URI.ValueString())
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
		p.diags.AddAttributeWarning(path.Root("overwrite"), "The object is not ours",
			fmt.Sprintf("%s was there, with the same bytes, before this resource was created. It is not changed unless overwrite = true: without it, the apply will fail.", p.location.URI()))
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

// sourceFailure is failure for the artifact's own file.
func sourceFailure(name string, err error) (title, detail string) {
	tried := fmt.Sprintf("Reading the source %q", name)
	switch {
	case errors.Is(err, source.ErrNotRegular):
		return failure(tried, err)
	case errors.Is(err, fs.ErrNotExist):
		return "The source is missing", tried + " failed.\n\nCause: " + sentence(err) + "\n\nWhat to do: Build the file first, or correct source. A relative path counts from the root module's directory."
	case errors.Is(err, fs.ErrPermission):
		return "The source cannot be read", tried + " failed.\n\nCause: " + sentence(err) + "\n\nWhat to do: Let the user who runs this read the file."
	}
	return failure(tried, err)
}
