package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// baseURIForms says in a document what base URIs look like.
func baseURIForms() string {
	var forms []string
	for _, backend := range schemes.All {
		form := "`" + backend.Form + "`"
		if others := backend.Schemes[1:]; len(others) > 0 {
			form += " (also `" + strings.Join(others, "://`, `") + "://`)"
		}
		forms = append(forms, form)
	}
	last := len(forms) - 1
	return strings.Join(forms[:last], ", ") + " or " + forms[last]
}

// storeSchemes are the canonical schemes of all stores, in a document.
func storeSchemes() string {
	var canonical []string
	for _, backend := range schemes.All {
		canonical = append(canonical, "`"+backend.Schemes[0]+"://`")
	}
	return strings.Join(canonical, ", ")
}

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

// plannedBaseURI is the base URI that a resource will have, as it is written and as it is read; nil: it is not known yet. Where the
// provider's is not known, what exists (prior; null: nothing) is taken to stay where it is.
func (c *configured) plannedBaseURI(own, prior types.String) (types.String, *workspace.BaseURI, diag.Diagnostics) {
	effective, diags := effectiveBaseURI(own, c.baseURI)
	if diags.HasError() {
		return effective, nil, diags
	}
	if own.IsNull() && effective.IsUnknown() && !prior.IsNull() {
		effective = prior
		diags.Append(c.assumed()...)
	}
	if effective.IsUnknown() {
		return effective, nil, diags
	}
	base, err := schemes.All.ParseBaseURI(effective.ValueString())
	if err != nil {
		diags.AddAttributeError(path.Root("base_uri"), baseURIRule.Title, rule.Sentence(err))
		return effective, nil, diags
	}
	return effective, &base, diags
}
