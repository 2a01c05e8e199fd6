package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// An import by identity is one by its URI. Terraform before 1.12 cannot ask for it, so the provider's server is asked itself.
func TestWorkspaceStorageImportByIdentity(t *testing.T) {
	server, err := providers["flink"]()
	if err != nil {
		t.Fatal(err)
	}
	identityType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"uri": tftypes.String}}
	identity, err := tfprotov6.NewDynamicValue(identityType, tftypes.NewValue(identityType, map[string]tftypes.Value{
		"uri": tftypes.NewValue(tftypes.String, "s3a://bucket/vvp"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
		TypeName: "flink_workspace_storage", Identity: &tfprotov6.ResourceIdentityData{IdentityData: &identity},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, diagnostic := range resp.Diagnostics {
		t.Errorf("%s: %s", diagnostic.Summary, diagnostic.Detail)
	}
	if len(resp.ImportedResources) != 1 {
		t.Fatalf("imported %v", resp.ImportedResources)
	}
	imported := resp.ImportedResources[0]
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if got := textIn(t, imported.State, schema.ResourceSchemas["flink_workspace_storage"].ValueType(), "base_uri"); got != "s3a://bucket/vvp" {
		t.Errorf("imported base_uri %q", got)
	}
	if got := textIn(t, imported.Identity.IdentityData, identityType, "uri"); got != "s3://bucket/vvp" {
		t.Errorf("identity %q, want the canonical one", got)
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
