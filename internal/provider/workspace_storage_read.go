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

// Read finds out by listings what is there. A directory counts as there with its marker, or with anything in it.
func (r *workspaceStorageResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state workspaceStorageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Read(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	base, err := schemes.All.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the workspace's base_uri", err))
		return
	}
	// Also where the state stays as it is, or is removed: a Terraform without identities passes none in.
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
	store, wait, diags := r.configured.reader(base)
	resp.Diagnostics.Append(diags...)
	if wait || resp.Diagnostics.HasError() {
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
	if errors.Is(err, blob.ErrNoBucket) {
		resp.Diagnostics.Append(gone(ctx, store, tried)...)
		if !resp.Diagnostics.HasError() {
			resp.State.RemoveResource(ctx)
		}
		return
	}
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	hadAny := before > 0 || imported || !state.CORSRule.IsNull()
	written, diags := readWrittenCORSRule(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
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
		resp.Diagnostics.Append(newOwnership().write(ctx, resp.Private)...)
	}
	state.compute(&base)
	resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
}

// discover fills the sets of an import: the directories of Flink platforms, and every namespace that is there.
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

// refresh takes out of the sets what is not there any more.
func (m *workspaceStorageModel) refresh(ctx context.Context, store blob.Store, base workspace.BaseURI) error {
	existing, err := blob.ExistingDirectories(ctx, store, slices.Collect(maps.Keys(m.keys(base))))
	if err != nil {
		return err
	}
	m.keepExisting(base, existing)
	return nil
}

// refreshCORS asks for the rules only if the state has one, or after an import.
func (m *workspaceStorageModel) refreshCORS(ctx context.Context, store blob.Store, base workspace.BaseURI, imported bool, written writtenCORSRule) (diag.Diagnostics, error) {
	var diags diag.Diagnostics
	if m.CORSRule.IsNull() && !imported {
		return diags, nil
	}
	rule, err := readCORS(ctx, store, base, m.CORSRule, written)
	switch {
	case imported && errors.Is(err, errors.ErrUnsupported):
	case imported && errors.Is(err, fs.ErrPermission):
		diags.AddWarning("The CORS rules could not be read", explained("Reading the CORS rules of "+base.String(), err,
			"The workspace is imported without its CORS rule. If it has one, allow the credentials to read the bucket's CORS rules, and import it again."))
	case err != nil:
		return diags, err
	}
	m.CORSRule = rule
	return diags, nil
}
