package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// What no store would accept is refused before any request, and names the attribute.
func TestOSSSettingsRefused(t *testing.T) {
	var steps []resource.TestStep
	for _, test := range []struct{ block, want string }{
		{`endpoint = ""`, "oss-cn-hangzhou.aliyuncs.com"},
		{`accelerate_endpoint = ""`, "oss-cn-hangzhou.aliyuncs.com"},
		{`endpoint = "http://user:hushQ7vK2mXz9WtR4b@127.0.0.1"`, "no user or password"},
		{`endpoint = "oss-cn-hangzhou.aliyuncs.com/acme-flink"`, "no path, and no bucket"},
		{`sts_endpoint = "https://sts.aliyuncs.com"`, "a host name alone"},
		{"endpoint = \"oss-cn-hangzhou.aliyuncs.com\"\n use_internal_endpoint = true", "Conflicting endpoint settings"},
		{"endpoint = \"flink.example.com\"\n use_cname = true\n use_internal_endpoint = true", "Conflicting endpoint settings"},
		{"access_key = \"a\"\n secret_key = \"hushQ7vK2mXz9WtR4b\"\n assume_role_with_oidc = { role_arn = \"r\", oidc_provider_arn = \"p\" }", "oss.access_key"},
		{"profile = \"a\"\n assume_role_with_oidc = { role_arn = \"r\", oidc_provider_arn = \"p\" }", "oss.profile"},
		{`assume_role = { role_arn = "" }`, "oss.assume_role.role_arn"},
		{`assume_role_with_oidc = { role_arn = "", oidc_provider_arn = "acs:ram::1:oidc-provider/x" }`, "oss.assume_role_with_oidc.role_arn"},
		{`assume_role_with_oidc = { role_arn = "acs:ram::1:role/x", oidc_provider_arn = "" }`, "oss.assume_role_with_oidc.oidc_provider_arn"},
	} {
		steps = append(steps, step(
			fmt.Sprintf("provider \"flink\" {\n base_uri = \"oss://acme-flink\"\n oss = {\n %s\n }\n}\n", test.block)+workspaceStorage("storage"), planOnly,
			words(test.want),
		))
	}
	applies(t, steps...)
}

// What the provider's block says for all stores reaches OSS too: the private CA, the count of repetitions, and the user agent.
func TestOSSCommonSettings(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{TLS: true})
	p, _ := inOSSBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	config := p.provider() + artifact("job", fromFile(path))
	once := strings.Replace(config, "base_uri", "max_retries = 0\n base_uri", 1)
	throttle := func() {
		server.Throttle(func(r ossfake.Request) bool { return r.Operation == "PutObject" }, 1, ossfake.Refusal{})
	}
	applies(t,
		step(once, prepare(throttle), words("The store cannot be reached", "QpsLimitExceeded")),
		step(config, prepare(throttle), then(func() {
			p.holds(t, jobPath, firstJob)
			for _, request := range server.Requests() {
				if agent := request.Header.Get("User-Agent"); request.Operation == "PutObject" && !strings.HasPrefix(agent, "terraform-provider-flink/") {
					t.Errorf("%s by %q", request.Operation, agent)
				}
			}
		})),
	)
}
