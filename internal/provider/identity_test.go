package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// An import by identity is one by the URI of a workspace or of a bucket. Terraform before 1.12 cannot request it, so the provider's server is called directly.
func TestImportByIdentity(t *testing.T) {
	server, err := providers["flink"]()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	identityType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"uri": tftypes.String}}
	for _, test := range []struct{ kind, uri, canonical string }{
		{"flink_workspace_storage", "s3a://bucket/vvp", "s3://bucket/vvp"},
		{"flink_transfer_acceleration", "s3://acme", "s3://acme"},
		{"flink_transfer_acceleration", "s3a://acme/vvp", "s3://acme"},
		{"flink_transfer_acceleration", "oss://acme", "oss://acme"},
	} {
		identity, err := tfprotov6.NewDynamicValue(identityType, tftypes.NewValue(identityType, map[string]tftypes.Value{"uri": tftypes.NewValue(tftypes.String, test.uri)}))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
			TypeName: test.kind, Identity: &tfprotov6.ResourceIdentityData{IdentityData: &identity},
		})
		if err != nil || len(resp.Diagnostics) > 0 || len(resp.ImportedResources) != 1 {
			t.Fatalf("%v: imported %v, %v", test, resp, err)
		}
		got := resp.ImportedResources[0]
		if uri := textIn(t, got.State, schema.ResourceSchemas[test.kind].ValueType(), "base_uri"); uri != test.uri {
			t.Errorf("%v: imported base_uri %q", test, uri)
		}
		if uri := textIn(t, got.Identity.IdentityData, identityType, "uri"); uri != test.canonical {
			t.Errorf("%v: identity %q", test, uri)
		}
	}
}

// textIn is a string attribute of an object.
func textIn(t *testing.T, object *tfprotov6.DynamicValue, typ tftypes.Type, attribute string) (text string) {
	t.Helper()
	value, err := object.Unmarshal(typ)
	if err != nil {
		t.Fatal(err)
	}
	var attributes map[string]tftypes.Value
	if err := value.As(&attributes); err != nil {
		t.Fatal(err)
	}
	if err := attributes[attribute].As(&text); err != nil {
		t.Fatal(err)
	}
	return text
}
