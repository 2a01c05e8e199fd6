package provider

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// planReplace notes that the artifact leaves its location, and warns where the plan cannot verify that the new one can be created.
func (p *artifactPlan) planReplace(ctx context.Context) {
	if leaving := p.leaving(); leaving != nil {
		p.diags.Append(p.provider.walk.plan(leaving.Canonical(), intent{p.owner, toDelete}, conflicts{shared: sharedObject(*leaving)})...)
	}
	p.source.prove(ctx)
	unknown := p.config.Source.IsUnknown() || p.config.SourceURL.IsUnknown()
	if !unknown && !p.source.unseen {
		return
	}
	title := "The source is not known yet"
	if !unknown {
		title = "The new content is not known yet"
	}
	otherwise := "set filename, so that the location stays the same"
	if p.config.ContentAddressed.ValueBool() {
		otherwise = "pin the file with content_sha256, so that the plan knows the new content"
	}
	p.diags.AddAttributeWarning(path.Root(p.config.sourceAttribute()), title,
		"The plan replaces the object, and cannot verify the replacement. No action is needed if the lifecycle block has create_before_destroy = true. "+
			"Otherwise the apply will refuse to delete the old object first: set it, or "+otherwise+".")
}

// leaving is where an object is deleted so that another one can be made; nil: nowhere.
func (p *artifactPlan) leaving() *workspace.Artifact {
	switch {
	case p.kind == planReplace && !p.prior.RetainOnDestroy.ValueBool():
		return p.was
	case p.kind == planCreate, p.kind == planCreateAgain: // in its place, if it is a replacement at all
		return p.location
	}
	return nil
}

const ownSourceTitle = "Source is the object being replaced"

// checkOwnSource finds a source that is the object which the replacement deletes, so that nothing would be left to make the new one from.
func (p *artifactPlan) checkOwnSource() {
	leaving := p.leaving()
	if leaving == nil || !p.comesFrom(*leaving) {
		return
	}
	p.source.unproven = true
	if !p.kind.objectExists() {
		return
	}
	p.diags.AddAttributeWarning(path.Root(p.config.sourceAttribute()), ownSourceTitle,
		fmt.Sprintf("The plan replaces %s, which is also the source of the new object. No action is needed if the lifecycle block has create_before_destroy = true. "+
			"Otherwise the apply will refuse to delete the old object first: set it, or use another source.", leaving.URI()))
}

// comesFrom reports whether an artifact's object is the source.
func (p *artifactPlan) comesFrom(artifact workspace.Artifact) bool {
	if from, err := schemes.All.ParseArtifactURI(p.config.SourceURL.ValueString()); err == nil {
		return from.Canonical() == artifact.Canonical()
	}
	name, _ := p.source.file()
	if name == "" || !artifact.Base.Backend.Local {
		return false
	}
	here, err := os.Stat(name)
	if err != nil {
		return false
	}
	there, err := os.Stat(filepath.Join(filepath.FromSlash(artifact.Base.Bucket), artifact.Key()))
	return err == nil && os.SameFile(here, there)
}
