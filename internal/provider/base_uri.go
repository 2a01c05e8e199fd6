package provider

import (
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// assumed warns once that the plan assumes existing resources to keep their location.
// Planning the base URI as unknown instead would replace everything whenever it is computed.
func (c *configured) assumed() (diags diag.Diagnostics) {
	c.warnAssumed.Do(func() {
		diags.AddWarning("The base URI is not known yet",
			"In the provider's block base_uri is known only after an apply. The plan assumes that existing resources keep their location. If base_uri changes, "+
				"Terraform may fail with \"inconsistent final plan\": then nothing is written, and the next plan moves everything.")
	})
	return diags
}

// plannedBaseURI is the base URI that a resource will have, as it is written and as it is read; nil: it is not known yet.
// Where the provider's is not known, what exists (prior; null: nothing) is assumed to keep its location.
func (c *configured) plannedBaseURI(own, prior types.String) (types.String, *workspace.BaseURI, diag.Diagnostics) {
	var diags diag.Diagnostics
	effective := own
	if own.IsNull() {
		effective = c.baseURI
	}
	switch {
	case effective.IsNull():
		diags.AddAttributeError(path.Root("base_uri"), "No base URI",
			"Neither this block nor the provider's has a base_uri, and "+baseURIVariable+" is not set. "+
				"Set one of them, for example base_uri = \"oss://my-bucket/vvp\" or \"s3://my-bucket/vvp\" in the provider's block.")
		return effective, nil, diags
	case own.IsNull() && effective.IsUnknown() && !prior.IsNull():
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

// openNow finds the store of a data source, and sets its effective base URI.
// A data source cannot wait for what is not known yet.
func (c *configured) openNow(own *types.String) (workspace.BaseURI, blob.Store, diag.Diagnostics) {
	effective, base, diags := c.plannedBaseURI(*own, types.StringNull())
	if diags.HasError() {
		return workspace.BaseURI{}, nil, diags
	}
	if base == nil {
		diags.AddAttributeError(path.Root("base_uri"), "The base URI must be known during plan",
			"The provider's base_uri is known only after an apply, but this data source is read during plan. "+
				"Set base_uri in this data block from the same expression: then it is read once the value is known.")
		return workspace.BaseURI{}, nil, diags
	}
	*own = effective
	store, err := c.stores.open(*base)
	if err != nil {
		diags.Append(unopened("base_uri", base.String(), err))
	}
	return *base, store, diags
}

// baseURIForms are the forms of base URIs, in a document.
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
