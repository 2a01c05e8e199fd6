package settings

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// The attributes beside the blocks, which count for all of them.
const (
	caBundleName   = "custom_ca_bundle"
	maxRetriesName = "max_retries"
	maxPartsName   = "max_concurrent_parts"
)

func commonAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		caBundleName: schema.StringAttribute{
			Optional:            true,
			MarkdownDescription: "Path of a PEM file with CA certificates to trust in addition to the system's, for stores and source URLs behind a private CA. A relative path starts at the root module's directory.",
			Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		maxRetriesName: schema.Int64Attribute{
			Optional:            true,
			MarkdownDescription: "Maximum number of retries of a request that fails for a transient reason. Default: 4 for OSS and source URLs, and the AWS SDK's own for S3, which is 2.",
			Validators:          []validator.Int64{int64validator.Between(0, 100)},
		},
		maxPartsName: schema.Int64Attribute{
			Optional: true,
			MarkdownDescription: fmt.Sprintf("Maximum number of parts of 8 MiB in flight at the same time, for all artifacts of a run. It limits the memory of the provider. Default: %d.",
				multipart.DefaultParts),
			Validators: []validator.Int64{int64validator.Between(1, 64)},
		},
	}
}

// readCommon reads those attributes.
// An unknown one is as one that is not set: who uses it looks before (see unknown).
func readCommon(ctx context.Context, config tfsdk.Config, version string) (common objectstore.Common, diags diag.Diagnostics) {
	var caBundle types.String
	var maxRetries, maxParts types.Int64
	for name, value := range map[string]any{caBundleName: &caBundle, maxRetriesName: &maxRetries, maxPartsName: &maxParts} {
		diags.Append(config.GetAttribute(ctx, path.Root(name), value)...)
	}
	common = objectstore.Common{CABundle: caBundle.ValueString(), Ledger: ledger.New(), UserAgent: "terraform-provider-flink/" + version}
	if !maxRetries.IsNull() {
		common.MaxRetries = new(int(maxRetries.ValueInt64()))
	}
	parts := multipart.DefaultParts
	if !maxParts.IsNull() {
		parts = int(maxParts.ValueInt64())
	}
	common.Budget = multipart.NewBudget(parts)
	return common, diags
}
