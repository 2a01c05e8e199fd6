package provider

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	frameworkpath "github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
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
	var written writtenCORSRule
	base, diags := r.apply(ctx, nothing, &planned, &written)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(written.write(ctx, resp.Private)...)
	resp.Diagnostics.Append(newOwnership().write(ctx, resp.Private)...) // its ID tells this resource from others on the same base URI
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}

// Update makes what is new, and removes what is not planned any more and holds nothing.
func (r *workspaceStorageResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var planned, prior workspaceStorageModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &planned)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &prior)...)
	written, diags := readWrittenCORSRule(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := planned.Timeouts.Update(ctx, storageTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	base, diags := r.apply(ctx, prior, &planned, &written)
	resp.Diagnostics.Append(diags...)
	// Also after a failure: the rule may have been written before that, and without its record it would be somebody else's.
	resp.Diagnostics.Append(written.write(ctx, resp.Private)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, planned)...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}

// apply brings the store from what was before to what is planned, and fills in what is computed.
func (r *workspaceStorageResource) apply(ctx context.Context, prior workspaceStorageModel, planned *workspaceStorageModel, written *writtenCORSRule) (workspace.BaseURI, diag.Diagnostics) {
	var diags diag.Diagnostics
	base, err := schemes.All.ParseBaseURI(planned.BaseURI.ValueString())
	if err != nil {
		diags.AddAttributeError(frameworkpath.Root("base_uri"), baseURIRule.Title, rule.Sentence(err))
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
	defer r.configured.listings.Drop()

	planned.compute(&base)
	before, after := prior.keys(base), planned.keys(base)
	if err := blob.MakeDirectories(ctx, store, missing(after, before)); err != nil {
		diags.Append(failureAt("base_uri", "Making directories in "+base.String(), err))
		return base, diags
	}
	if err := r.configured.changeCORS(ctx, store, base, prior.CORSRule, planned.CORSRule, written); err != nil {
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

// Delete takes away our rule and the directories in which there is nothing.
func (r *workspaceStorageResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state workspaceStorageModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	written, diags := readWrittenCORSRule(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	timeout, diags := state.Timeouts.Delete(ctx, storageTimeout)
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
	defer r.configured.listings.Drop()

	// After a renamed address, or a replacement that creates first, what is here belongs to the new one.
	if r.configured.planned.creates(workspaceClaim(base)) {
		detail := fmt.Sprintf("Another resource of this run creates %s. Its directories and its CORS rule were left to that one.", base)
		if written.rule != nil {
			detail += " The rule has no ID in this store: if the other resource found it before it wrote one itself, it takes it for somebody else's, and its destroy will leave it in the bucket."
		}
		resp.Diagnostics.AddWarning("The workspace was left in the store", detail)
		return
	}
	err = r.configured.changeCORS(ctx, store, base, state.CORSRule, types.ObjectNull(corsRuleTypes), &written)
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
	base, err := schemes.All.ParseBaseURI(uri)
	if err != nil {
		resp.Diagnostics.Append(invalidImport("s3://my-bucket/vvp", err))
		return
	}
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, frameworkpath.Root("base_uri"), base.String())...)
	resp.Diagnostics.Append(setIdentity(ctx, resp.Identity, base.Canonical().String())...)
}
