package provider_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
)

// evaluates is a step that computes an expression.
func evaluates(expression string, want knownvalue.Check) resource.TestStep {
	return step("output \"result\" {\n value = "+expression+"\n}\n", statecheck.ExpectKnownOutputValue("result", want))
}

// refuses is a step whose expression is an error at plan.
func refuses(expression string, want ...string) resource.TestStep {
	return step("output \"result\" {\n value = "+expression+"\n}\n", planOnly, words(want...))
}

func TestArtifactURIFunction(t *testing.T) {
	call := func(arguments ...string) string {
		return "provider::flink::artifact_uri(\"" + strings.Join(arguments, "\", \"") + "\")"
	}
	applies(t,
		evaluates(call("s3a://bucket/vvp/", "default", "job.jar"), exactly("s3a://bucket/vvp/artifacts/namespaces/default/job.jar")),
		evaluates(call("file:///srv", "default", "a b.py"), exactly("file:///srv/artifacts/namespaces/default/a b.py")),
		refuses(call("oos://bucket", "default", "job.jar"), `"base_uri"`, `Scheme "oos://" is unknown; known are file://, oss://, s3://`),
		refuses(call("s3://bucket", "namespaces/default", "job.jar"), `"namespace"`, `Write "default", not "namespaces/default"`),
		refuses(call("s3://bucket", "default", "a/b.jar"), `"filename"`, "has a slash or backslash"),
		refuses(call("s3://bucket/"+strings.Repeat("p/", 400)+"q", "default", strings.Repeat("f", 250)), `"filename"`, "1024 are the most"),
		refuses(`provider::flink::artifact_uri("s3://bucket", null, "x")`, `"namespace"`, "null"),
	)
}

func TestParseArtifactURIFunction(t *testing.T) {
	call := func(uri string) string { return fmt.Sprintf("provider::flink::parse_artifact_uri(%q)", uri) }
	applies(t,
		evaluates(call("s3i://bucket/a/b/artifacts/namespaces/default/job.jar"), knownvalue.ObjectExact(map[string]knownvalue.Check{
			"base_uri": exactly("s3i://bucket/a/b"), "namespace": exactly("default"), "filename": exactly("job.jar"),
		})),
		refuses(call("s3://bucket/job.jar"), `"uri"`, "does not lie below /artifacts/namespaces/"),
		refuses(call("s3://k:hushQ7vK2mXz9WtR4b@bucket/artifacts/namespaces/default/job.jar"), `"uri"`, "no user or password"),
	)
}
