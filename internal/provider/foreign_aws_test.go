package provider_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

// awsStandIn stands in for hashicorp/aws, of whose aws_s3_bucket it has the name alone. The real one neither reads nor changes CORS rules
// and acceleration that are not in its configuration.
func awsStandIn(client *s3.Client) *standIn {
	return &standIn{name: "aws", settings: []string{"region"}, resources: []func() resource.Resource{
		func() resource.Resource { return &awsBucket{client: client} },
	}}
}

// onVervericaPlatform is how the example for Ververica Platform is applied: on a real S3 server.
func onVervericaPlatform(t *testing.T, server *versitygw.Server) example {
	t.Helper()
	client, told := server.Client(), &deployments{}
	const bucket = "acme-vvp"
	return example{
		environment: func(t *testing.T) []string {
			t.Helper()
			return []string{
				attach(t, map[string]*standIn{"hashicorp/aws": awsStandIn(client), "hashicorp/kubernetes": kubernetesStandIn(client, told)}),
				"AWS_ENDPOINT_URL_S3=" + server.Endpoint, "AWS_ACCESS_KEY_ID=" + server.AccessKey, "AWS_SECRET_ACCESS_KEY=" + server.SecretKey,
				"TF_VAR_region=us-east-1", "TF_VAR_bucket=" + bucket,
			}
		},
		prepare:    makeJAR("target/job.jar"),
		wantOutput: `jar_uri = "s3://` + bucket + `/vvp/artifacts/namespaces/default/job-`,
		then: func(t *testing.T, r root) {
			t.Helper()
			told.followTheJAR(t, r, func() []string {
				uris, err := urisInS3Bucket(t.Context(), client, bucket)
				if err != nil {
					t.Fatal(err)
				}
				return uris
			})
		},
	}
}

// urisInS3Bucket are the URIs of all objects.
func urisInS3Bucket(ctx context.Context, client *s3.Client, name string) ([]string, error) {
	listing, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String(name)})
	if err != nil {
		return nil, err
	}
	var uris []string
	for _, object := range listing.Contents {
		uris = append(uris, "s3://"+name+"/"+aws.ToString(object.Key))
	}
	return uris, nil
}

type awsBucket struct {
	inert
	client *s3.Client
}

type awsBucketModel struct {
	ID     types.String `tfsdk:"id"`
	Bucket types.String `tfsdk:"bucket"`
}

func (*awsBucket) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "aws_s3_bucket"
}

func (*awsBucket) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id":     schema.StringAttribute{Computed: true, PlanModifiers: kept},
		"bucket": schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: once},
	}}
}

func (b *awsBucket) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *awsBucketModel) error {
		model.ID = model.Bucket
		_, err := b.client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(model.Bucket.ValueString())})
		return err
	})
}

// Delete leaves a bucket that holds anything, which is what the real one does without force_destroy.
func (b *awsBucket) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var model awsBucketModel
	resp.Diagnostics.Append(req.State.Get(ctx, &model)...)
	if _, err := b.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String(model.Bucket.ValueString())}); err != nil {
		resp.Diagnostics.AddError("DeleteBucket", err.Error())
	}
}
