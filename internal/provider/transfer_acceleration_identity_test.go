package provider_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// An import by identity is one by the bucket's URI. Terraform before 1.12 cannot ask for it, so the provider's server is asked itself.
func TestAccelerationImportByIdentity(t *testing.T) {
	server, err := providers["flink"]()
	if err != nil {
		t.Fatal(err)
	}
	identityType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"uri": tftypes.String}}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for imported, canonical := range map[string]string{"s3://acme": "s3://acme", "s3a://acme/vvp": "s3://acme", "oss://acme": "oss://acme"} {
		identity, err := tfprotov6.NewDynamicValue(identityType, tftypes.NewValue(identityType, map[string]tftypes.Value{"uri": tftypes.NewValue(tftypes.String, imported)}))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{
			TypeName: "flink_transfer_acceleration", Identity: &tfprotov6.ResourceIdentityData{IdentityData: &identity},
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.Diagnostics) > 0 || len(resp.ImportedResources) != 1 {
			t.Fatalf("imported %v, %v", resp.ImportedResources, resp.Diagnostics)
		}
		got := resp.ImportedResources[0]
		if uri := textIn(t, got.State, schema.ResourceSchemas["flink_transfer_acceleration"].ValueType(), "base_uri"); uri != imported {
			t.Errorf("imported base_uri %q, want %q", uri, imported)
		}
		if uri := textIn(t, got.Identity.IdentityData, identityType, "uri"); uri != canonical {
			t.Errorf("identity %q, want %q", uri, canonical)
		}
	}
}
