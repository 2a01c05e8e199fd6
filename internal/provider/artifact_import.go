package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func (r *artifactResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	artifact, diags := imported(ctx, req, schemes.All.ParseArtifactURI, "s3://my-bucket/vvp/artifacts/namespaces/default/job.jar")
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	for attribute, value := range map[string]any{
		"base_uri":          artifact.Base.String(),
		"namespace":         artifact.Namespace,
		"filename":          artifact.Filename,
		"uri":               artifact.URI(),
		"content_addressed": false,
		"overwrite":         false,
		"retain_on_destroy": false,
		"accelerate":        false,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, artifact.Canonical())...)
}

// adoptImported finishes an import: it finds out whether the name carries the hash, and becomes the object's owner by its token, since an import writes nothing.
func (m *artifactModel) adoptImported(ctx context.Context, artifact workspace.Artifact, info blob.Info, private privateWriter) diag.Diagnostics {
	if plain, addressed := workspace.PlainFilename(artifact.Filename, m.ContentSHA256.ValueString()); addressed {
		m.Filename, m.ContentAddressed = types.StringValue(plain), types.BoolValue(true)
	}
	owner := newOwnership()
	owner.Stamped = false
	if token := info.Owner(); token != "" {
		owner.Token = token
	}
	return ownershipKey.write(ctx, private, owner)
}
