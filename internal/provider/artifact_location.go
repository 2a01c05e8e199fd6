package provider

import (
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// locationRules are those of the attributes that a location is made of.
var locationRules = map[string]rule.String{"base_uri": baseURIRule, "filename": filenameRule}

// location is where the object is.
// All that it is made of must be known.
// attribute is the one that an error concerns.
func (m artifactModel) location() (artifact workspace.Artifact, attribute string, err error) {
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

// planLocation names the file, and finds where its object will be.
func (p *artifactPlan) planLocation() {
	if !p.planFilename() {
		return
	}
	p.planned.URI = types.StringUnknown()
	if p.planned.BaseURI.IsUnknown() || p.planned.Namespace.IsUnknown() || p.planned.Filename.IsUnknown() || p.planned.ContentAddressed.IsUnknown() ||
		(p.planned.ContentAddressed.ValueBool() && p.planned.ContentSHA256.IsUnknown()) {
		return
	}
	artifact, attribute, err := p.planned.location()
	if err != nil {
		p.diags.AddAttributeError(path.Root(attribute), locationRules[attribute].Title, rule.Sentence(err))
		return
	}
	if from, err := schemes.All.ParseArtifactURI(p.config.SourceURL.ValueString()); err == nil && from.Canonical() == artifact.Canonical() {
		p.diags.AddAttributeError(path.Root("source_url"), sourceURLRule.Title, "source_url is the artifact's own location, so the artifact would be copied onto itself. To manage an existing object, import it.")
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

// planFilename takes the name from the configuration, else from the source.
// It reports whether there is one.
func (p *artifactPlan) planFilename() bool {
	p.planned.Filename = p.config.Filename
	switch source, url := p.config.Source, p.config.SourceURL; {
	case !p.config.Filename.IsNull():
	case source.IsUnknown(), url.IsUnknown(), source.IsNull() && url.IsNull() && p.config.Content.IsUnknown():
		p.planned.Filename = types.StringUnknown()
	case !url.IsNull():
		name, err := sourceURLName(url.ValueString())
		if err == nil {
			err = workspace.CheckFilename(name)
		}
		if err != nil {
			p.diags.AddAttributeError(path.Root("filename"), noFilenameTitle, rule.Sentence(err)+" Set filename, such as \"job.jar\".")
			return false
		}
		p.planned.Filename = types.StringValue(norm.NFC.String(name)) // as Terraform would have it otherwise, at the next plan
	case source.IsNull():
		p.diags.AddAttributeError(path.Root("filename"), noFilenameTitle, noFilenameDetail)
		return false
	default:
		p.planned.Filename = types.StringValue(filepath.Base(source.ValueString()))
	}
	return true
}
