// Command docschema prints the provider's schema as `terraform providers schema -json` would in a Terraform that knows
// every part of it. The documentation is made from that, so it is the same whichever Terraform or OpenTofu is installed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// name is what tfplugindocs looks for when it is given a provider name without a registry.
const name = "registry.terraform.io/hashicorp/flink"

// object is a JSON object; the encoder sorts its keys.
type object map[string]any

func main() {
	log.SetFlags(0)
	document, err := describe(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(document); err != nil {
		log.Fatal(err)
	}
}

func describe(ctx context.Context) (object, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("dev")())()
	if err != nil {
		return nil, fmt.Errorf("starting the provider: %w", err)
	}
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err := failure(err, schemas.Diagnostics); err != nil {
		return nil, fmt.Errorf("reading the schemas: %w", err)
	}
	identities, err := server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	if err := failure(err, identities.Diagnostics); err != nil {
		return nil, fmt.Errorf("reading the identity schemas: %w", err)
	}
	return object{
		"format_version": "1.0",
		"provider_schemas": object{name: object{
			"provider":                   schema(schemas.Provider),
			"resource_schemas":           each(schemas.ResourceSchemas, schema),
			"data_source_schemas":        each(schemas.DataSourceSchemas, schema),
			"ephemeral_resource_schemas": each(schemas.EphemeralResourceSchemas, schema),
			"list_resource_schemas":      each(schemas.ListResourceSchemas, schema),
			"action_schemas":             each(schemas.ActionSchemas, action),
			"functions":                  each(schemas.Functions, function),
			"resource_identity_schemas":  each(identities.IdentitySchemas, identity),
		}},
	}, nil
}

func failure(err error, diagnostics []*tfprotov6.Diagnostic) error {
	for _, d := range diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			err = errors.Join(err, fmt.Errorf("%s: %s", d.Summary, d.Detail))
		}
	}
	return err
}

func each[T any](values map[string]T, convert func(T) object) object {
	converted := make(object, len(values))
	for key, value := range values {
		converted[key] = convert(value)
	}
	return converted
}

func schema(s *tfprotov6.Schema) object { return object{"version": s.Version, "block": block(s.Block)} }

func action(a *tfprotov6.ActionSchema) object { return schema(a.Schema) }

func block(b *tfprotov6.SchemaBlock) object {
	nested := object{}
	for _, n := range b.BlockTypes {
		nested[n.TypeName] = object{
			"nesting_mode": strings.ToLower(n.Nesting.String()),
			"block":        block(n.Block),
			"min_items":    n.MinItems,
			"max_items":    n.MaxItems,
		}
	}
	return described(object{
		"attributes":  attributes(b.Attributes),
		"block_types": nested,
		"deprecated":  b.Deprecated,
	}, b.Description, b.DescriptionKind)
}

func attributes(list []*tfprotov6.SchemaAttribute) object {
	byName := object{}
	for _, a := range list {
		o := object{
			"required":   a.Required,
			"optional":   a.Optional,
			"computed":   a.Computed,
			"sensitive":  a.Sensitive,
			"write_only": a.WriteOnly,
			"deprecated": a.Deprecated,
		}
		if a.NestedType != nil {
			o["nested_type"] = object{
				"attributes":   attributes(a.NestedType.Attributes),
				"nesting_mode": strings.ToLower(a.NestedType.Nesting.String()),
			}
		} else {
			o["type"] = ctyType(a.Type)
		}
		byName[a.Name] = described(o, a.Description, a.DescriptionKind)
	}
	return byName
}

func function(f *tfprotov6.Function) object {
	parameters := make([]object, len(f.Parameters))
	for i, p := range f.Parameters {
		parameters[i] = parameter(p)
	}
	o := object{
		"summary":             f.Summary,
		"description":         f.Description,
		"deprecation_message": f.DeprecationMessage,
		"return_type":         ctyType(f.Return.Type),
		"parameters":          parameters,
	}
	if f.VariadicParameter != nil {
		o["variadic_parameter"] = parameter(f.VariadicParameter)
	}
	return o
}

func parameter(p *tfprotov6.FunctionParameter) object {
	return object{
		"name":        p.Name,
		"description": p.Description,
		"is_nullable": p.AllowNullValue,
		"type":        ctyType(p.Type),
	}
}

func identity(s *tfprotov6.ResourceIdentitySchema) object {
	byName := object{}
	for _, a := range s.IdentityAttributes {
		byName[a.Name] = object{
			"type":                ctyType(a.Type),
			"description":         a.Description,
			"required_for_import": a.RequiredForImport,
			"optional_for_import": a.OptionalForImport,
		}
	}
	return object{"version": s.Version, "attributes": byName}
}

func described(o object, text string, kind tfprotov6.StringKind) object {
	o["description"] = text
	o["description_kind"] = strings.ToLower(kind.String())
	return o
}

// ctyType is a type in the notation that Terraform's JSON has for it.
func ctyType(t tftypes.Type) json.RawMessage {
	text, err := t.MarshalJSON() //nolint:staticcheck // deprecated for want of users outside of this library, not for a successor
	if err != nil {
		log.Fatalf("a type that JSON cannot hold: %v", err)
	}
	return text
}
