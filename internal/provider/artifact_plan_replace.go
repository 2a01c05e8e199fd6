package provider

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// localSource is the file that the bytes come from, and their planned hash; "" where they come from elsewhere, or one of the two is not known.
func (p *artifactPlan) localSource() (name, hash string) {
	from, awaits, err := p.provider.bytes(p.config)
	file, ok := from.(source.File)
	if err != nil || awaits != "" || !ok || p.planned.ContentSHA256.IsUnknown() {
		return "", ""
	}
	return file.Path, p.planned.ContentSHA256.ValueString()
}

const ownSourceTitle = "The source is the file that goes"

// checkWhatGoes finds a source that is the object which the replacement deletes, so that nothing would be left to make the new one from.
func (p *artifactPlan) checkWhatGoes() {
	var goes workspace.Artifact
	switch {
	case p.replaced():
		was, err := schemes.All.ParseArtifactURI(p.prior.URI.ValueString())
		if err != nil || p.prior.RetainOnDestroy.ValueBool() {
			return
		}
		goes = was
	case p.prior == nil && p.location != nil: // a replacement in its place, or a create: of a tainted resource nothing tells
		goes = *p.location
	default:
		return
	}
	if !p.comesFrom(goes) {
		return
	}
	p.unproven = true
	if !p.exists {
		return
	}
	p.diags.AddAttributeWarning(path.Root(p.config.sourceAttribute()), ownSourceTitle,
		fmt.Sprintf("The plan replaces %s, and makes the new file from that very one. If the lifecycle block has create_before_destroy = true, nothing has to be done. "+
			"Without it the apply will refuse to delete the old file first: set it, or take the bytes from elsewhere.", goes.URI()))
}

// comesFrom says whether an artifact's object is the source.
func (p *artifactPlan) comesFrom(artifact workspace.Artifact) bool {
	if from, err := schemes.All.ParseArtifactURI(p.config.SourceURL.ValueString()); err == nil {
		return from.Canonical() == artifact.Canonical()
	}
	name, _ := p.localSource()
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
