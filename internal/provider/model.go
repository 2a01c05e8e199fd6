package provider

import (
	"context"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// readModel fills a struct, whose fields are values of the framework and tagged with the names of all attributes, as the Get of a tfsdk.Config,
// Plan or State does. That compiles a regular expression for each field each time (internal/reflect/helpers.go, isValidFieldName, in 1.19.0).
func readModel(ctx context.Context, raw tftypes.Value, schema interface{ Type() attr.Type }, model any) diag.Diagnostics {
	var diags diag.Diagnostics
	var values map[string]tftypes.Value
	err := raw.As(&values)
	object, ok := schema.Type().(attr.TypeWithAttributeTypes)
	if err == nil && (raw.IsNull() || !raw.IsKnown() || !ok) {
		err = fmt.Errorf("%s is no object with attributes", raw)
	}
	if err != nil {
		diags.AddError(noModelTitle, err.Error())
		return diags
	}
	types := object.AttributeTypes()
	if fields := reflect.TypeOf(model).Elem().NumField(); fields != len(types) {
		diags.AddError(noModelTitle, fmt.Sprintf("There are %d attributes, and %d fields for them.", len(types), fields))
		return diags
	}
	for field, name := range fieldsOf(reflect.ValueOf(model).Elem()) {
		of, ok := types[name]
		if !ok {
			diags.AddError(noModelTitle, "There is no attribute "+name+".")
			continue
		}
		value, err := of.ValueFromTerraform(ctx, values[name])
		if err == nil && !reflect.TypeOf(value).AssignableTo(field.Type()) {
			err = fmt.Errorf("a %T is no %s", value, field.Type())
		}
		if err != nil {
			diags.AddError(noModelTitle, name+": "+err.Error())
			continue
		}
		field.Set(reflect.ValueOf(value))
	}
	return diags
}

// writeModel is the way back: the value of a type of Terraform's that the fields of a struct are.
func writeModel(ctx context.Context, of tftypes.Type, model any, to *tftypes.Value) diag.Diagnostics {
	var diags diag.Diagnostics
	values := map[string]tftypes.Value{}
	for field, name := range fieldsOf(reflect.ValueOf(model)) {
		value, ok := field.Interface().(attr.Value)
		if !ok {
			diags.AddError(noModelTitle, fmt.Sprintf("%s: a %s is no value.", name, field.Type()))
			continue
		}
		raw, err := value.ToTerraformValue(ctx)
		if err != nil {
			diags.AddError(noModelTitle, name+": "+err.Error())
			continue
		}
		values[name] = raw
	}
	if err := tftypes.ValidateValue(of, values); err != nil {
		diags.AddError(noModelTitle, err.Error())
	}
	if !diags.HasError() {
		*to = tftypes.NewValue(of, values)
	}
	return diags
}

const noModelTitle = "The provider does not understand its own attributes"

// fieldsOf goes through the fields of a struct and their tags.
func fieldsOf(model reflect.Value) func(func(field reflect.Value, name string) bool) {
	return func(yield func(reflect.Value, string) bool) {
		for i := range model.NumField() {
			if !yield(model.Field(i), model.Type().Field(i).Tag.Get("tfsdk")) {
				return
			}
		}
	}
}
