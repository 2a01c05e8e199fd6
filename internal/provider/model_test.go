package provider

import (
	"context"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// anyValue is a value of a type: null, unknown, or known.
func anyValue(t *rapid.T, name string, of tftypes.Type) tftypes.Value {
	switch rapid.SampledFrom([]string{"null", "unknown", "known", "known"}).Draw(t, name) {
	case "null":
		return tftypes.NewValue(of, nil)
	case "unknown":
		return tftypes.NewValue(of, tftypes.UnknownValue)
	}
	switch of := of.(type) {
	case tftypes.Object:
		values := map[string]tftypes.Value{}
		for _, inner := range slices.Sorted(maps.Keys(of.AttributeTypes)) {
			values[inner] = anyValue(t, name+"."+inner, of.AttributeTypes[inner])
		}
		return tftypes.NewValue(of, values)
	case tftypes.Map:
		return tftypes.NewValue(of, map[string]tftypes.Value{"key": anyValue(t, name+"[key]", of.ElementType)})
	}
	switch {
	case of.Is(tftypes.Bool):
		return tftypes.NewValue(of, rapid.Bool().Draw(t, name+" is"))
	case of.Is(tftypes.Number):
		return tftypes.NewValue(of, rapid.Int64().Draw(t, name+" is"))
	}
	return tftypes.NewValue(of, rapid.String().Draw(t, name+" is"))
}

// ofArtifacts is the schema of artifacts and its type.
func ofArtifacts() (ctx context.Context, schema resource.SchemaResponse, object tftypes.Object) {
	ctx = context.Background()
	(&artifactResource{}).Schema(ctx, resource.SchemaRequest{}, &schema)
	return ctx, schema, schema.Schema.Type().TerraformType(ctx).(tftypes.Object) //nolint:forcetypeassert // a schema is an object
}

// What the framework's own reading and writing make of a model is what ours does, whatever there is.
func TestModelsAreReadAndWrittenAsTheFrameworkDoes(t *testing.T) {
	ctx, schema, object := ofArtifacts()
	rapid.Check(t, func(t *rapid.T) {
		values := map[string]tftypes.Value{}
		for _, name := range slices.Sorted(maps.Keys(object.AttributeTypes)) {
			values[name] = anyValue(t, name, object.AttributeTypes[name])
		}
		plan := tfsdk.Plan{Schema: schema.Schema, Raw: tftypes.NewValue(object, values)}
		var ours, theirs artifactModel
		if diags := plan.Get(ctx, &theirs); diags.HasError() {
			t.Fatal(diags)
		}
		if diags := readModel(ctx, plan, &ours); diags.HasError() {
			t.Fatal(diags)
		}
		if !reflect.DeepEqual(ours, theirs) {
			t.Fatalf("we read %+v, and the framework %+v", ours, theirs)
		}
		back := tftypes.NewValue(object, nil)
		if diags := writeModel(ctx, ours, &back); diags.HasError() {
			t.Fatal(diags)
		}
		if !back.Equal(plan.Raw) {
			t.Fatalf("%s became %s", plan.Raw, back)
		}
	})
}

// Our own mistakes are errors, and no panics.
func TestModelsThatAreNotThoseOfTheSchema(t *testing.T) {
	ctx, schema, object := ofArtifacts()
	empty := tfsdk.State{Schema: schema.Schema, Raw: tftypes.NewValue(object, nil)}
	if diags := readModel(ctx, empty, &artifactModel{}); !diags.HasError() {
		t.Error("a model was read from nothing")
	}
	values := map[string]tftypes.Value{}
	for name, attribute := range object.AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	raw := tfsdk.State{Schema: schema.Schema, Raw: tftypes.NewValue(object, values)}
	for name, model := range map[string]any{
		"another attribute": &struct {
			Name types.String `tfsdk:"name"`
		}{},
		"another type": &struct {
			URI types.Bool `tfsdk:"uri"`
		}{},
		"no tag": &struct{ URI types.String }{},
		"fields missing": &struct {
			URI types.String `tfsdk:"uri"`
		}{},
	} {
		if diags := readModel(ctx, raw, model); !diags.HasError() {
			t.Errorf("%s: it was read", name)
		}
		if diags := writeModel(ctx, reflect.ValueOf(model).Elem().Interface(), &empty.Raw); !diags.HasError() || !empty.Raw.IsNull() {
			t.Errorf("%s: it was written", name)
		}
	}
}

func TestAnArtifactHasOneSource(t *testing.T) {
	one, none, unknown := types.StringValue("x"), types.StringNull(), types.StringUnknown()
	for _, c := range []struct {
		name                 string
		source, url, content types.String
		refused              bool
	}{
		{"a file", one, none, none, false},
		{"a URL", none, one, none, false},
		{"a text", none, none, one, false},
		{"an empty text", none, none, types.StringValue(""), false},
		{"nothing", none, none, none, true},
		{"two", one, none, one, true},
		{"two others", none, one, one, true},
		{"all", one, one, one, true},
		{"one that may come to nothing", unknown, none, none, false},
		{"one beside one that may come to nothing", one, unknown, none, false},
		{"two beside one that may come to nothing", one, one, unknown, true},
	} {
		diags := artifactModel{Source: c.source, SourceURL: c.url, Content: c.content}.checkSource()
		if diags.HasError() != c.refused {
			t.Errorf("%s: %v", c.name, diags)
		}
	}
}
