package provider_test

import (
	"context"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// alicloudBucket is alicloud_oss_bucket. Like the real one it reads CORS rules and acceleration whether they are configured or not: an
// example that does not ignore them has a second plan that takes them away.
type alicloudBucket struct{ client *oss.Client }

type alicloudBucketModel struct {
	ID           types.String           `tfsdk:"id"`
	Bucket       types.String           `tfsdk:"bucket"`
	CORSRules    []alicloudCORSRule     `tfsdk:"cors_rule"`
	Acceleration []alicloudAcceleration `tfsdk:"transfer_acceleration"`
}

type alicloudCORSRule struct {
	AllowedHeaders []string    `tfsdk:"allowed_headers"`
	AllowedMethods []string    `tfsdk:"allowed_methods"`
	AllowedOrigins []string    `tfsdk:"allowed_origins"`
	ExposeHeaders  []string    `tfsdk:"expose_headers"`
	MaxAgeSeconds  types.Int64 `tfsdk:"max_age_seconds"`
}

type alicloudAcceleration struct {
	Enabled bool `tfsdk:"enabled"`
}

func (*alicloudBucket) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "alicloud_oss_bucket"
}

func (*alicloudBucket) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	texts := func(required bool) schema.ListAttribute {
		return schema.ListAttribute{ElementType: types.StringType, Required: required, Optional: !required}
	}
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":     schema.StringAttribute{Computed: true, PlanModifiers: kept},
			"bucket": schema.StringAttribute{Required: true, PlanModifiers: once},
		},
		Blocks: map[string]schema.Block{
			"cors_rule": schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"allowed_headers": texts(false), "allowed_methods": texts(true), "allowed_origins": texts(true), "expose_headers": texts(false),
				"max_age_seconds": schema.Int64Attribute{Optional: true},
			}}},
			"transfer_acceleration": schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{
				"enabled": schema.BoolAttribute{Required: true},
			}}},
		},
	}
}

func (b *alicloudBucket) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *alicloudBucketModel) error {
		model.ID = model.Bucket
		return b.client.CreateBucket(model.Bucket.ValueString())
	})
}

func (b *alicloudBucket) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var model alicloudBucketModel
	resp.Diagnostics.Append(req.State.Get(ctx, &model)...)
	name := model.Bucket.ValueString()
	model.CORSRules, model.Acceleration = nil, nil
	cors, err := b.client.GetBucketCORS(name)
	if err != nil && !strings.Contains(err.Error(), "NoSuchCORSConfiguration") {
		resp.Diagnostics.AddError("GetBucketCORS", err.Error())
		return
	}
	for _, rule := range cors.CORSRules {
		model.CORSRules = append(model.CORSRules, alicloudCORSRule{
			rule.AllowedHeader, rule.AllowedMethod, rule.AllowedOrigin, rule.ExposeHeader, types.Int64Value(int64(rule.MaxAgeSeconds)),
		})
	}
	// A bucket that was never set answers with an error.
	if acceleration, err := b.client.GetBucketTransferAcc(name); err == nil {
		model.Acceleration = []alicloudAcceleration{{acceleration.Enabled}}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

func (b *alicloudBucket) Update(_ context.Context, _ resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.Diagnostics.AddError("The bucket was to be changed", "It would lose what other resources set on it.")
}

// Delete leaves a bucket that holds anything, which is what the real one does without force_destroy.
func (b *alicloudBucket) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var model alicloudBucketModel
	resp.Diagnostics.Append(req.State.Get(ctx, &model)...)
	if err := b.client.DeleteBucket(model.Bucket.ValueString()); err != nil {
		resp.Diagnostics.AddError("DeleteBucket", err.Error())
	}
}
