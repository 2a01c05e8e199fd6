package provider_test

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// What no store would accept is seen before anything is asked, and names the attribute.
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
