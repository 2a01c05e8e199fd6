package provider

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

type artifactDataModel struct {
	BaseURI       types.String `tfsdk:"base_uri"`
	Namespace     types.String `tfsdk:"namespace"`
	Filename      types.String `tfsdk:"filename"`
	Source        types.String `tfsdk:"source"`
	SourceURL     types.String `tfsdk:"source_url"`
	IncludeSHA256 types.Bool   `tfsdk:"include_sha256"`
	URI           types.String `tfsdk:"uri"`
	Size          types.Int64  `tfsdk:"size"`
	ETag          types.String `tfsdk:"etag"`
	VersionID     types.String `tfsdk:"version_id"`
	LastModified  types.String `tfsdk:"last_modified"`
	ContentType   types.String `tfsdk:"content_type"`
	Metadata      types.Map    `tfsdk:"metadata"`
	ContentSHA256 types.String `tfsdk:"content_sha256"`
	Jar           *jarModel    `tfsdk:"jar"`
}

// readableURLRule is sourceURLRule for what is not pinned.
var readableURLRule = rule.String{Title: sourceURLRule.Title, Check: checkReadableURL}

func checkReadableURL(value string) error {
	if isPlainHTTP(value) {
		return errors.New("over plain http anybody on the network could change the content, and nothing pins it; use https")
	}
	return checkSourceURL(value)
}

func (d *artifactDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads one file: an artifact of a namespace (`namespace` and `filename`), a local file (`source`), or a file at another location (`source_url`). " +
			"For a JAR it also returns properties such as its main class and Java release, so that a plan can reject one that the cluster cannot run.\n\n" +
			"A JAR in a store or at a URL is not downloaded as a whole: less than 1 MiB is read in a few range requests, which the server has to support. A file that does not exist is an error.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Only with `namespace` and `filename`. Default: the provider's.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespace": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Namespace, such as `default`. Requires `filename`.",
				Validators:          []validator.String{namespaceRule},
			},
			"filename": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Name of the file in the namespace, as in the store: for a content-addressed artifact it includes the digits of the hash. " +
					"Set exactly one of `filename`, `source` and `source_url`.",
				Validators: []validator.String{filenameRule},
			},
			"source": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a local file, relative to the root module's directory unless absolute. " +
					"If a resource in the same run creates the file, add it to `depends_on`, so that the file is read afterwards.",
				Validators: []validator.String{sourceRule},
			},
			"source_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the file: `https://`, or an object in a store (" + storeSchemes() + "), inside a workspace or not. " +
					"Credentials belong in the provider's `http` block, never in the URL, which is stored in the state.",
				Validators: []validator.String{readableURLRule},
			},
			"include_sha256": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to read the whole file to compute `content_sha256` if no hash is stored with it. Default: `false`."},
			"uri":            schema.StringAttribute{Computed: true, MarkdownDescription: "URI from which Flink reads the file. Null with `source` and `source_url`."},
			"size":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Size in bytes. Null if the server does not report it."},
			"etag":           schema.StringAttribute{Computed: true, MarkdownDescription: "ETag of the store or server, without quotes. Null for a local file, and if the server does not report one. It is not a hash of the content."},
			"version_id":     schema.StringAttribute{Computed: true, MarkdownDescription: "Version ID of the object in a versioned bucket, otherwise null."},
			"last_modified":  schema.StringAttribute{Computed: true, MarkdownDescription: "Time of the last modification in RFC 3339 format, in UTC and whole seconds. Null if the server does not report it."},
			"content_type":   schema.StringAttribute{Computed: true, MarkdownDescription: "Media type that the store or server reports. Null for a local file."},
			"metadata": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Metadata of the object, without the provider's own entries. Null unless the file is an object in a store.",
			},
			"content_sha256": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "SHA-256 of the content. If one is stored with the object, as this provider does in every bucket, it is returned as it is, without proof that it matches the content. " +
					"Otherwise it is computed with `include_sha256`, and null without.",
			},
			"jar": jarSchema(),
		},
	}
}

func (d *artifactDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var config artifactDataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(config.checkCombination()...)
	}
}

const combinationTitle = "Conflicting file arguments"

// checkCombination finds attributes that exclude each other.
// What is unknown yet may become null: a module may pass whichever its caller has set.
// Terraform validates again once it is known.
func (m artifactDataModel) checkCombination() diag.Diagnostics {
	var diags diag.Diagnostics
	var given []string
	for _, one := range []struct {
		name  string
		value types.String
	}{{"filename", m.Filename}, {"source", m.Source}, {"source_url", m.SourceURL}} {
		if one.value.IsUnknown() {
			return diags
		}
		if !one.value.IsNull() {
			given = append(given, one.name)
		}
	}
	const accepted = "Set exactly one of filename (with namespace: an artifact of a workspace), source (a local file) and source_url (a file at another location)."
	switch {
	case len(given) == 0 && !m.Namespace.IsNull():
		diags.AddAttributeError(path.Root("namespace"), combinationTitle, "A namespace has many files. Set filename as well, or use the data source flink_artifacts to list all of them.")
	case len(given) == 0:
		diags.AddError(combinationTitle, "No file is specified. "+accepted)
	case len(given) > 1:
		diags.AddAttributeError(path.Root(given[1]), combinationTitle, "These are set together: "+strings.Join(given, ", ")+". "+accepted)
	case given[0] == "filename" && m.Namespace.IsNull():
		diags.AddAttributeError(path.Root("filename"), combinationTitle, "filename requires namespace. Set namespace, such as \"default\", or set source instead of filename for a local file.")
	case given[0] != "filename":
		for name, value := range map[string]types.String{"namespace": m.Namespace, "base_uri": m.BaseURI} {
			if !value.IsNull() && !value.IsUnknown() {
				diags.AddAttributeError(path.Root(name), combinationTitle, fmt.Sprintf("%s applies to an artifact of a workspace, and %s already specifies the file. Remove %s, or set filename instead of %s.",
					name, given[0], name, given[0]))
			}
		}
	}
	return diags
}
