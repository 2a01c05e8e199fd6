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
		MarkdownDescription: "The transfer acceleration of a workspace's bucket: uploads with `accelerate = true` in `flink_artifact` then go to an endpoint of the cloud near the sender, " +
			"and from there through the cloud's own network. OSS and S3 have it.\n\n" +
			"Both clouds charge fees for bytes that go through the accelerated endpoint, beside the usual ones. What is sent without `accelerate` costs nothing more.\n\n" +
			"Destroying the resource puts back what was found when it was created: an acceleration that was on stays on, and the plan says so. After an import a destroy switches it off. " +
			"A replacement that is created first (`create_before_destroy`) in the same bucket takes what the old one switched for what was there before, and leaves it so. " +
			"A bucket for which it was never set counts as off, and is then off explicitly (`Enabled=false` on OSS, `Suspended` on S3), as the clouds know no way back to never set.",
		Attributes: map[string]schema.Attribute{
			"base_uri": schema.StringAttribute{
				Optional: true, Computed: true,
				MarkdownDescription: "Base URI of the workspace. Default: the provider's. Only its bucket counts: another prefix or another spelling changes nothing, another bucket replaces the resource. " +
					"On S3 the bucket's name must have no dot.",
				Validators: []validator.String{baseURIRule},
			},
			"enabled": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether the acceleration is on. Default: `true`.",
			},
			"wait": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Waits until the accelerated endpoint serves the bucket, which takes up to 30 minutes after the switch, as both clouds say. " +
					"Artifacts that depend on this resource can then be sent in the same run. A wait that runs out (see `timeouts`) is a warning. Default: `false`.",
			},
			"bucket": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Name of the bucket.",
			},
			"endpoint": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "URL at which the bucket is reached with acceleration. Null where the store has none: `wait = true` is then an error.",
			},
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

// foundAccelerationKey is part of users' states: it never changes.
const foundAccelerationKey = "found_acceleration"

// foundAcceleration is what the private state keeps for the destroy. Without one, as Terraform hides the private state of a tainted
// resource, it counts as off.
type foundAcceleration struct {
	Bucket  string `json:"bucket"` // as bucketURI has it; "": there is no record
	Enabled bool   `json:"enabled"`
}

func readFoundAcceleration(ctx context.Context, private privateReader) (found foundAcceleration, diags diag.Diagnostics) {
	diags = readPrivate(ctx, private, foundAccelerationKey, &found)
	return found, diags
}

func (f foundAcceleration) write(ctx context.Context, private privateWriter) diag.Diagnostics {
	return writePrivate(ctx, private, foundAccelerationKey, f)
}
