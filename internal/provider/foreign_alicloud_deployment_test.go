package provider_test

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// alicloudDeployment is alicloud_realtime_compute_deployment.
type alicloudDeployment struct {
	inert
	client *oss.Client
	told   *deployments
}

type alicloudDeploymentModel struct {
	ID            types.String       `tfsdk:"id"`
	DeploymentID  types.String       `tfsdk:"deployment_id"`
	Name          types.String       `tfsdk:"deployment_name"`
	ResourceID    types.String       `tfsdk:"resource_id"`
	Namespace     types.String       `tfsdk:"namespace"`
	EngineVersion types.String       `tfsdk:"engine_version"`
	ExecutionMode types.String       `tfsdk:"execution_mode"`
	FlinkConf     types.Map          `tfsdk:"flink_conf"`
	Target        []alicloudTarget   `tfsdk:"deployment_target"`
	Artifact      []alicloudArtifact `tfsdk:"artifact"`
}

type alicloudTarget struct {
	Mode types.String `tfsdk:"mode"`
	Name types.String `tfsdk:"name"`
}

type alicloudArtifact struct {
	Kind   types.String             `tfsdk:"kind"`
	JAR    []alicloudJARArtifact    `tfsdk:"jar_artifact"`
	Python []alicloudPythonArtifact `tfsdk:"python_artifact"`
}

type alicloudJARArtifact struct {
	URI          types.String `tfsdk:"jar_uri"`
	EntryClass   types.String `tfsdk:"entry_class"`
	MainArgs     types.String `tfsdk:"main_args"`
	Dependencies types.List   `tfsdk:"additional_dependencies"`
}

type alicloudPythonArtifact struct {
	URI          types.String `tfsdk:"python_artifact_uri"`
	EntryModule  types.String `tfsdk:"entry_module"`
	MainArgs     types.String `tfsdk:"main_args"`
	Dependencies types.List   `tfsdk:"additional_dependencies"`
	Libraries    types.List   `tfsdk:"additional_python_libraries"`
	Archives     types.List   `tfsdk:"additional_python_archives"`
}

func (*alicloudDeployment) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "alicloud_realtime_compute_deployment"
}

func (*alicloudDeployment) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	text, texts := schema.StringAttribute{Optional: true}, schema.ListAttribute{Optional: true, ElementType: types.StringType}
	among := func(values ...string) schema.StringAttribute {
		return schema.StringAttribute{Required: true, Validators: []validator.String{stringvalidator.OneOf(values...)}}
	}
	resp.Schema = schema.Schema{
		Attributes: map[string]schema.Attribute{
			"id":              schema.StringAttribute{Computed: true, PlanModifiers: kept},
			"deployment_id":   schema.StringAttribute{Computed: true, PlanModifiers: kept},
			"deployment_name": schema.StringAttribute{Required: true},
			"resource_id":     schema.StringAttribute{Optional: true, Computed: true, PlanModifiers: once},
			"namespace":       schema.StringAttribute{Required: true, PlanModifiers: once},
			"engine_version":  schema.StringAttribute{Optional: true, Computed: true},
			"execution_mode":  among("STREAMING", "BATCH"),
			"flink_conf":      schema.MapAttribute{Optional: true, ElementType: types.StringType},
		},
		Blocks: map[string]schema.Block{
			"deployment_target": oneBlock(map[string]schema.Attribute{"mode": among("PER_JOB", "SESSION"), "name": schema.StringAttribute{Required: true}}, nil),
			"artifact": oneBlock(map[string]schema.Attribute{"kind": among("SQLSCRIPT", "JAR", "PYTHON")}, map[string]schema.Block{
				"jar_artifact": atMostOne(map[string]schema.Attribute{"jar_uri": text, "entry_class": text, "main_args": text, "additional_dependencies": texts}),
				"python_artifact": atMostOne(map[string]schema.Attribute{
					"python_artifact_uri": text, "entry_module": text, "main_args": text, "additional_dependencies": texts,
					"additional_python_libraries": texts, "additional_python_archives": texts,
				}),
			}),
		},
	}
}

// tell records what the deployment runs, and refuses it while a file is missing.
func (d *alicloudDeployment) tell(ctx context.Context, model alicloudDeploymentModel) error {
	var uses []string
	for _, artifact := range model.Artifact {
		for _, jar := range artifact.JAR {
			var dependencies []string
			jar.Dependencies.ElementsAs(ctx, &dependencies, false)
			uses = append(append(uses, jar.URI.ValueString()), dependencies...)
		}
		for _, python := range artifact.Python {
			uses = append(uses, python.URI.ValueString())
		}
	}
	if len(uses) == 0 {
		return fmt.Errorf("the deployment %s runs nothing", model.Name)
	}
	bucket, _, _ := strings.Cut(strings.TrimPrefix(uses[0], "oss://"), "/")
	there, err := urisInBucket(d.client, bucket)
	if err != nil {
		return err
	}
	d.told.tell(model.Name.ValueString(), uses, there)
	// A console shows the artifacts of a namespace from this directory.
	for _, uri := range uses {
		if !slices.Contains(there, uri) || !strings.HasPrefix(uri, "oss://"+bucket+"/artifacts/namespaces/"+model.Namespace.ValueString()+"/") {
			return fmt.Errorf("%s is not in the namespace's directory, where there is %v", uri, there)
		}
	}
	return nil
}

func (d *alicloudDeployment) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *alicloudDeploymentModel) error {
		model.DeploymentID = types.StringValue("00000000-0000-0000-0000-" + model.Name.ValueString())
		model.ID = types.StringValue(model.ResourceID.ValueString() + ":" + model.Namespace.ValueString() + ":" + model.DeploymentID.ValueString())
		return d.tell(ctx, *model)
	})
}

func (d *alicloudDeployment) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	carryOut(ctx, req.Plan, &resp.State, &resp.Diagnostics, func(model *alicloudDeploymentModel) error { return d.tell(ctx, *model) })
}
