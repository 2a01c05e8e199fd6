package lifecycle_test

import (
	"math/big"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// These are the rules of Terraform's package internal/plans/objchange (proposed_new.go, plan_valid.go, compatible.go in 1.11), for schemas that
// have attributes and no blocks, as ours.

// proposedNew is what a provider gets to plan: the configuration, and for what it leaves to be computed the prior value.
func proposedNew(attributes []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() || !config.IsKnown() {
		return config
	}
	before, values := fields(prior), fields(config)
	for _, attribute := range attributes {
		was, there := before[attribute.Name]
		if !there {
			was = tftypes.NewValue(attribute.ValueType(), nil)
		}
		now := values[attribute.Name]
		switch {
		case attribute.Computed && now.IsNull():
			values[attribute.Name] = was
		case attribute.NestedType != nil:
			values[attribute.Name] = proposedNew(attribute.NestedType.Attributes, was, now)
		}
	}
	return tftypes.NewValue(config.Type(), values)
}

// assertPlanValid says what a plan may: the configured value, the prior one where the configuration has another known value, and anything for
// what is computed and not configured.
func assertPlanValid(t fatal, at string, attributes []*tfprotov6.SchemaAttribute, prior, config, planned tftypes.Value) {
	t.Helper()
	before, configured, values := fields(prior), fields(config), fields(planned)
	for _, attribute := range attributes {
		name := at + attribute.Name
		was, there := before[attribute.Name]
		if !there {
			was = tftypes.NewValue(attribute.ValueType(), nil)
		}
		wanted, got := configured[attribute.Name], values[attribute.Name]
		switch {
		case got.Equal(wanted):
		case wanted.IsNull() && attribute.Computed:
		case wanted.IsNull():
			t.Fatalf("%s is not configured, cannot be computed, and %s is planned for it", name, got)
		case attribute.NestedType != nil && wanted.IsKnown() && got.IsKnown() && !got.IsNull():
			assertPlanValid(t, name+".", attribute.NestedType.Attributes, was, wanted, got)
		case wanted.IsFullyKnown() && !was.IsNull() && got.Equal(was):
		default:
			t.Fatalf("%s is configured to be %s, was %s, and %s is planned for it", name, wanted, was, got)
		}
	}
}

// assertCompatible says that what became of a plan keeps to it: what was known is as it was, what was null is null.
func assertCompatible(t fatal, at string, planned, actual tftypes.Value) {
	t.Helper()
	switch {
	case !planned.IsKnown():
	case planned.IsNull() != actual.IsNull():
		t.Fatalf("%s: %s was planned, and is %s", at, planned, actual)
	case planned.IsNull(), planned.IsFullyKnown():
		if !planned.Equal(actual) {
			t.Fatalf("%s: %s was planned, and is %s", at, planned, actual)
		}
	case !actual.IsKnown():
		t.Fatalf("%s: %s was planned, and is not known any more", at, planned)
	case planned.Type().Is(tftypes.Set{}):
		var wanted, got []tftypes.Value
		must(planned.As(&wanted))
		must(actual.As(&got))
		if len(got) > len(wanted) {
			t.Fatalf("%s: %s was planned, and is %s", at, planned, actual)
		}
	default:
		wanted, got := fields(planned), fields(actual)
		if len(wanted) != len(got) {
			t.Fatalf("%s: %s was planned, and is %s", at, planned, actual)
		}
		for name, value := range wanted {
			assertCompatible(t, at+"."+name, value, got[name])
		}
	}
}

// replaces says whether one of the attributes that a provider names really changes: only then is the resource replaced.
func replaces(t fatal, paths []*tftypes.AttributePath, prior, planned tftypes.Value) bool {
	t.Helper()
	for _, path := range paths {
		was, _, err := tftypes.WalkAttributePath(prior, path)
		must(err)
		now, _, err := tftypes.WalkAttributePath(planned, path)
		must(err)
		if before, ok := was.(tftypes.Value); ok {
			if after, ok := now.(tftypes.Value); ok && (!after.IsFullyKnown() || !after.Equal(before)) {
				return true
			}
		}
	}
	return false
}

func number(value tftypes.Value) int64 {
	if value.IsNull() || !value.IsKnown() {
		return 0
	}
	var n big.Float
	must(value.As(&n))
	whole, _ := n.Int64()
	return whole
}
