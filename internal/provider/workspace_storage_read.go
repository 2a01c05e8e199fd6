package provider

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// Read finds the existing directories by listings.
// A directory exists if it has its marker, or if it is not empty.
func (r *workspaceStorageResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state workspaceStorageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, state.Timeouts.Read, storageTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	base, err := schemes.All.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the workspace's base_uri", err))
		return
	}
	// Also where the state stays as it is, or is removed: a Terraform without identities passes none in.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
	store, diags := r.configured.stores.refreshed(base)
	resp.Diagnostics.Append(diags...)
	if store == nil || resp.Diagnostics.HasError() {
		return // the state stays as it is
	}

	tried := "Reading the storage of " + base.String()
	imported := state.Directories.IsNull()
	if imported {
		err = state.discover(ctx, store, base)
	}
	before := len(state.keys(base))
	if err == nil {
		err = state.refresh(ctx, store, base)
	}
	if err != nil {
		unread(ctx, store, tried, err, resp, blob.ErrNoBucket)
		return
	}
	hadAny := before > 0 || imported || !state.CORSRule.IsNull()
	written := corsRuleKey.read(ctx, req.Private, &resp.Diagnostics)
	diags, err = state.refreshCORS(ctx, store, base, imported, written)
	resp.Diagnostics.Append(diags...)
	if err != nil {
		resp.Diagnostics.Append(failureAt("cors_rule", tried, err))
		return
	}
	if hadAny && len(state.keys(base)) == 0 && state.CORSRule.IsNull() {
		tflog.Info(ctx, "nothing of the workspace is in the store any more", map[string]any{"base_uri": base.String()})
		resp.State.RemoveResource(ctx)
		return
	}
	if imported {
		resp.Diagnostics.Append(ownershipKey.write(ctx, resp.Private, newOwnership())...)
	}
	state.compute(&base)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// discover fills the sets of an import: the directories of Flink platforms, and every existing namespace.
func (m *workspaceStorageModel) discover(ctx context.Context, store blob.Store, base workspace.BaseURI) error {
	m.Directories = stringSet(workspace.Directories())
	above := base.Key(workspace.NamespacesDirectory)
	keys, err := blob.Directories(ctx, store, above, "")
	if err != nil {
		return err
	}
	var namespaces []string
	for _, key := range keys {
		namespace := strings.TrimSuffix(strings.TrimPrefix(key, above), "/")
		if workspace.CheckNamespace(namespace) == nil {
			namespaces = append(namespaces, namespace)
		}
	}
	if len(namespaces) > 0 {
		m.Namespaces = stringSet(namespaces)
	}
	return nil
}

// refresh removes from the sets what no longer exists.
func (m *workspaceStorageModel) refresh(ctx context.Context, store blob.Store, base workspace.BaseURI) error {
	existing, err := blob.ExistingDirectories(ctx, store, slices.Collect(maps.Keys(m.keys(base))))
	if err != nil {
		return err
	}
	m.keepExisting(base, existing)
	return nil
}

// refreshCORS reads the rules only if the state has one, or after an import.
func (m *workspaceStorageModel) refreshCORS(ctx context.Context, store blob.Store, base workspace.BaseURI, imported bool, written storedCORSRule) (diag.Diagnostics, error) {
	var diags diag.Diagnostics
	if m.CORSRule.IsNull() && !imported {
		return diags, nil
	}
	rule, err := readCORS(ctx, store, base, m.CORSRule, written)
	switch {
	case imported && errors.Is(err, errors.ErrUnsupported):
	case imported && errors.Is(err, fs.ErrPermission):
		diags.AddWarning("CORS rules could not be read", explained("Reading the CORS rules of "+base.String(), err,
			"The workspace is imported without its CORS rule. If it has one, grant the credentials access to the CORS rules of the bucket, and import it again."))
	case err != nil:
		return diags, err
	}
	m.CORSRule = rule
	return diags, nil
}
