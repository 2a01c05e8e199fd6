package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
)

// parseArtifactURIFunction is parse_artifact_uri(uri), the way back from artifact_uri.
type parseArtifactURIFunction struct{}

func newParseArtifactURIFunction() function.Function { return parseArtifactURIFunction{} }

func (parseArtifactURIFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "parse_artifact_uri"
}

func (parseArtifactURIFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The parts of an artifact's URI",
		MarkdownDescription: "Returns an object with the `base_uri`, `namespace` and `filename` of an artifact's URI: the inverse of `artifact_uri`. " +
			"It does not check whether the artifact exists.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "uri", MarkdownDescription: "URI such as `s3://my-bucket/vvp/artifacts/namespaces/default/job.jar`."},
		},
		Return: function.ObjectReturn{AttributeTypes: map[string]attr.Type{
			"base_uri":  types.StringType,
			"namespace": types.StringType,
			"filename":  types.StringType,
		}},
	}
}

func (parseArtifactURIFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var uri string
	if resp.Error = req.Arguments.Get(ctx, &uri); resp.Error != nil {
		return
	}
	artifact, err := schemes.All.ParseArtifactURI(uri)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, rule.Sentence(err))
		return
	}
	resp.Error = resp.Result.Set(ctx, struct {
		BaseURI   string `tfsdk:"base_uri"`
		Namespace string `tfsdk:"namespace"`
		Filename  string `tfsdk:"filename"`
	}{artifact.Base.String(), artifact.Namespace, artifact.Filename})
}
