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
		return errors.New("over plain http anybody on the way could change what is read here, and nothing pins it; use https")
	}
	return checkSourceURL(value)
}

func (d *artifactDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "One file: an artifact of a namespace (`namespace` and `filename`), a local file (`source`), or one that lies elsewhere (`source_url`). " +
			"Of a JAR it also tells what it says of itself, so that a plan can stop one that a cluster could not run.\n\n" +
			"A JAR in a store or behind a URL is not fetched as a whole: less than 1 MiB of it is read, in a few requests, for which a server has to give ranges. A file that is not there is an error.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace, with `namespace` and `filename` only. Default: the provider's.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespace": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Namespace, such as `default`. Goes together with `filename`.",
				Validators:          []validator.String{namespaceRule},
			},
			"filename": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Name of the file in the namespace, as it is in the store: that of a content-addressed artifact has the digits of its hash. " +
					"Exactly one of `filename`, `source` and `source_url` is set.",
				Validators: []validator.String{filenameRule},
			},
			"source": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a local file. A relative path counts from the root module's directory. " +
					"Where a resource of the same run makes the file, name it in `depends_on`: it is read after that.",
				Validators: []validator.String{sourceRule},
			},
			"source_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Where the file lies: `https://`, or an object in a store (" + storeSchemes() + "), inside a workspace or not. " +
					"Credentials belong in the provider's `http` block, never in the URL: it is in the state.",
				Validators: []validator.String{readableURLRule},
			},
			"include_sha256": schema.BoolAttribute{
				Optional:            true,
				MarkdownDescription: "Whether to read the whole file for `content_sha256` where no hash is stored beside it. Default: `false`.",
			},
			"uri": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Where Flink reads the file; null with `source` and `source_url`.",
			},
			"size": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Length in bytes; null where a server does not tell it.",
			},
			"etag": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The store's or server's own tag of what is there, without quotes; null of a local file, and where a server tells none. It is no hash of the bytes.",
			},
			"version_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Version of the object in a bucket with versions, else null.",
			},
			"last_modified": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When it was last written: RFC 3339, in UTC, whole seconds; null where a server does not tell it.",
			},
			"content_type": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Media type, as the store or server tells it; null of a local file.",
			},
			"metadata": schema.MapAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "Metadata of the object, without the provider's own entries; null of what is no object of a store.",
			},
			"content_sha256": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "SHA-256 of the bytes. Where one is stored beside the object, as this provider does in every bucket, it is that one: the word of whoever wrote the object, and no proof. " +
					"Where none is, it is that of the bytes as they are read with `include_sha256`, else null.",
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

const combinationTitle = "Which file is meant?"

// checkCombination tells which attributes do not go together. What is unknown yet may become null: a module may hand over whichever its
// caller has set. Terraform asks again when it is known.
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
	const accepted = "Set exactly one of filename (with namespace: an artifact of a workspace), source (a local file) and source_url (a file that lies elsewhere)."
	switch {
	case len(given) == 0 && !m.Namespace.IsNull():
		diags.AddAttributeError(path.Root("namespace"), combinationTitle, "A namespace has many files. Set filename too, or read all of them with the data source flink_artifacts.")
	case len(given) == 0:
		diags.AddError(combinationTitle, "No file is named. "+accepted)
	case len(given) > 1:
		diags.AddAttributeError(path.Root(given[1]), combinationTitle, "These are set together: "+strings.Join(given, ", ")+". "+accepted)
	case given[0] == "filename" && m.Namespace.IsNull():
		diags.AddAttributeError(path.Root("filename"), combinationTitle, "An artifact lies in a namespace. Set namespace too, such as \"default\"; for a local file set source in place of filename.")
	case given[0] != "filename":
		for name, value := range map[string]types.String{"namespace": m.Namespace, "base_uri": m.BaseURI} {
			if !value.IsNull() && !value.IsUnknown() {
				diags.AddAttributeError(path.Root(name), combinationTitle, fmt.Sprintf("%s is part of the address of an artifact in a workspace; %s says by itself where the file is. Take %s out, or set filename in place of %s.",
					name, given[0], name, given[0]))
			}
		}
	}
	return diags
}
