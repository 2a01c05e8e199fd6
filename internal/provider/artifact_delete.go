package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

func (r *artifactResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.State, &state)...)
	owner := ownershipKey.read(ctx, req.Private, &resp.Diagnostics)
	plan := replacementKey.read(ctx, req.Private, &resp.Diagnostics)
	ctx, cancel := within(ctx, &resp.Diagnostics, state.Timeouts.Delete, deleteTimeout)
	defer cancel()
	if resp.Diagnostics.HasError() || state.RetainOnDestroy.ValueBool() {
		return
	}
	artifact, err := schemes.All.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the artifact's uri", err))
		return
	}
	if reason := r.keeps(ctx, plan); reason != "" {
		resp.Diagnostics.AddError("The old object was kept",
			fmt.Sprintf("%s is to be replaced, but %s. It was left unchanged.\n\n"+
				"What to do: Correct the source, or build it before the plan, and plan again; if it is a URL, pin it with content_sha256. Or set create_before_destroy = true in the lifecycle block, so that the old object is deleted only after the new one exists.", artifact.URI(), reason))
		return
	}
	store, err := r.configured.stores.open(artifact.Base)
	if err != nil {
		resp.Diagnostics.AddError(failure("Deleting "+artifact.URI(), err))
		return
	}
	resp.Diagnostics.Append(r.configured.walk.change(ctx, artifact.Canonical(), artifact.URI(), func() diag.Diagnostics {
		return r.delete(ctx, store, artifact, state, owner, plan)
	})...)
}

// delete deletes the object if it is the one that the state describes.
func (r *artifactResource) delete(ctx context.Context, store blob.Store, artifact workspace.Artifact, state artifactModel, owner ownership, plan replacement) diag.Diagnostics {
	var diags diag.Diagnostics
	tried := "Deleting " + artifact.URI()
	looked := time.Now()
	object, err := store.Head(ctx, artifact.Key())
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, blob.ErrNoBucket):
		return gone(ctx, store, tried)
	case err != nil:
		diags.AddError(failure(tried, err))
		return diags
	case r.configured.walk.replaced(artifact.Canonical(), owner, object):
		tflog.Info(ctx, "the object belongs to the resource that replaced this one", map[string]any{"uri": artifact.URI()})
		return diags
	}
	// Terraform passes no private state when it replaces a tainted resource.
	// The object is still the one of the state, and was written by this provider.
	tainted := owner.ID == "" && !slices.Contains(plan.Foreign, artifact.Canonical()) && object.Owner() != "" && state.isUnchanged(object)
	if !tainted && !owner.mayDelete(state, object) {
		diags.AddWarning("The object was left in the store",
			fmt.Sprintf("%s is not the object that this resource wrote: another resource or client owns it now, or it existed before this resource. "+
				"It was left unchanged and removed from the state. Delete it manually if it is no longer needed.", artifact.URI()))
		return diags
	}
	if err := deleteSettled(ctx, store, object, looked); err != nil {
		diags.AddError(failure(tried, err))
	}
	return diags
}

// deleteSettled deletes an object if it is still the one that was seen.
// The refusal of a repeated request may be our own success, whose answer was lost: that the object is gone decides.
func deleteSettled(ctx context.Context, store blob.Store, seen blob.Info, looked time.Time) error {
	err := store.Delete(ctx, seen.Key, blob.Cond{IfMatch: seen.ETag, Seen: looked})
	if errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
		if _, headErr := store.Head(ctx, seen.Key); errors.Is(headErr, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}

// keeps is why an object that is to be replaced must not be deleted yet; "": it may.
// A create that fails after the delete would leave nothing.
func (r *artifactResource) keeps(ctx context.Context, plan replacement) string {
	if plan.Unproven {
		return "the plan could not verify the replacement: the source was missing, unreadable, unreachable, did not match its pin, changed, is the object being replaced, or is not known yet"
	}
	if plan.Source == "" {
		return ""
	}
	switch read, err := r.configured.sources.hashOf(ctx, source.File{Path: plan.Source}); {
	case err != nil:
		return fmt.Sprintf("the source %q can no longer be read: %s", plan.Source, strings.TrimSuffix(rule.Sentence(err), "."))
	case read.SHA256.String() != plan.SHA256:
		return fmt.Sprintf("the source %q has changed since the plan: it has SHA-256 %s, and %s was planned", plan.Source, read.SHA256, plan.SHA256)
	}
	return ""
}
