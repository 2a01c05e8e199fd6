package provider

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// reader returns the store for a refresh. wait says that its settings are not known yet: then the state stays as it is, since
// settings from elsewhere could be those of another account, in which everything is missing.
func (c *configured) reader(base workspace.BaseURI) (store blob.Store, wait bool, diags diag.Diagnostics) {
	if unknown := c.settings.Awaits(base.Backend); unknown != "" {
		c.warnUnknown.Do(func() {
			diags.AddWarning("The state was not refreshed",
				fmt.Sprintf("In the provider's block %s is known only after an apply, so the store cannot be asked before. The plan rests on the state as it is.", unknown))
		})
		return nil, true, diags
	}
	store, err := c.store(base)
	if err != nil {
		diags.AddError(failure("Opening "+base.String(), err))
	}
	return store, false, diags
}

// gone makes sure that an object which was not found is really gone, and that it was not the wrong door. No diagnostics: gone.
func gone(ctx context.Context, store blob.Store, tried string) diag.Diagnostics {
	var diags diag.Diagnostics
	err := store.Bucket(ctx)
	switch {
	case err == nil:
	case errors.Is(err, blob.ErrNoBucket):
		diags.AddWarning("The bucket is gone",
			fmt.Sprintf("%s found that there is no bucket any more: %s What was in it is planned anew. If it is still there, check the endpoint and the region in the provider's block before you apply, or whether the directory is mounted.",
				tried, rule.Sentence(err)))
	case errors.Is(err, fs.ErrPermission):
		// Who may not list was told by the store itself that the object is not there.
	default:
		diags.AddError(failure(tried, err))
	}
	return diags
}

// stringMap is a map of strings as the framework has it.
func stringMap(values map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(values))
	for key, value := range values {
		elements[key] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}
