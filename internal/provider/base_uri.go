package provider

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// assumed warns once that the plan takes what is there to stay where it is. Planning the base URI as unknown instead would replace
// everything whenever it is computed.
func (c *configured) assumed() (diags diag.Diagnostics) {
	c.warnAssumed.Do(func() {
		diags.AddWarning("The base URI is not known yet",
			"In the provider's block base_uri is known only after an apply. The plan assumes that what exists stays where it is. If it turns out to be another one, "+
				"Terraform may stop with \"inconsistent final plan\": nothing is written then, and the next plan moves everything.")
	})
	return diags
}

// effectiveBaseURI is the base URI of a resource or data source: its own, else the provider's, which may be unknown.
func effectiveBaseURI(own, fromProvider types.String) (types.String, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !own.IsNull() {
		return own, diags
	}
	if fromProvider.IsNull() {
		diags.AddAttributeError(path.Root("base_uri"), "No base URI",
			"Neither this block nor the provider's has a base_uri, and "+baseURIVariable+" is not set. "+
				"Set one of them, for example base_uri = \"oss://my-bucket/vvp\" or \"s3://my-bucket/vvp\" in the provider's block.")
	}
	return fromProvider, diags
}
