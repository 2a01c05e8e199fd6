package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

// unread ends a refresh that could not read.
// If the error is one of those that mean that there is nothing any more, the resource leaves the state.
func unread(ctx context.Context, store blob.Store, tried string, err error, resp *resource.ReadResponse, absent ...error) {
	if !slices.ContainsFunc(absent, func(known error) bool { return errors.Is(err, known) }) {
		resp.Diagnostics.AddError(failure(tried, err))
		return
	}
	resp.Diagnostics.Append(gone(ctx, store, tried)...)
	if !resp.Diagnostics.HasError() {
		tflog.Info(ctx, "there is nothing any more", map[string]any{"tried": tried})
		resp.State.RemoveResource(ctx)
	}
}

// gone makes sure that an object which was not found does not exist, rather than its bucket or endpoint being wrong.
// No diagnostics: it does not exist.
func gone(ctx context.Context, store blob.Store, tried string) diag.Diagnostics {
	var diags diag.Diagnostics
	err := store.Bucket(ctx)
	switch {
	case err == nil:
	case errors.Is(err, blob.ErrNoBucket):
		diags.AddWarning("The bucket no longer exists",
			fmt.Sprintf("%s failed, since the bucket no longer exists: %s The plan creates its resources again. If the bucket does exist, check the endpoint and the region in the provider's block before you apply, or whether the directory is mounted.",
				tried, rule.Sentence(err)))
	case errors.Is(err, fs.ErrPermission):
		// Without the permission to list, the 404 was the answer of the store itself.
	default:
		diags.AddError(failure(tried, err))
	}
	return diags
}
