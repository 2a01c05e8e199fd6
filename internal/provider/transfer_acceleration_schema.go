package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// transferAccelerationModel is the resource as Terraform has it.
type transferAccelerationModel struct {
	BaseURI  types.String   `tfsdk:"base_uri"`
	Enabled  types.Bool     `tfsdk:"enabled"`
	Wait     types.Bool     `tfsdk:"wait"`
	Bucket   types.String   `tfsdk:"bucket"`
	Endpoint types.String   `tfsdk:"endpoint"`
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

func (r *transferAccelerationResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Manages transfer acceleration of a workspace's bucket. Uploads with `accelerate = true` in `flink_artifact` then go to a cloud endpoint near the sender, " +
			"and from there through the cloud's own network. OSS and S3 support it.\n\n" +
			"Both clouds charge additional fees for data that is sent through the accelerated endpoint. Uploads without `accelerate` cost nothing extra.\n\n" +
			"Destroying the resource restores the setting from before it was created: an acceleration that was enabled stays enabled, and the plan says so. After an import, a destroy disables it. " +
			"A replacement that is created first (`create_before_destroy`) for the same bucket records the setting of the old resource as the original one. " +
			"A bucket that never had the setting counts as disabled, and is disabled explicitly afterwards (`Enabled=false` on OSS, `Suspended` on S3), since the setting cannot be removed.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's. Only its bucket matters: another prefix or spelling changes nothing, another bucket replaces the resource. " +
					"On S3 the bucket name must not contain a dot.",
				Validators: []validator.String{baseURIRule},
			},
			"enabled": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether transfer acceleration is enabled. Default: `true`.",
			},
			"wait": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Wait until the accelerated endpoint serves the bucket, which takes up to 30 minutes according to both clouds. " +
					"Artifacts that depend on this resource can then be uploaded in the same run. If the time runs out (see `timeouts`), the result is a warning. Default: `false`.",
			},
			"bucket":   schema.StringAttribute{Computed: true, MarkdownDescription: "Name of the bucket."},
			"endpoint": schema.StringAttribute{Computed: true, MarkdownDescription: "URL of the accelerated endpoint of the bucket. Null if the store has none: then `wait = true` is an error."},
			"timeouts": timeouts.Attributes(ctx, timeouts.Opts{Create: true, Read: true, Update: true, Delete: true}),
		},
	}
}

func (r *transferAccelerationResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = uriIdentitySchema("URI of the bucket, such as s3://my-bucket.")
}

// bucketURI is a base URI's bucket in its one canonical spelling.
func bucketURI(base workspace.BaseURI) string {
	base.Prefix = ""
	return base.Canonical().String()
}

// location is the bucket that a state is about.
func (m *transferAccelerationModel) location() (base workspace.BaseURI, diags diag.Diagnostics) {
	base, err := schemes.All.ParseBaseURI(m.BaseURI.ValueString())
	if err != nil {
		diags.Append(damagedState("the transfer acceleration's base_uri", err))
	}
	return base, diags
}
