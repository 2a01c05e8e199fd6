package workaround

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ReadModel fills a struct as the framework's own Get does, which compiles a regular expression for each of its fields each time.
// The fields are values of the framework, and tagged with the names of all attributes.
func ReadModel(ctx context.Context, from tfsdk.Config, model any) error {
	var values map[string]tftypes.Value
	object, ok := from.Schema.Type().(attr.TypeWithAttributeTypes)
	if err := from.Raw.As(&values); err != nil {
		return err
	}
	if !ok || from.Raw.IsNull() || !from.Raw.IsKnown() {
		return fmt.Errorf("%s is no object with attributes", from.Raw)
	}
	types, into := object.AttributeTypes(), reflect.ValueOf(model).Elem()
	if fields := into.NumField(); fields != len(types) {
		return fmt.Errorf("there are %d attributes, and %d fields for them", len(types), fields)
	}
	for field, name := range fieldsOf(into) {
		of, ok := types[name]
		if !ok {
			return fmt.Errorf("there is no attribute %q", name)
		}
		value, err := of.ValueFromTerraform(ctx, values[name])
		if err == nil && !reflect.TypeOf(value).AssignableTo(field.Type()) {
			err = fmt.Errorf("a %T is no %s", value, field.Type())
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		field.Set(reflect.ValueOf(value))
	}
	return nil
}

// WriteModel is the way back, into a value that has the type of the schema already.
func WriteModel(ctx context.Context, model any, to *tftypes.Value) error {
	of, values := to.Type(), map[string]tftypes.Value{}
	if of == nil {
		return errors.New("the value has no type")
	}
	for field, name := range fieldsOf(reflect.ValueOf(model)) {
		value, ok := field.Interface().(attr.Value)
		if !ok {
			return fmt.Errorf("%s: a %s is no value", name, field.Type())
		}
		raw, err := value.ToTerraformValue(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		values[name] = raw
	}
	if err := tftypes.ValidateValue(of, values); err != nil {
		return err
	}
	*to = tftypes.NewValue(of, values)
	return nil
}

// fieldsOf goes through the fields of a struct and their tags.
func fieldsOf(model reflect.Value) iter.Seq2[reflect.Value, string] {
	return func(yield func(reflect.Value, string) bool) {
		for i := range model.NumField() {
			if !yield(model.Field(i), model.Type().Field(i).Tag.Get("tfsdk")) {
				return
			}
		}
	}
}
