package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// findConflicts refuses a second resource on the same location.
func (p *artifactPlan) findConflicts() {
	if p.location == nil {
		return
	}
	mine := intent{p.owner, toCreate}
	if p.kind == planUpdate {
		mine.kind = toKeep
	}
	p.diags.Append(p.provider.walk.plan(p.location.Canonical(), mine, conflicts{
		attribute: "filename",
		twice: message{"Two artifacts at the same location", fmt.Sprintf("Two flink_artifact resources in this configuration manage %s. "+
			"Each would overwrite and delete the other's object. Change the filename or the namespace of one of them.", p.location.URI())},
		moved:  renamedArtifact(*p.location),
		shared: sharedObject(*p.location),
	})...)
}

// planDestroy warns when the same run creates an artifact at this location, and fails when another one would lose its object.
func (r *artifactResource) planDestroy(ctx context.Context, prior tfsdk.State, owner ownership) diag.Diagnostics {
	var state artifactModel
	diags := readModel(ctx, prior, &state)
	if diags.HasError() || state.RetainOnDestroy.ValueBool() {
		return diags
	}
	artifact, err := schemes.All.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		return diags // a damaged state must not stand in the way of a destroy
	}
	say := conflicts{moved: renamedArtifact(artifact), shared: sharedObject(artifact)}
	if r.configured.walk.isCreated(artifact.Canonical()) {
		say.moved = message{} // Terraform plans the delete of what create_before_destroy has replaced only after the create
	}
	diags.Append(r.configured.walk.plan(artifact.Canonical(), intent{owner, toDelete}, say)...)
	return diags
}

func sharedObject(artifact workspace.Artifact) message {
	return message{"Two resources own the same object, and one would delete it", fmt.Sprintf(
		"%s belongs to a resource that this plan destroys and to one that it keeps, for example because it was imported at another address. "+
			"The destroy would delete the object of the remaining resource.\n\n"+
			"What to do: Use a moved block instead of the import, or remove the old resource from the state without destroying it: "+
			"with \"terraform state rm\", or with a removed block and destroy = false. To destroy all of them, add -refresh=false to \"terraform destroy\".", artifact.URI())}
}

func renamedArtifact(artifact workspace.Artifact) message {
	return message{"One artifact is destroyed and another created at the same location", fmt.Sprintf(
		"Both manage %s. If only the address of the resource changed, add a moved block: then nothing is destroyed or created, "+
			"and nothing is uploaded. Without it the object still exists after the apply, since the new resource takes it over or writes it again. "+
			"If the content changes in the same run, the create may be refused: then set overwrite = true.", artifact.URI())}
}
