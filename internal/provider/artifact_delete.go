package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

func (r *artifactResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.State.Raw, req.State.Schema, &state)...)
	owner, known, diags := readOwnership(ctx, req.Private)
	resp.Diagnostics.Append(diags...)
	var plan replacement
	resp.Diagnostics.Append(readPrivate(ctx, req.Private, replacementKey, &plan)...)
	timeout, diags := state.Timeouts.Delete(ctx, deleteTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || state.RetainOnDestroy.ValueBool() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()

	artifact, err := schemes.All.ParseArtifactURI(state.URI.ValueString())
	if err != nil {
		resp.Diagnostics.Append(damagedState("the artifact's uri", err))
		return
	}
	tried := "Deleting " + artifact.URI()
	if reason := r.keeps(ctx, plan); reason != "" {
		resp.Diagnostics.AddError("The old file was kept",
			fmt.Sprintf("%s is to be replaced, and %s. It was left as it is.\n\n"+
				"What to do: Correct the source, or build it before the plan, and plan again; if it is a URL, pin it with content_sha256. Or set create_before_destroy = true in the lifecycle block: then the old file goes only once the new one is there.", artifact.URI(), reason))
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

	defer r.configured.listings.Drop()
	looked := time.Now()
	info, err := store.Head(ctx, artifact.Key())
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, blob.ErrNoBucket):
		resp.Diagnostics.Append(gone(ctx, store, tried)...)
	case err != nil:
		resp.Diagnostics.AddError(failure(tried, err))
	case r.configured.replacedHere(artifact.Canonical(), owner, info):
		tflog.Info(ctx, "the object belongs to the resource that replaced this one", map[string]any{"uri": artifact.URI()})
	case !known && !slices.Contains(plan.Foreign, artifact.Canonical()) && info.Owner() != "" && info.ETag == state.ETag.ValueString() && info.Size == state.Size.ValueInt64():
		// Terraform hands over no private state when it replaces a tainted resource. The object is still the one of the state, and
		// was written by this provider.
		if err := deleteSettled(ctx, store, info, looked); err != nil {
			resp.Diagnostics.AddError(failure(tried, err))
		}
	case !owner.mayDelete(state, info):
		resp.Diagnostics.AddWarning("The file was left in the store",
			fmt.Sprintf("%s is not the object that this resource wrote: another resource or somebody else owns it by now, or it was there before. "+
				"It was left as it is, and is no longer in this state. If nobody needs it, remove it by hand.", artifact.URI()))
	default:
		if err := deleteSettled(ctx, store, info, looked); err != nil {
			resp.Diagnostics.AddError(failure(tried, err))
		}
	}
}

// deleteSettled deletes an object if it is still the one that was seen. The refusal of a repeated request may be our own success, whose
// answer was lost: that the object is gone decides.
func deleteSettled(ctx context.Context, store blob.Store, seen blob.Info, looked time.Time) error {
	err := store.Delete(ctx, seen.Key, blob.Cond{IfMatch: seen.ETag, Seen: looked})
	if errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist) {
		if _, headErr := store.Head(ctx, seen.Key); errors.Is(headErr, fs.ErrNotExist) {
			return nil
		}
	}
	return err
}

// keeps says why an object that is to be replaced must not go yet; "": it may. A create that fails after the delete would leave nothing.
func (r *artifactResource) keeps(ctx context.Context, plan replacement) string {
	if plan.Unproven {
		return "the plan could not see what will come in its place: the source was missing, unreadable, unreachable, not the pinned one, has changed, was that very file, or was not known yet"
	}
	if plan.Source == "" {
		return ""
	}
	switch read, err := r.configured.hashOf(ctx, source.File{Path: plan.Source}); {
	case err != nil:
		return fmt.Sprintf("the source %q cannot be read any more: %s", plan.Source, strings.TrimSuffix(rule.Sentence(err), "."))
	case read.SHA256.String() != plan.SHA256:
		return fmt.Sprintf("the source %q has changed since the plan: it has SHA-256 %s, and %s was planned", plan.Source, read.SHA256, plan.SHA256)
	}
	return ""
}
