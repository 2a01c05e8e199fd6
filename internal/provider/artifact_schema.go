package provider

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
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
		MarkdownDescription: "A file for Flink jobs in a namespace of a workspace: a JAR, a Python file, or any other.\n\n" +
			"The file is identified by its SHA-256. It appears under its name only after its whole content has been hashed and the hash matches the plan. " +
			"A file that another client wrote is not overwritten unless `overwrite = true`.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's. A change of bucket or prefix replaces the artifact; another spelling of the same location does not.",
				Validators:          []validator.String{baseURIRule},
			},
			"namespace": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Namespace, such as `default`. A change replaces the artifact.",
				Validators:          []validator.String{namespaceRule},
			},
			"filename": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Name of the file in the namespace. Default: the base name of `source`, or the last part of the path of `source_url`; required with `content`. A change replaces the artifact.",
				Validators:          []validator.String{filenameRule},
			},
			"source": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Path of a local file, relative to the root module's directory unless absolute. Set exactly one of `source`, `source_url` and `content`. " +
					"Another path with the same content is not a change.",
				Validators: []validator.String{sourceRule},
			},
			"source_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of the file: `https://`, `http://` (only with a pin), or an object in a store (" + storeSchemes() + "). It is streamed to the workspace without a copy on disk; " +
					"within OSS or AWS S3, the store copies it. Pin it with `content_sha256` or `content_sha256_url`; without a pin, each plan sends one request to check whether the file has changed. " +
					"Credentials belong in the provider's `http` block, never in the URL, which is stored in the state.",
				Validators: []validator.String{sourceURLRule},
			},
			"content": schema.StringAttribute{Optional: true, MarkdownDescription: "Content of the file as text. It is stored in the state, so it must not contain secrets."},
			"content_sha256": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "SHA-256 of the content, in 64 lower-case hexadecimal digits. Set it to pin the content: nothing else is ever published. " +
					"If not set, it is computed during plan (for a new `source_url` during apply), and a change uploads the file again.",
				Validators: []validator.String{sha256Rule},
			},
			"content_sha256_url": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "URL of a checksum file from the publisher of `source_url`, read during plan. It pins the content as `content_sha256` does. " +
					"Accepted are the formats of `sha256sum` and BSD, and a hash alone; the line whose file name is the last part of `source_url` is used. Not over plain http.",
				Validators: []validator.String{
					checksumsURLRule,
					stringvalidator.AlsoRequires(path.MatchRoot("source_url")),
					stringvalidator.ConflictsWith(path.MatchRoot("content_sha256")),
				},
			},
			"content_addressed": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Inserts `-` and the first 12 digits of the hash before the extension of the name in the store (`job-0123456789ab.jar`), so that new content gets a new `uri`. " +
					"Flink caches a file by its name; a new name makes sure that a redeployed job uses the new file. " +
					"Use it with `create_before_destroy`. Default: `false`.",
			},
			"overwrite": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Overwrite an existing object that this resource does not own. Default: `false`.",
			},
			"retain_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Keep the file in the store when the resource is destroyed or replaced. Default: `false`.",
			},
			"accelerate": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Upload through the bucket's accelerated endpoint, for which the clouds charge fees; all other requests use the regular endpoint. " +
					"Transfer acceleration must be enabled for the bucket: see `flink_transfer_acceleration`, and depend on it. A change of this attribute alone uploads nothing. Default: `false`.",
			},
			"content_type": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Media type. Default: derived from the extension of the name. A change does not upload the file again.",
				Validators:          []validator.String{headerRule},
			},
			"metadata": schema.MapAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Metadata of the object: lower-case keys and ASCII values. Keys that other clients add are kept. A change does not upload the file again.",
				Validators: []validator.Map{
					mapvalidator.NoNullValues(),
					mapvalidator.KeysAre(metadataKeyRule),
					mapvalidator.ValueStringsAre(metadataRule),
				},
			},
			"uri":        schema.StringAttribute{Computed: true, MarkdownDescription: "URI from which Flink reads the file: for `jarUri`, `pythonArtifactUri` or `additionalDependencies` of a deployment."},
			"size":       schema.Int64Attribute{Computed: true, MarkdownDescription: "Size in bytes."},
			"etag":       schema.StringAttribute{Computed: true, MarkdownDescription: "ETag of the object in the store. It is not a hash of the content."},
			"version_id": schema.StringAttribute{Computed: true, MarkdownDescription: "Version ID of the object in a versioned bucket."},
			"timeouts":   timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true}),
		},
	}
}

func (r *artifactResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = uriIdentitySchema("URI of the artifact, such as s3://my-bucket/vvp/artifacts/namespaces/default/job.jar.")
}

const (
	noFilenameTitle  = "No file name"
	noFilenameDetail = "With content there is no file name to derive. Set filename, such as \"job.py\"."
)

// maxMetadata is S3's limit of 2 KiB for all of an object's metadata, less what the provider's own entries take.
const maxMetadata = 2048 - 128

func (r *artifactResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var config artifactModel
	resp.Diagnostics.Append(readModel(ctx, req.Config, &config)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(config.checkSource()...)
	// What is unknown yet may become null: a module may hand over whichever of source, source_url and content its caller has set.
	if !config.Content.IsNull() && !config.Content.IsUnknown() && config.Filename.IsNull() {
		resp.Diagnostics.AddAttributeError(path.Root("filename"), noFilenameTitle, noFilenameDetail)
	}
	if isPlainHTTP(config.SourceURL.ValueString()) && !config.pinned() {
		resp.Diagnostics.AddAttributeError(path.Root("source_url"), "Plain HTTP source requires a pin",
			"Over plain http anybody on the network can change the file. Set content_sha256 to the SHA-256 of the file, or use https.")
	}
	size := 0
	for key, value := range config.Metadata.Elements() {
		if text, ok := value.(types.String); ok {
			size += len(key) + len(text.ValueString())
		}
	}
	if size > maxMetadata {
		resp.Diagnostics.AddAttributeError(path.Root("metadata"), "Too much metadata",
			fmt.Sprintf("Keys and values have %d bytes in total; stores accept %d in addition to the provider's own. Remove or shorten some of them.", size, maxMetadata))
	}
}
