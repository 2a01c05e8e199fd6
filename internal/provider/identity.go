package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// uriIdentity is the identity of every resource here: the location in its one canonical spelling, so that it never changes while the resource lives.
type uriIdentity struct {
	URI types.String `tfsdk:"uri"`
}

func uriIdentitySchema(description string) identityschema.Schema {
	return identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"uri": identityschema.StringAttribute{RequiredForImport: true, Description: description},
	}}
}

// imported parses the ID of an import, or the uri of its identity; example is a valid one.
func imported[Location any](ctx context.Context, req resource.ImportStateRequest, parse func(string) (Location, error), example string) (location Location, diags diag.Diagnostics) {
	identity := uriIdentity{types.StringValue(req.ID)}
	if req.ID == "" && req.Identity != nil {
		if diags = req.Identity.Get(ctx, &identity); diags.HasError() {
			return location, diags
		}
	}
	location, err := parse(identity.URI.ValueString())
	if err != nil {
		diags.AddError("Invalid import ID", explained("Importing", err, "Import by URI: terraform import ADDRESS '"+example+"'."))
	}
	return location, diags
}

// setIdentity does nothing under a Terraform that knows no identities.
func setIdentity(ctx context.Context, identity *tfsdk.ResourceIdentity, canonical string) diag.Diagnostics {
	if identity == nil {
		return nil
	}
	return identity.Set(ctx, uriIdentity{types.StringValue(canonical)})
}
