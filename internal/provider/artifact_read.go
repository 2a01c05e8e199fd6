package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func (r *artifactResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.State.Raw, req.State.Schema, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, readTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	artifact, err := schemes.All.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the artifact's uri", err))
		return
	}
	// First of all, as the framework wants it whatever comes of the reading, a removal included.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, artifact.Canonical())...)
	store, wait, diags := r.configured.reader(artifact.Base)
	resp.Diagnostics.Append(diags...)
	if wait || resp.Diagnostics.HasError() {
		return // the state stays as it is
	}
	imported := state.ContentSHA256.IsNull()
	if !imported {
		unchanged, diags := r.unchanged(ctx, resp.Private, store, artifact, state)
		resp.Diagnostics.Append(diags...)
		if unchanged || resp.Diagnostics.HasError() {
			return // the state stays as it is
		}
	}
	tried := "Reading " + artifact.URI()
	info, err := store.Head(ctx, artifact.Key())
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, blob.ErrNoBucket) {
		resp.Diagnostics.Append(gone(ctx, store, tried)...)
		if !resp.Diagnostics.HasError() {
			tflog.Info(ctx, "the artifact is gone from the store", map[string]any{"uri": artifact.URI()})
			resp.State.RemoveResource(ctx)
		}
		return
	}
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}

	// The same tag and length are the same bytes: every store makes a new tag of other ones. With another tag somebody else has written
	// it, who may have sent the old metadata along, the stored hash among them: that is no proof.
	same := state.ETag.ValueString() == info.ETag && state.Size.ValueInt64() == info.Size
	if imported || !same {
		hash, err := blob.HashObject(ctx, store, info)
		if err != nil {
			resp.Diagnostics.AddError(failure(tried, err))
			return
		}
		state.ContentSHA256 = types.StringValue(hash.String())
	}
	if imported {
		resp.Diagnostics.Append(state.adoptImported(ctx, artifact, info, resp.Private)...)
	} else {
		resp.Diagnostics.Append(r.checkOwner(ctx, req.Private, resp.Private, artifact, info, same)...)
	}
	owner, _, diags := readOwnership(ctx, resp.Private)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(writeSighting(ctx, resp.Private, artifact, owner, info)...)
	state.refresh(info)
	resp.Diagnostics.Append(writeModel(ctx, req.State.Raw.Type(), state, &resp.State.Raw)...)
}

// checkOwner says early what an update or a destroy would say too late: that another resource has taken the object over. And it mends a
// private state that Terraform has lost with a delete of a tainted resource that failed, if the object is the same as before.
func (r *artifactResource) checkOwner(ctx context.Context, from privateReader, to privateWriter, artifact workspace.Artifact, info blob.Info, same bool) diag.Diagnostics {
	owner, known, diags := readOwnership(ctx, from)
	token := info.Owner()
	switch {
	case token == "" || token == owner.Token:
	case known:
		r.configured.foreign.Store(artifact.Canonical(), true)
		diags.AddAttributeWarning(path.Root("uri"), "The object belongs to another resource by now",
			fmt.Sprintf("%s was taken over by another resource, perhaps in another state. Here it can only be changed with overwrite = true, and a destroy will leave it. "+
				"Let one of them alone manage it. If there is no other one, as the object is an older copy that was brought back, forget it here and apply anew: terraform state rm ADDRESS.", artifact.URI()))
	case same:
		mended := newOwnership()
		mended.Token, mended.Stamped = token, false
		diags.Append(mended.write(ctx, to)...)
	}
	return diags
}

// refresh takes over what the store tells. Of the attributes it looks at those alone that the resource manages.
func (m *artifactModel) refresh(info blob.Info) {
	m.observe(info)
	if info.Attrs == nil {
		return
	}
	if !m.ContentType.IsNull() {
		m.ContentType = types.StringValue(info.Attrs.ContentType)
	}
	if m.Metadata.IsNull() {
		return
	}
	metadata := m.userMetadata()
	for key := range metadata {
		if value, there := info.Attrs.Metadata[key]; there {
			metadata[key] = value
		} else {
			delete(metadata, key)
		}
	}
	m.Metadata = stringMap(metadata)
}

// observe takes over what changes with every write.
func (m *artifactModel) observe(info blob.Info) {
	m.Size = types.Int64Value(info.Size)
	m.ETag = types.StringValue(info.ETag)
	m.VersionID = types.StringNull()
	if info.VersionID != "" {
		m.VersionID = types.StringValue(info.VersionID)
	}
}
