package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	frameworkpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// storageTimeout is how long a step may take where the timeouts block says nothing. No step moves data.
const storageTimeout = 10 * time.Minute

type workspaceStorageResource struct{ configured *configured }

var (
	_ resource.ResourceWithConfigure   = (*workspaceStorageResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*workspaceStorageResource)(nil)
	_ resource.ResourceWithImportState = (*workspaceStorageResource)(nil)
	_ resource.ResourceWithIdentity    = (*workspaceStorageResource)(nil)
)

func newWorkspaceStorageResource() resource.Resource { return &workspaceStorageResource{} }

func (r *workspaceStorageResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_workspace_storage"
}

func (r *workspaceStorageResource) Configure(_ context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	if req.ProviderData != nil {
		r.configured = req.ProviderData.(*configured) //nolint:forcetypeassert // the provider sets nothing else
	}
}

// Create makes what is missing. After an error there is no state: what was made already is adopted by the next run.
func (r *workspaceStorageResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned workspaceStorageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	timeout, diags := planned.Timeouts.Create(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	nothing := workspaceStorageModel{CORSRule: types.ObjectNull(corsRuleTypes)}
	base, diags := r.apply(ctx, nothing, &planned)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(newOwnership().write(ctx, resp.Private)...) // its ID tells this resource from others on the same base URI
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}

// Update makes what is new, and removes what is not planned any more and holds nothing.
func (r *workspaceStorageResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, prior workspaceStorageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	timeout, diags := planned.Timeouts.Update(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	base, diags := r.apply(ctx, prior, &planned)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}

// apply brings the store from what was before to what is planned, and fills in what is computed.
func (r *workspaceStorageResource) apply(ctx context.Context, prior workspaceStorageModel, planned *workspaceStorageModel) (workspace.BaseURI, diag.Diagnostics) {
	var diags diag.Diagnostics
	base, err := workspace.ParseBaseURI(planned.BaseURI.ValueString())
	if err != nil {
		diags.AddAttributeError(frameworkpath.Root("base_uri"), baseURIRule.title, sentence(err))
		return base, diags
	}
	diags.Append(checkCORSBackend(&base, planned.CORSRule)...)
	if diags.HasError() {
		return base, diags
	}
	store, err := r.configured.store(base)
	if err != nil {
		diags.Append(failureAt("base_uri", "Opening "+base.String(), err))
		return base, diags
	}
	unlock, err := r.configured.keys.lock(ctx, workspaceClaim(base))
	if err != nil {
		diags.AddError(failure("Waiting for another workspace at "+base.String(), err))
		return base, diags
	}
	defer unlock()

	planned.compute(&base)
	before, after := prior.keys(base), planned.keys(base)
	if err := blob.MakeDirectories(ctx, store, missing(after, before)); err != nil {
		diags.Append(failureAt("base_uri", "Making directories in "+base.String(), err))
		return base, diags
	}
	if err := r.configured.changeCORS(ctx, store, base, prior.CORSRule, planned.CORSRule); err != nil {
		diags.Append(failureAt("cors_rule", "Changing the CORS rules of "+base.String(), err))
		return base, diags
	}
	kept, err := removeDirectories(ctx, store, base, missing(before, after), slices.Collect(maps.Keys(after)))
	if err != nil {
		diags.Append(failureAt("base_uri", "Removing directories from "+base.String(), err))
		return base, diags
	}
	diags.Append(warnKept(base, kept, before)...)
	return base, diags
}

// missing are the keys that one has and the other has not, sorted.
func missing(from, in map[string]string) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(from)) {
		if _, there := in[key]; !there {
			keys = append(keys, key)
		}
	}
	return keys
}

// removeDirectories removes those in which there is nothing, and returns the others. With the last namespace goes the directory of
// all namespaces, which a file system has had to make.
func removeDirectories(ctx context.Context, store blob.Store, base workspace.BaseURI, keys, staying []string) (kept []string, err error) {
	above := base.Key(workspace.NamespacesDirectory)
	isNamespace := func(key string) bool { return path.Dir(strings.TrimSuffix(key, "/"))+"/" == above }
	implied := slices.ContainsFunc(keys, isNamespace) && !slices.ContainsFunc(staying, isNamespace) && !slices.Contains(keys, above) && !slices.Contains(staying, above)
	if implied {
		keys = append(keys, above)
	}
	kept, err = blob.RemoveDirectories(ctx, store, keys)
	if implied {
		kept = slices.DeleteFunc(kept, func(key string) bool { return key == above })
	}
	return kept, err
}

// warnKept tells of all that stays because it holds something. names are what the keys are called.
func warnKept(base workspace.BaseURI, kept []string, names map[string]string) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(kept) == 0 {
		return diags
	}
	var list []string
	for _, key := range kept {
		list = append(list, names[key])
	}
	diags.AddWarning("Directories that hold data were left",
		fmt.Sprintf("In %s these hold something and were left as they are: %s. They are no longer in this state. Remove them by hand if nobody needs what is in them.",
			base, strings.Join(list, ", ")))
	return diags
}

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

	base, err := workspace.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Damaged state", "The workspace's base_uri cannot be read: "+sentence(err)+" Remove it from the state and import it again.")
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
	diags, err = state.refreshCORS(ctx, store, base, imported)
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
func (m *workspaceStorageModel) refreshCORS(ctx context.Context, store blob.Store, base workspace.BaseURI, imported bool) (diag.Diagnostics, error) {
	var diags diag.Diagnostics
	if m.CORSRule.IsNull() && !imported {
		return diags, nil
	}
	rule, err := readCORS(ctx, store, base, m.CORSRule)
	switch {
	case imported && errors.Is(err, errors.ErrUnsupported):
	case imported && errors.Is(err, fs.ErrPermission):
		diags.AddWarning("The CORS rules could not be read",
			"The workspace is imported without its CORS rule. If it has one, allow the credentials to read the bucket's CORS rules and import it again. The store said: "+sentence(err))
	case err != nil:
		return diags, err
	}
	m.CORSRule = rule
	return diags, nil
}

// Delete takes away our rule and the directories in which there is nothing.
func (r *workspaceStorageResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state workspaceStorageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	timeout, diags := state.Timeouts.Delete(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	base, err := workspace.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Damaged state", "The workspace's base_uri cannot be read: "+sentence(err)+" Remove it from the state with \"terraform state rm\".")
		return
	}
	tried := "Removing the storage of " + base.String()
	store, err := r.configured.store(base)
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	unlock, err := r.configured.keys.lock(ctx, workspaceClaim(base))
	if err != nil {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	defer unlock()

	// After a renamed address, or a replacement that creates first, what is here belongs to the new one.
	if r.configured.planned.creates(workspaceClaim(base)) {
		resp.Diagnostics.AddWarning("The workspace was left in the store",
			fmt.Sprintf("Another resource of this run creates %s. Its directories and its CORS rule were left to that one.", base))
		return
	}
	err = r.configured.changeCORS(ctx, store, base, state.CORSRule, types.ObjectNull(corsRuleTypes))
	var kept []string
	names := state.keys(base)
	if err == nil {
		kept, err = removeDirectories(ctx, store, base, slices.Sorted(maps.Keys(names)), nil)
	}
	if err != nil && !errors.Is(err, blob.ErrNoBucket) {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	resp.Diagnostics.Append(warnKept(base, kept, names)...)
}

func (r *workspaceStorageResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	uri, diags := importedURI(ctx, req)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	base, err := workspace.ParseBaseURI(uri)
	if err != nil {
		resp.Diagnostics.AddError("Invalid import ID", sentence(err))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, frameworkpath.Root("base_uri"), base.String())...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}
