package provider

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func (r *artifactResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.State, &state)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, state.Timeouts.Read, readTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}

	artifact, err := schemes.All.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the artifact's uri", err))
		return
	}
	// First of all, as the framework wants it whatever comes of the reading, a removal included.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, artifact.Canonical())...)
	store, diags := r.configured.stores.refreshed(artifact.Base)
	resp.Diagnostics.Append(diags...)
	if store == nil || resp.Diagnostics.HasError() {
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
	if err != nil {
		unread(ctx, store, tried, err, resp, fs.ErrNotExist, blob.ErrNoBucket)
		return
	}

	// The same ETag and length mean the same bytes: every store changes the ETag with the content.
	// With another ETag another client has written the object, perhaps with the old metadata and its stored hash, which is no proof.
	same := state.isUnchanged(info)
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
	owner := ownershipKey.read(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(writeSighting(ctx, resp.Private, artifact, owner, info)...)
	state.refresh(info)
	resp.Diagnostics.Append(writeModel(ctx, state, &resp.State.Raw)...)
}

// checkOwner warns early that another resource has taken the object over, which an update or a destroy would report too late.
// It also restores the private state that Terraform drops when the delete of a tainted resource fails, if the object is the same as before.
func (r *artifactResource) checkOwner(ctx context.Context, from privateReader, to privateWriter, artifact workspace.Artifact, info blob.Info, same bool) diag.Diagnostics {
	var diags diag.Diagnostics
	owner := ownershipKey.read(ctx, from, &diags)
	token := info.Owner()
	switch {
	case token == "" || token == owner.Token:
	case owner.ID != "":
		r.configured.walk.foreign.Store(artifact.Canonical(), true)
		diags.AddAttributeWarning(path.Root("uri"), "The object now belongs to another resource",
			fmt.Sprintf("%s was taken over by another resource, possibly in another state. This resource can change it only with overwrite = true, and a destroy will leave it. "+
				"Let only one of them manage it. If there is no other resource, since an older copy of the object was restored, remove it from this state and apply again: terraform state rm ADDRESS.", artifact.URI()))
	case same:
		mended := newOwnership()
		mended.Token, mended.Stamped = token, false
		diags.Append(ownershipKey.write(ctx, to, mended)...)
	}
	return diags
}

// refresh takes over what the store reports.
// Of the attributes it considers only those that the resource manages.
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

// isUnchanged reports whether an object has the tag and the length that the state has.
func (m *artifactModel) isUnchanged(object blob.Info) bool {
	return m.ETag.ValueString() == object.ETag && m.Size.ValueInt64() == object.Size
}

// observe takes over what changes with every write.
func (m *artifactModel) observe(info blob.Info) {
	m.Size = types.Int64Value(info.Size)
	m.ETag = types.StringValue(info.ETag)
	m.VersionID = stringOrNull(info.VersionID)
}
