package provider_test

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// kubernetesStandIn stands in for hashicorp/kubernetes, of which it has kubernetes_manifest. The real one also holds the manifest
// against the cluster's own definition of VvpDeployment.
func kubernetesStandIn(client *s3.Client, told *deployments) *standIn {
	return &standIn{name: "kubernetes", settings: []string{"config_path"}, resources: []func() resource.Resource{
		func() resource.Resource { return &kubernetesManifest{client: client, told: told} },
	}}
}

type kubernetesManifest struct {
	inert
	client *s3.Client
	told   *deployments
}

type kubernetesManifestModel struct {
	Manifest types.Dynamic `tfsdk:"manifest"`
	Object   types.Dynamic `tfsdk:"object"`
	Wait     types.List    `tfsdk:"wait"`
}

func (*kubernetesManifest) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "kubernetes_manifest"
}

func (*kubernetesManifest) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	text := schema.StringAttribute{Optional: true}
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"manifest": schema.DynamicAttribute{Required: true},
			"object":   schema.DynamicAttribute{Optional: true, Computed: true},
		},
		Blocks: map[string]schema.Block{
			"wait": schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{Blocks: map[string]schema.Block{
				"condition": schema.ListNestedBlock{NestedObject: schema.NestedBlockObject{Attributes: map[string]schema.Attribute{"type": text, "status": text}}},
			}}},
		},
	}
}

// apply records the URIs in the manifest, of which the first is the JAR's, and refuses one that nothing lies at.
func (k *kubernetesManifest) apply(ctx context.Context, model *kubernetesManifestModel) error {
	manifest := model.Manifest.String()
	jar := regexp.MustCompile(`"jarUri":"(s3://([^/"]+)/[^"]+)"`).FindStringSubmatch(manifest)
	if jar == nil {
		return fmt.Errorf("the manifest has no jarUri: %s", manifest)
	}
	there, err := urisInS3Bucket(ctx, k.client, jar[2])
	if err != nil {
		return err
	}
	uses := append([]string{jar[1]}, regexp.MustCompile(`s3://[^"]+`).FindAllString(manifest, -1)...)
	k.told.tell("job", uses, there)
	for _, uri := range uses {
		if !slices.Contains(there, uri) {
			return fmt.Errorf("there is no %s, only %v", uri, there)
		}
	}
	model.Object = model.Manifest
	return nil
}

func (k *kubernetesManifest) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *kubernetesManifestModel) error { return k.apply(ctx, model) })
}

func (k *kubernetesManifest) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *kubernetesManifestModel) error { return k.apply(ctx, model) })
}
