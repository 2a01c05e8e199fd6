// Package provider is the Terraform face: the only package that knows the plugin framework.
package provider

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/settings"
)

// baseURIVariable is read where the provider's block has no base_uri.
const baseURIVariable = "FLINK_BASE_URI"

// New makes the provider.
// The version is the one that terraform-plugin-framework reports in logs.
func New(version string) func() provider.Provider {
	return func() provider.Provider { return &flinkProvider{version: version} }
}

type flinkProvider struct{ version string }

var _ provider.ProviderWithFunctions = (*flinkProvider)(nil)

func (p *flinkProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "flink"
	resp.Version = p.version
}

func (p *flinkProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	attributes := settings.Attributes()
	attributes["base_uri"] = schema.StringAttribute{
		Optional: true,
		MarkdownDescription: "Base URI of the workspace, the default for every resource: " + baseURIForms() + ". " +
			"It can also be set by the environment variable `" + baseURIVariable + "`.",
		Validators: []validator.String{baseURIRule},
	}
	attributes["digest_cache"] = schema.BoolAttribute{
		Optional: true,
		MarkdownDescription: "Caches the SHA-256 of local files of 16 MiB and more, so that a plan does not read unchanged files again. Uploaded content is always hashed as it is sent. " +
			"A change is detected by the file's inode, size and times, as in git. The cache is `terraform-provider-flink` in the user's cache directory (`$XDG_CACHE_HOME` or `~/.cache` on Linux, `~/Library/Caches` on macOS); " +
			"on other systems, without such a directory, and on other file systems than ext4, XFS, Btrfs, ZFS, tmpfs, overlay and APFS, each plan reads the file. Default: `true`.",
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Publishes the files that Flink jobs need (JARs, Python files, UDFs) to the blob store of a Flink workspace, and keeps them up to date. " +
			"It works with Alibaba Cloud's Realtime Compute for Apache Flink, with Ververica Platform, and with any Flink that reads its artifacts from a store.\n\n" +
			"Everything is optional: without a block for a store, credentials and region come from that store's default chain " +
			"(environment, shared files, instance and pod roles, OIDC web identity). No connection is opened before it is needed.",
		Attributes: attributes,
	}
}

func (p *flinkProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var baseURI types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("base_uri"), &baseURI)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// An unknown value stays unknown: the environment must not stand in for it.
	if variable := os.Getenv(baseURIVariable); baseURI.IsNull() && variable != "" {
		if err := checkBaseURI(variable); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("base_uri"), "Invalid "+baseURIVariable, fmt.Sprintf("The environment variable %s is used as base_uri, and is invalid: %s Correct it, unset it, or set base_uri in the provider's block.", baseURIVariable, rule.Sentence(err)))
			return
		}
		baseURI = types.StringValue(variable)
	}
	configured, diags := configure(ctx, req.Config, baseURI, p.version)
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
