package provider

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

type artifactModel struct {
	BaseURI          types.String   `tfsdk:"base_uri"`
	Namespace        types.String   `tfsdk:"namespace"`
	Filename         types.String   `tfsdk:"filename"`
	Source           types.String   `tfsdk:"source"`
	SourceURL        types.String   `tfsdk:"source_url"`
	Content          types.String   `tfsdk:"content"`
	ContentSHA256    types.String   `tfsdk:"content_sha256"`
	ContentSHA256URL types.String   `tfsdk:"content_sha256_url"`
	ContentAddressed types.Bool     `tfsdk:"content_addressed"`
	Overwrite        types.Bool     `tfsdk:"overwrite"`
	RetainOnDestroy  types.Bool     `tfsdk:"retain_on_destroy"`
	Accelerate       types.Bool     `tfsdk:"accelerate"`
	ContentType      types.String   `tfsdk:"content_type"`
	Metadata         types.Map      `tfsdk:"metadata"`
	URI              types.String   `tfsdk:"uri"`
	Size             types.Int64    `tfsdk:"size"`
	ETag             types.String   `tfsdk:"etag"`
	VersionID        types.String   `tfsdk:"version_id"`
	Timeouts         timeouts.Value `tfsdk:"timeouts"`
}

func (r *artifactResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "A file that Flink jobs need, in a namespace of a workspace: a JAR, a Python file, or any other.\n\n" +
			"The file is identified by its SHA-256. It appears under its name only after every byte was hashed and the hash is the planned one. " +
			"A file that somebody else put there is not overwritten unless `overwrite = true`.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's. Another bucket or prefix replaces the artifact; another spelling of the same one does not.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Namespace, such as `default`. Another one replaces the artifact.",
				Validators:          []validator.String{namespaceRule},
			},
			"filename": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name of the file in the namespace. Default: the base name of `source`, or the last part of the path of `source_url`; required with `content`. Another one replaces the artifact.",
				Validators:          []validator.String{filenameRule},
			},
			"source": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a local file. A relative path counts from the root module's directory. Exactly one of `source`, `source_url` and `content` is set. " +
					"Another path with the same bytes changes nothing.",
				Validators: []validator.String{sourceRule},
			},
			"source_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Where the file is fetched from: `https://`, `http://` (with a pin only), or an object in a store (" + storeSchemes() + "). It goes straight on to the workspace, through no disk; " +
					"inside one store the store copies it. Pin it by `content_sha256` or `content_sha256_url`; without either, one request at each plan asks the server whether the file is still the same. " +
					"Credentials belong in the provider's `http` block, never in the URL: it is in the state.",
				Validators: []validator.String{sourceURLRule},
			},
			"content": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "The file's text itself. It is kept in the state, so it must hold no secret.",
			},
			"content_sha256": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "SHA-256 of the bytes, in 64 lower-case hexadecimal digits. Set it to pin them: other bytes are then never published. " +
					"Not set, it is known at plan (with a new `source_url` only after the apply), and a change of it is what uploads the file again.",
				Validators: []validator.String{sha256Rule},
			},
			"content_sha256_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of a file of checksums that the publisher of `source_url` keeps, read at plan: it pins the bytes as `content_sha256` does. " +
					"It is in the format of `sha256sum`, of BSD, or a hash alone; the line counts whose file has the name at the end of `source_url`. Not over plain http.",
				Validators: []validator.String{
					checksumsURLRule,
					stringvalidator.AlsoRequires(path.MatchRoot("source_url")),
					stringvalidator.ConflictsWith(path.MatchRoot("content_sha256")),
				},
			},
			"content_addressed": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Puts `-` and the first 12 digits of the hash before the name's extension in the store (`job-0123456789ab.jar`), so that new bytes get a new `uri`. " +
					"Flink keeps a file that it has fetched once under the same name; this is how a redeployed job is sure to see the new one. " +
					"Use it with `create_before_destroy`. Default: `false`.",
			},
			"overwrite": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Allows to replace an object that this state does not own. Default: `false`.",
			},
			"retain_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Leaves the file in the store when the resource is destroyed or replaced. Default: `false`.",
			},
			"accelerate": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Sends the bytes through the bucket's accelerated endpoint, for which the clouds charge fees; all other requests go the usual way. " +
					"The bucket's acceleration must be on: see `flink_transfer_acceleration`, and depend on it. A change of it alone sends nothing. Default: `false`.",
			},
			"content_type": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Media type. Default: that of the name's extension. It is changed without sending the file again.",
				Validators:          []validator.String{headerRule},
			},
			"metadata": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Metadata of the object: lower-case keys and ASCII values. Keys that others add stay. It is changed without sending the file again.",
				Validators: []validator.Map{
					mapvalidator.NoNullValues(),
					mapvalidator.KeysAre(metadataKeyRule),
					mapvalidator.ValueStringsAre(metadataRule),
				},
			},
			"uri": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Where Flink reads the file: for `jarUri`, `pythonArtifactUri` or `additionalDependencies` of a deployment.",
			},
			"size": schema.Int64Attribute{
				Computed:            true,
				MarkdownDescription: "Length in bytes.",
			},
			"etag": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The store's own tag of what is there. It is no hash of the bytes.",
			},
			"version_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Version of the object in a bucket with versions.",
			},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true}),
		},
	}
}

func (r *artifactResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = uriIdentitySchema("URI of the artifact, such as s3://my-bucket/vvp/artifacts/namespaces/default/job.jar.")
}

const (
	noFilenameTitle  = "No file name"
	noFilenameDetail = "With content there is no file to take a name from. Set filename, such as \"job.py\"."
)

// maxMetadata is S3's limit of 2 KiB for all of an object's metadata, less what the provider's own entries take.
const maxMetadata = 2048 - 128

func (r *artifactResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.Config.Raw, req.Config.Schema, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(config.checkSource()...)
	// What is unknown yet may become null: a module may hand over whichever of source, source_url and content its caller has set.
	if !config.Content.IsNull() && !config.Content.IsUnknown() && config.Filename.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("filename"), noFilenameTitle, noFilenameDetail)
	}
	if isPlainHTTP(config.SourceURL.ValueString()) && !config.pinned() {
		resp.Diagnostics.AddAttributeError(path.Root("source_url"), "A plain http URL needs a pin",
			"Over plain http anybody on the way can change the file. Set content_sha256 to the SHA-256 that the file has, or use https.")
	}
	size := 0
	for key, value := range config.Metadata.Elements() {
		if text, ok := value.(types.String); ok {
			size += len(key) + len(text.ValueString())
		}
	}
	if size > maxMetadata {
		resp.Diagnostics.AddAttributeError(path.Root("metadata"), "Too much metadata",
			fmt.Sprintf("Keys and values have %d bytes together; stores keep %d beside the provider's own. Take some out, or shorten them.", size, maxMetadata))
	}
}

// checkSource refuses more than one source, and none. The validators of the framework's own library go through all attributes of the schema for each
// one that they look at.
func (m artifactModel) checkSource() diag.Diagnostics {
	var diags diag.Diagnostics
	var given []string
	unknown := false
	for _, one := range []struct {
		name  string
		value types.String
	}{{"source", m.Source}, {"source_url", m.SourceURL}, {"content", m.Content}} {
		switch {
		case one.value.IsUnknown():
			unknown = true
		case !one.value.IsNull():
			given = append(given, one.name)
		}
	}
	const accepted = "Set exactly one of source (a local file), source_url (a file that lies elsewhere) and content (the text itself)."
	switch {
	case len(given) > 1:
		diags.AddAttributeError(path.Root(given[1]), oneSourceTitle, "These are set together: "+strings.Join(given, ", ")+". "+accepted)
	case len(given) == 0 && !unknown:
		diags.AddError(oneSourceTitle, "Nothing says where the file's bytes come from. "+accepted)
	}
	return diags
}

const oneSourceTitle = "An artifact has one source"

// pinned says whether the configuration itself says which bytes are wanted, now or once it is known.
func (m artifactModel) pinned() bool {
	return !m.ContentSHA256.IsNull() || !m.ContentSHA256URL.IsNull()
}

// sourceAttribute is the attribute that says where the bytes come from.
func (m artifactModel) sourceAttribute() string {
	switch {
	case !m.SourceURL.IsNull():
		return "source_url"
	case !m.Content.IsNull():
		return "content"
	}
	return "source"
}

// bytes is where the configuration says that the bytes come from; nil while that is unknown. awaits has the attributes of the provider's
// block that must be known before.
func (c *configured) bytes(m artifactModel) (from blob.Source, awaits string, err error) {
	switch {
	case m.Source.IsUnknown() || m.SourceURL.IsUnknown() || m.Content.IsUnknown():
		return nil, "", nil
	case !m.Content.IsNull():
		return source.Text(m.Content.ValueString()), "", nil
	case !m.SourceURL.IsNull():
		return c.origin(m.SourceURL.ValueString(), m.pinned())
	}
	return source.File{Path: m.Source.ValueString()}, "", nil
}

// userMetadata is what the configuration or the state says, never nil.
func (m artifactModel) userMetadata() map[string]string {
	metadata := map[string]string{}
	for key, value := range m.Metadata.Elements() {
		if text, ok := value.(types.String); ok {
			metadata[key] = text.ValueString()
		}
	}
	return metadata
}
