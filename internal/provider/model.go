package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workaround"
)

// readModel is what the framework's Get does, for a resource of which a configuration may have thousands.
func readModel[From tfsdk.Config | tfsdk.Plan | tfsdk.State](ctx context.Context, from From, model any) diag.Diagnostics {
	if err := workaround.ReadModel(ctx, tfsdk.Config(from), model); err != nil {
		return diag.Diagnostics{ownBug("Reading the attributes of a block", err)}
	}
	return nil
}

// writeModel is what the framework's Set does.
func writeModel(ctx context.Context, model any, to *tftypes.Value) diag.Diagnostics {
	if err := workaround.WriteModel(ctx, model, to); err != nil {
		return diag.Diagnostics{ownBug("Writing the attributes of a block", err)}
	}
	return nil
}
