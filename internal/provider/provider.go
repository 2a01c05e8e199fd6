// Package provider is the Terraform face: the only package that knows the plugin framework.
package provider

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
)

// baseURIVariable is read where the provider's block has no base_uri.
const baseURIVariable = "FLINK_BASE_URI"

// New makes the provider. The version is the one that terraform-plugin-framework reports in logs.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &flinkProvider{version: version} }
}

type flinkProvider struct{ version string }

var _ provider.ProviderWithFunctions = (*flinkProvider)(nil)

type providerModel struct {
	BaseURI            types.String `tfsdk:"base_uri"`
	OSS                types.Object `tfsdk:"oss"`
	S3                 types.Object `tfsdk:"s3"`
	HTTP               types.Object `tfsdk:"http"`
	CustomCABundle     types.String `tfsdk:"custom_ca_bundle"`
	MaxRetries         types.Int64  `tfsdk:"max_retries"`
	MaxConcurrentParts types.Int64  `tfsdk:"max_concurrent_parts"`
	DigestCache        types.Bool   `tfsdk:"digest_cache"`
}

func (p *flinkProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "flink"
	resp.Version = p.version
}

func (p *flinkProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Puts what Flink jobs need (JARs, Python files, UDFs) into the blob store of a Flink workspace, and keeps it right. " +
			"It works with Alibaba Cloud's Realtime Compute for Apache Flink, with Ververica Platform, and with every Flink that reads its artifacts from a store.\n\n" +
			"Everything is optional: without a block for a store, credentials and region come from that store's own chain " +
			"(environment, shared files, instance and pod roles, OIDC web identity). Nothing is opened before it is needed.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Base URI of the workspace, the default for every resource: `oss://bucket/prefix`, `s3://bucket/prefix` (also `s3i://`, `s3a://`, `s3p://`) or `file:///dir`. " +
					"It can also be set by the environment variable `" + baseURIVariable + "`.",
				Validators: []validator.String{baseURIRule},
			},
			"oss":  ossSchema(),
			"s3":   s3Schema(),
			"http": httpSchema(),
			"custom_ca_bundle": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Path of a PEM file with certificates of authorities that are trusted beside the system's own, for stores and source URLs behind a private CA. A relative path counts from the root module's directory.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often a request that failed for a passing reason is sent again. Default: 4 for OSS and source URLs, and the AWS SDK's own for S3, which is 2.",
				Validators:          []validator.Int64{int64validator.Between(0, 100)},
			},
			"max_concurrent_parts": schema.Int64Attribute{
				Optional: true,
				MarkdownDescription: fmt.Sprintf("How many parts of 8 MiB may be on their way at once, over all artifacts of a run. It bounds the provider's memory. Default: %d.",
					schemes.DefaultParts),
				Validators: []validator.Int64{int64validator.Between(1, 64)},
			},
			"digest_cache": schema.BoolAttribute{
				Optional: true,
				MarkdownDescription: "Remembers the SHA-256 of local files of 16 MiB and more, so that a plan does not read a file again that has not changed. What is uploaded is hashed as it is sent, all the same. " +
					"A change is seen by the file's inode, size and times, as in git. Hashes are kept in `terraform-provider-flink` in the user's cache directory (`$XDG_CACHE_HOME` or `~/.cache` on Linux, `~/Library/Caches` on macOS); " +
					"on other systems, without such a directory, and on other file systems than ext4, XFS, Btrfs, ZFS, tmpfs, overlay and APFS, each plan reads the file. Default: `true`.",
			},
		},
	}
}

func (p *flinkProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var model providerModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// An unknown value stays unknown: the environment must not stand in for it.
	if variable := os.Getenv(baseURIVariable); model.BaseURI.IsNull() && variable != "" {
		if err := checkBaseURI(variable); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("base_uri"), "Invalid "+baseURIVariable, fmt.Sprintf("The environment variable %s stands in for base_uri, and cannot be used: %s Correct it, unset it, or set base_uri in the provider's block.", baseURIVariable, sentence(err)))
			return
		}
		model.BaseURI = types.StringValue(variable)
	}
	configured, diags := configure(ctx, model, req.Config.Raw, p.version)
	resp.Diagnostics.Append(diags...)
	resp.ResourceData = configured
	resp.DataSourceData = configured
}

func (p *flinkProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{newArtifactResource, newTransferAccelerationResource, newWorkspaceStorageResource}
}

func (p *flinkProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{newArtifactDataSource, newArtifactsDataSource}
}

func (p *flinkProvider) Functions(context.Context) []func() function.Function {
	return []func() function.Function{newArtifactURIFunction, newParseArtifactURIFunction}
}
