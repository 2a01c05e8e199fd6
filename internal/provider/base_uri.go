package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// effectiveBaseURI is the base URI of a resource or data source: its own, else the provider's, which may be unknown.
func effectiveBaseURI(own, fromProvider types.String) (types.String, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !own.IsNull() {
		return own, diags
	}
	if fromProvider.IsNull() {
		diags.AddAttributeError(path.Root("base_uri"), "No base URI",
			"Neither this block nor the provider's has a base_uri, and "+baseURIVariable+" is not set. "+
				"Set one of them, for example base_uri = \"s3://my-bucket/vvp\" in the provider's block.")
	}
	return fromProvider, diags
}
