package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	frameworkpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

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
	r.configured, _ = req.ProviderData.(*configured) // nil: the provider is not configured yet
}

// Create creates what is missing.
// After an error there is no state: the next run adopts what was created already.
func (r *workspaceStorageResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var planned workspaceStorageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	ctx, cancel := within(ctx, &resp.Diagnostics, planned.Timeouts.Create, storageTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	nothing := workspaceStorageModel{CORSRule: types.ObjectNull(corsRuleTypes)}
	var written storedCORSRule
	base, diags := r.apply(ctx, nothing, &planned, &written)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(corsRuleKey.write(ctx, resp.Private, written)...)
	resp.Diagnostics.Append(ownershipKey.write(ctx, resp.Private, newOwnership())...) // its ID tells this resource from others on the same base URI
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}

// Update creates what is new, and deletes what is no longer planned and empty.
func (r *workspaceStorageResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, prior workspaceStorageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	written := corsRuleKey.read(ctx, req.Private, &resp.Diagnostics)
	ctx, cancel := within(ctx, &resp.Diagnostics, planned.Timeouts.Update, storageTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	base, diags := r.apply(ctx, prior, &planned, &written)
	resp.Diagnostics.Append(diags...)
	// Also after a failure: the rule may have been written before that, and without its record it would count as foreign.
	resp.Diagnostics.Append(corsRuleKey.write(ctx, resp.Private, written)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}

// apply brings the store from what was before to what is planned, and fills in what is computed.
func (r *workspaceStorageResource) apply(ctx context.Context, prior workspaceStorageModel, planned *workspaceStorageModel, written *storedCORSRule) (workspace.BaseURI, diag.Diagnostics) {
	var diags diag.Diagnostics
	base, err := schemes.All.ParseBaseURI(planned.BaseURI.ValueString())
	if err != nil {
		diags.AddAttributeError(frameworkpath.Root("base_uri"), baseURIRule.Title, rule.Sentence(err))
		return base, diags
	}
	diags.Append(checkCORSSupport(&base, planned.CORSRule)...)
	if diags.HasError() {
		return base, diags
	}
	store, err := r.configured.stores.open(base)
	if err != nil {
		diags.Append(failureAt("base_uri", "Opening "+base.String(), err))
		return base, diags
	}
	diags.Append(r.configured.walk.change(ctx, workspaceLocation(base), "the workspace at "+base.String(), func() (diags diag.Diagnostics) {
		planned.compute(&base)
		before, after := prior.keys(base), planned.keys(base)
		if err := blob.MakeDirectories(ctx, store, missing(after, before)); err != nil {
			diags.Append(failureAt("base_uri", "Creating directories in "+base.String(), err))
			return diags
		}
		if err := changeCORS(ctx, &r.configured.walk.locks, store, base, prior.CORSRule, planned.CORSRule, written); err != nil {
			diags.Append(failureAt("cors_rule", "Changing the CORS rules of "+base.String(), err))
			return diags
		}
		kept, err := removeDirectories(ctx, store, base, missing(before, after), slices.Collect(maps.Keys(after)))
		if err != nil {
			diags.Append(failureAt("base_uri", "Deleting directories from "+base.String(), err))
			return diags
		}
		return warnKept(base, kept, before)
	})...)
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

// removeDirectories deletes the empty ones, and returns the others.
// With the last namespace it deletes the directory of all namespaces, which a file system has had to create.
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

// warnKept warns of the directories that are kept because they are not empty.
// names are what messages call the keys.
func warnKept(base workspace.BaseURI, kept []string, names map[string]string) diag.Diagnostics {
	var diags diag.Diagnostics
	if len(kept) == 0 {
		return diags
	}
	var list []string
	for _, key := range kept {
		list = append(list, names[key])
	}
	diags.AddWarning("Directories with data were kept",
		fmt.Sprintf("These directories in %s are not empty and were kept: %s. They are no longer in the state. Delete them manually if their content is no longer needed.",
			base, strings.Join(list, ", ")))
	return diags
}

// Delete removes our rule and the empty directories.
func (r *workspaceStorageResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state workspaceStorageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	written := corsRuleKey.read(ctx, req.Private, &resp.Diagnostics)
	ctx, cancel := within(ctx, &resp.Diagnostics, state.Timeouts.Delete, storageTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() {
		return
	}
	base, err := schemes.All.ParseBaseURI(state.BaseURI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the workspace's base_uri", err))
		return
	}
	store, err := r.configured.stores.open(base)
	if err != nil {
		resp.Diagnostics.AddError(failure("Deleting the storage of "+base.String(), err))
		return
	}
	resp.Diagnostics.Append(r.configured.walk.change(ctx, workspaceLocation(base), "the workspace at "+base.String(), func() diag.Diagnostics {
		return r.delete(ctx, store, base, state, written)
	})...)
}

func (r *workspaceStorageResource) delete(ctx context.Context, store blob.Store, base workspace.BaseURI, state workspaceStorageModel, written storedCORSRule) diag.Diagnostics {
	var diags diag.Diagnostics
	// After a renamed address, or a replacement that creates first, what is here belongs to the new one.
	if r.configured.walk.intents.willBeCreated(workspaceLocation(base)) {
		detail := fmt.Sprintf("Another resource of this run creates %s. Its directories and its CORS rule were left to that resource.", base)
		if written.rule() != nil {
			detail += " Rules have no ID in this store: if the other resource found the rule before it wrote its own, it treats the rule as foreign, and a destroy will leave it in the bucket."
		}
		diags.AddWarning("The workspace was left in the store", detail)
		return diags
	}
	err := changeCORS(ctx, &r.configured.walk.locks, store, base, state.CORSRule, types.ObjectNull(corsRuleTypes), &written)
	var kept []string
	names := state.keys(base)
	if err == nil {
		kept, err = removeDirectories(ctx, store, base, slices.Sorted(maps.Keys(names)), nil)
	}
	if err != nil && !errors.Is(err, blob.ErrNoBucket) {
		diags.AddError(failure("Deleting the storage of "+base.String(), err))
		return diags
	}
	return warnKept(base, kept, names)
}

func (r *workspaceStorageResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	base, diags := imported(ctx, req, schemes.All.ParseBaseURI, "s3://my-bucket/vvp")
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, frameworkpath.Root("base_uri"), base.String())...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}
