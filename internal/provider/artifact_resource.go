package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// How long a step may take where the timeouts block says nothing.
const (
	transferTimeout = 2 * time.Hour    // a create or an update may send bytes
	readTimeout     = 30 * time.Minute // a refresh may have to read an object that somebody else wrote
	deleteTimeout   = 10 * time.Minute
)

type artifactResource struct{ configured *configured }

var (
	_ resource.ResourceWithConfigure        = (*artifactResource)(nil)
	_ resource.ResourceWithConfigValidators = (*artifactResource)(nil)
	_ resource.ResourceWithValidateConfig   = (*artifactResource)(nil)
	_ resource.ResourceWithModifyPlan       = (*artifactResource)(nil)
	_ resource.ResourceWithImportState      = (*artifactResource)(nil)
	_ resource.ResourceWithIdentity         = (*artifactResource)(nil)
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
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
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

	owner := newOwnership()
	resp.Diagnostics.Append(p.create(ctx, &owner)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.configured.placed.Store(p.artifact.Canonical(), true)
	resp.Diagnostics.Append(owner.write(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, p.state())...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, p.artifact.Canonical())...)
}

func (r *artifactResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var config, planned, prior artifactModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
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

	owner.Unproven = false
	resp.Diagnostics.Append(p.update(ctx, prior, &owner)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(owner.write(ctx, resp.Private)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, p.state())...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, p.artifact.Canonical())...)
}

// publication gathers what a create or an update works with. A hash that was not known at plan is found now.
func (r *artifactResource) publication(ctx context.Context, config, planned artifactModel) (*artifactPublication, diag.Diagnostics) {
	var diags diag.Diagnostics
	p := &artifactPublication{from: config.bytes(), pinned: !config.ContentSHA256.IsNull(), planned: planned}
	if planned.ContentSHA256.IsUnknown() {
		sums, err := blob.HashOf(ctx, p.from)
		if err != nil {
			title, detail := sourceFailure(config.Source.ValueString(), err)
			diags.AddAttributeError(path.Root("source"), title, detail)
			return nil, diags
		}
		p.planned.ContentSHA256 = types.StringValue(sums.SHA256.String())
	}
	hash, err := blob.ParseHash(p.planned.ContentSHA256.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("content_sha256"), sha256Rule.title, sentence(err))
		return nil, diags
	}
	p.hash = hash
	var at string
	if p.artifact, at, err = p.planned.artifact(); err != nil {
		diags.AddAttributeError(path.Root(at), "Invalid "+attributeWords[at], sentence(err))
		return nil, diags
	}
	p.planned.URI = types.StringValue(p.artifact.URI())
	if p.store, err = r.configured.store(p.artifact.Base); err != nil {
		diags.AddAttributeError(path.Root("base_uri"), baseURIRule.title, sentence(err))
		return nil, diags
	}
	return p, diags
}

func (r *artifactResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state artifactModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, readTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	artifact, err := workspace.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Damaged state", "The artifact's uri cannot be read: "+sentence(err)+" Remove it from the state and import it again.")
		return
	}
	// First of all, as the framework wants it whatever comes of the reading, a removal included.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, artifact.Canonical())...)
	store, wait, diags := r.configured.reader(artifact.Base)
	resp.Diagnostics.Append(diags...)
	if wait || resp.Diagnostics.HasError() {
		return // the state stays as it is
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

	imported := state.ContentSHA256.IsNull()
	// The same tag and length are the same bytes: every store makes a new tag of other ones. With another tag somebody else has written
	// it, who may have sent the old metadata along, the stored hash among them: that is no proof.
	if imported || state.ETag.ValueString() != info.ETag || state.Size.ValueInt64() != info.Size {
		hashOf := blob.HashObject
		if imported {
			hashOf = blob.Digest
		}
		hash, err := hashOf(ctx, store, info)
		if err != nil {
			resp.Diagnostics.AddError(failure(tried, err))
			return
		}
		state.ContentSHA256 = types.StringValue(hash.String())
	}
	if imported {
		resp.Diagnostics.Append(state.adoptImported(ctx, artifact, info, resp.Private)...)
	} else {
		resp.Diagnostics.Append(warnTakenOver(ctx, req.Private, artifact, info)...)
	}
	state.refresh(info)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// warnTakenOver says early what an update or a destroy would say too late.
func warnTakenOver(ctx context.Context, private privateReader, artifact workspace.Artifact, info blob.Info) diag.Diagnostics {
	owner, known, diags := readOwnership(ctx, private)
	if token := info.Owner(); known && token != "" && token != owner.Token {
		diags.AddAttributeWarning(path.Root("uri"), "The object belongs to another resource by now",
			fmt.Sprintf("%s was taken over by another resource, perhaps in another state. Here it can only be changed with overwrite = true, and a destroy will leave it. "+
				"Let one of them alone manage it.", artifact.URI()))
	}
	return diags
}

// adoptImported finishes an import: it finds out whether the name carries the hash, and becomes the object's owner by its token,
// since an import writes nothing.
func (m *artifactModel) adoptImported(ctx context.Context, artifact workspace.Artifact, info blob.Info, private privateWriter) diag.Diagnostics {
	if plain, addressed := workspace.PlainFilename(artifact.Filename, m.ContentSHA256.ValueString()); addressed {
		m.Filename, m.ContentAddressed = types.StringValue(plain), types.BoolValue(true)
	}
	owner := newOwnership()
	owner.Stamped = false
	if token := info.Owner(); token != "" {
		owner.Token = token
	}
	return owner.write(ctx, private)
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

func (r *artifactResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state artifactModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	owner, known, diags := readOwnership(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || state.RetainOnDestroy.ValueBool() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	artifact, err := workspace.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Damaged state", "The artifact's uri cannot be read: "+sentence(err)+" Remove it from the state with \"terraform state rm\".")
		return
	}
	tried := "Deleting " + artifact.URI()
	if owner.Unproven {
		resp.Diagnostics.AddError("The old file was kept",
			fmt.Sprintf("%s is to be replaced, and the plan could not see what will come in its place: its warning says why. It was left as it is.\n\n"+
				"What to do: Build the source before the plan. Or set create_before_destroy = true in the lifecycle block: then the old file goes only once the new one is there.", artifact.URI()))
		return
	}
	store, err := r.configured.store(artifact.Base)
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	unlock, err := r.configured.keys.lock(ctx, artifact.Canonical())
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	defer unlock()

	info, err := store.Head(ctx, artifact.Key())
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, blob.ErrNoBucket):
		resp.Diagnostics.Append(gone(ctx, store, tried)...)
	case err != nil:
		resp.Diagnostics.AddError(failure(tried, err))
	case r.configured.replacedHere(artifact.Canonical(), owner, info):
		tflog.Info(ctx, "the object belongs to the resource that replaced this one", map[string]any{"uri": artifact.URI()})
	case !known && info.Owner() != "" && info.ETag == state.ETag.ValueString() && info.Size == state.Size.ValueInt64():
		// Terraform hands over no private state when it replaces a tainted resource. The object is still the one of the state, and
		// was written by this provider.
		if err := deleteSettled(ctx, store, info); err != nil {
			resp.Diagnostics.AddError(failure(tried, err))
		}
	case !owner.mayDelete(state, info):
		resp.Diagnostics.AddWarning("The file was left in the store",
			fmt.Sprintf("%s is not the object that this resource wrote: another resource or somebody else owns it by now, or it was there before. "+
				"It was left as it is, and is no longer in this state.", artifact.URI()))
	default:
		if err := deleteSettled(ctx, store, info); err != nil {
			resp.Diagnostics.AddError(failure(tried, err))
		}
	}
}

// deleteSettled deletes an object if it is still the one that was seen. The refusal of a repeated request may be our own success, whose
// answer was lost: that the object is gone decides.
func deleteSettled(ctx context.Context, store blob.Store, seen blob.Info) error {
	err := store.Delete(ctx, seen.Key, blob.Cond{IfMatch: seen.ETag})
	if errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
		if _, headErr := store.Head(ctx, seen.Key); errors.Is(headErr, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}

func (r *artifactResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	uri, diags := importedURI(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	artifact, err := workspace.ParseArtifactURI(uri)
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID", sentence(err))
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
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, artifact.Canonical())...)
}

// importedURI is the ID of an import, or the uri of its identity.
func importedURI(ctx context.Context, req resource.ImportStateRequest) (string, diag.Diagnostics) {
	if req.ID != "" || req.Identity == nil {
		return req.ID, nil
	}
	var identity uriIdentity
	diags := req.Identity.Get(ctx, &identity)
	return identity.URI.ValueString(), diags
}

// setIdentity does nothing under a Terraform that knows no identities.
func setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, canonical string) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	return identity.Set(ctx, uriIdentity{types.StringValue(canonical)})
}
