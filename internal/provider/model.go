package provider

import (
	"context"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// What is tried here, in the words of ownBug.
const (
	readingModel = "Reading the attributes of a block"
	writingModel = "Writing the attributes of a block"
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
		diags.Append(ownBug(readingModel, err))
		return diags
	}
	types := object.AttributeTypes()
	if fields := reflect.TypeOf(model).Elem().NumField(); fields != len(types) {
		diags.Append(ownBug(readingModel, fmt.Errorf("there are %d attributes, and %d fields for them", len(types), fields)))
		return diags
	}
	for field, name := range fieldsOf(reflect.ValueOf(model).Elem()) {
		of, ok := types[name]
		if !ok {
			diags.Append(ownBug(readingModel, fmt.Errorf("there is no attribute %s", name)))
			continue
		}
		value, err := of.ValueFromTerraform(ctx, values[name])
		if err == nil && !reflect.TypeOf(value).AssignableTo(field.Type()) {
			err = fmt.Errorf("a %T is no %s", value, field.Type())
		}
		if err != nil {
			diags.Append(ownBug(readingModel, fmt.Errorf("%s: %w", name, err)))
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
			diags.Append(ownBug(writingModel, fmt.Errorf("%s: a %s is no value", name, field.Type())))
			continue
		}
		raw, err := value.ToTerraformValue(ctx)
		if err != nil {
			diags.Append(ownBug(writingModel, fmt.Errorf("%s: %w", name, err)))
			continue
		}
		values[name] = raw
	}
	if err := tftypes.ValidateValue(of, values); err != nil {
		diags.Append(ownBug(writingModel, err))
	}
	if !diags.HasError() {
		*to = tftypes.NewValue(of, values)
	}
	return diags
}

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
