package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// artifactURIFunction is artifact_uri(base_uri, namespace, filename).
// It is pure: it sends no request.
type artifactURIFunction struct{}

func newArtifactURIFunction() function.Function { return artifactURIFunction{} }

func (artifactURIFunction) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "artifact_uri"
}

func (artifactURIFunction) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
		Summary: "The URI of an artifact",
		MarkdownDescription: "Returns the URI of an artifact: `<base_uri>/artifacts/namespaces/<namespace>/<filename>`, for `jarUri`, `pythonArtifactUri` and `additionalDependencies`. " +
			"It follows the rules of `flink_artifact`, and does not check whether the artifact exists.",
		Parameters: []function.Parameter{
			function.StringParameter{Name: "base_uri", MarkdownDescription: "Base URI of the workspace, such as `s3://my-bucket/vvp`."},
			function.StringParameter{Name: "namespace", MarkdownDescription: "Namespace, such as `default`."},
			function.StringParameter{Name: "filename", MarkdownDescription: "Name of the file in the namespace, such as `job.jar`."},
		},
		Return: function.StringReturn{},
	}
}

func (artifactURIFunction) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var baseURI, namespace, filename string
	if resp.Error = req.Arguments.Get(ctx, &baseURI, &namespace, &filename); resp.Error != nil {
		return
	}
	base, err := schemes.All.ParseBaseURI(baseURI)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(0, rule.Sentence(err))
		return
	}
	if err := workspace.CheckNamespace(namespace); err != nil {
		resp.Error = function.NewArgumentFuncError(1, rule.Sentence(err))
		return
	}
	artifact, err := workspace.NewArtifact(base, namespace, filename)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(2, rule.Sentence(err))
		return
	}
	resp.Error = resp.Result.Set(ctx, artifact.URI())
}
