package provider_test

import (
	"context"
	"slices"
	"testing"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// alicloudStandIn stands in for aliyun/alicloud. Sources: its documentation's pages of the three resources, and for what the bucket
// reads resource_alicloud_oss_bucket.go, all in github.com/aliyun/terraform-provider-alicloud.
func alicloudStandIn(client *oss.Client, told *deployments) *standIn {
	return &standIn{name: "alicloud", settings: []string{"region"}, resources: []func() resource.Resource{
		func() resource.Resource { return &alicloudBucket{client} },
		func() resource.Resource { return &alicloudWorkspace{} },
		func() resource.Resource { return &alicloudDeployment{client: client, told: told} },
	}}
}

// onAlibabaCloud is how the example for Realtime Compute is applied: on a fake of OSS.
func onAlibabaCloud(t *testing.T) example {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{})
	client, told := ossClient(t, server), &deployments{}
	return example{
		environment: func(t *testing.T) []string {
			t.Helper()
			return []string{
				attach(t, map[string]*standIn{"aliyun/alicloud": alicloudStandIn(client, told)}),
				"OSS_ENDPOINT=" + server.Endpoint, "OSS_ACCESS_KEY_ID=" + server.AccessKey, "OSS_ACCESS_KEY_SECRET=" + server.SecretKey,
				"TF_VAR_vpc_id=vpc-1", "TF_VAR_vswitch_id=vsw-1", "TF_VAR_transfer_acceleration=true",
			}
		},
		prepare:    makeJAR("target/job.jar"),
		wantOutput: `jar_uri = "oss://acme-flink/artifacts/namespaces/acme-default/job-`,
		then: func(t *testing.T, r root) {
			t.Helper()
			told.followTheJAR(t, r, func() []string {
				uris, err := urisInBucket(client, "acme-flink")
				if err != nil {
					t.Fatal(err)
				}
				return uris
			})
			if python := told.last(t, "word-count"); len(python.uses) != 1 || !slices.Contains(python.there, python.uses[0]) {
				t.Errorf("the Python deployment was told of %v, and there was %v", python.uses, python.there)
			}
		},
	}
}

// ossClient is the SDK, as the alicloud provider uses it.
func ossClient(t *testing.T, server *ossfake.Server) *oss.Client {
	t.Helper()
	client, err := oss.New(server.Endpoint, server.AccessKey, server.SecretKey, oss.AuthVersion(oss.AuthV4), oss.Region(server.Region))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// urisInBucket are the URIs of all objects.
func urisInBucket(client *oss.Client, name string) ([]string, error) {
	bucket, err := client.Bucket(name)
	if err != nil {
		return nil, err
	}
	listing, err := bucket.ListObjectsV2(oss.MaxKeys(1000))
	if err != nil {
		return nil, err
	}
	var uris []string
	for _, object := range listing.Objects {
		uris = append(uris, "oss://"+name+"/"+object.Key)
	}
	return uris, nil
}

// once is a plan modifier of what never changes in place.
var once = []planmodifier.String{stringplanmodifier.RequiresReplace()}

// kept is one of what stays as it was made.
var kept = []planmodifier.String{stringplanmodifier.UseStateForUnknown()}

// alicloudWorkspace is alicloud_realtime_compute_vvp_instance.
type alicloudWorkspace struct{ inert }

type alicloudWorkspaceModel struct {
	ID          types.String `tfsdk:"id"`
	ResourceID  types.String `tfsdk:"resource_id"`
	Name        types.String `tfsdk:"vvp_instance_name"`
	VPC         types.String `tfsdk:"vpc_id"`
	VSwitches   []string     `tfsdk:"vswitch_ids"`
	Zone        types.String `tfsdk:"zone_id"`
	PaymentType types.String `tfsdk:"payment_type"`
	Storage     []struct {
		OSS []struct {
			Bucket types.String `tfsdk:"bucket"`
		} `tfsdk:"oss"`
	} `tfsdk:"storage"`
}

func (*alicloudWorkspace) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "alicloud_realtime_compute_vvp_instance"
}

func (*alicloudWorkspace) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	required := schema.StringAttribute{Required: true, PlanModifiers: once}
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":          schema.StringAttribute{Computed: true, PlanModifiers: kept},
			"resource_id": schema.StringAttribute{Computed: true, PlanModifiers: kept},
			"vpc_id":      required, "vvp_instance_name": required, "zone_id": required,
			"vswitch_ids": schema.ListAttribute{Required: true, ElementType: types.StringType},
			"payment_type": schema.StringAttribute{Required: true, PlanModifiers: once, Validators: []validator.String{
				stringvalidator.OneOf("PayAsYouGo", "Subscription"),
			}},
		},
		Blocks: map[string]schema.Block{
			"storage": oneBlock(nil, map[string]schema.Block{
				"oss": oneBlock(map[string]schema.Attribute{"bucket": required}, nil),
			}),
		},
	}
}

// oneBlock is a block that must be set exactly once.
func oneBlock(attributes map[string]schema.Attribute, blocks map[string]schema.Block) schema.ListNestedBlock {
	return schema.ListNestedBlock{
		NestedObject: schema.NestedBlockObject{Attributes: attributes, Blocks: blocks},
		Validators:   []validator.List{listvalidator.IsRequired(), listvalidator.SizeAtMost(1)},
	}
}

// atMostOne is a block that may be left out.
func atMostOne(attributes map[string]schema.Attribute) schema.ListNestedBlock {
	return schema.ListNestedBlock{
		NestedObject: schema.NestedBlockObject{Attributes: attributes},
		Validators:   []validator.List{listvalidator.SizeAtMost(1)},
	}
}

func (*alicloudWorkspace) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *alicloudWorkspaceModel) error {
		model.ID, model.ResourceID = types.StringValue("f-cn-standin"), types.StringValue("e7d4d4f4510947")
		return nil
	})
}
