package provider_test

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// benched is a provider that is called as Terraform calls it, without a process and a wire in between.
type benched struct {
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
	config *tfprotov6.DynamicValue
}

// bench configures a provider for a workspace on this machine.
func bench(b *testing.B) benched {
	b.Helper()
	p := benched{server: providerserver.NewProtocol6(provider.New("bench")())()}
	var err error
	if p.schema, err = p.server.GetProviderSchema(b.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		b.Fatal(err)
	}
	p.config = p.value(b, p.schema.Provider, map[string]tftypes.Value{"base_uri": text("file://" + b.TempDir())})
	p.configure(b)
	return p
}

// configure begins a new walk: within one, an artifact is planned once.
func (p benched) configure(b *testing.B) {
	b.Helper()
	configured, err := p.server.ConfigureProvider(b.Context(), &tfprotov6.ConfigureProviderRequest{Config: p.config})
	if err != nil || len(configured.Diagnostics) > 0 {
		b.Fatal(err, configured.Diagnostics)
	}
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

// value is an object of a schema with some attributes; the others are null.
func (p benched) value(b *testing.B, schema *tfprotov6.Schema, known map[string]tftypes.Value) *tfprotov6.DynamicValue {
	b.Helper()
	object := schema.ValueType().(tftypes.Object) //nolint:forcetypeassert // a schema is an object
	values := map[string]tftypes.Value{}
	for name, of := range object.AttributeTypes {
		values[name] = tftypes.NewValue(of, nil)
	}
	for name, value := range known {
		values[name] = value
	}
	value, err := tfprotov6.NewDynamicValue(object, tftypes.NewValue(object, values))
	if err != nil {
		b.Fatal(err)
	}
	return &value
}

// artifact creates one from a small file, and returns what Terraform hands back at the next plan.
func (p benched) artifact(b *testing.B) (config, state *tfprotov6.DynamicValue, private []byte) {
	b.Helper()
	schema := p.schema.ResourceSchemas["flink_artifact"]
	attributes := map[string]tftypes.Value{"namespace": text("default"), "source": text(writeFile(b, filepath.Join(b.TempDir(), "job.jar"), firstJob))}
	config = p.value(b, schema, attributes)
	for _, computed := range schema.Block.Attributes {
		if _, set := attributes[computed.Name]; !set && computed.Computed {
			attributes[computed.Name] = tftypes.NewValue(computed.Type, tftypes.UnknownValue)
		}
	}
	none, err := tfprotov6.NewDynamicValue(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
	if err != nil {
		b.Fatal(err)
	}
	planned, err := p.server.PlanResourceChange(b.Context(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: "flink_artifact", PriorState: &none, ProposedNewState: p.value(b, schema, attributes), Config: config,
	})
	if err != nil || len(planned.Diagnostics) > 0 {
		b.Fatal(err, planned.Diagnostics)
	}
	p.configure(b)
	applied, err := p.server.ApplyResourceChange(b.Context(), &tfprotov6.ApplyResourceChangeRequest{
		TypeName: "flink_artifact", PriorState: &none, PlannedState: planned.PlannedState, Config: config, PlannedPrivate: planned.PlannedPrivate,
	})
	if err != nil || len(applied.Diagnostics) > 0 {
		b.Fatal(err, applied.Diagnostics)
	}
	return config, applied.NewState, applied.Private
}

// BenchmarkPlan is the plan of an artifact that has not changed: the file is hashed.
func BenchmarkPlan(b *testing.B) {
	p := bench(b)
	config, state, private := p.artifact(b)
	for b.Loop() {
		b.StopTimer()
		p.configure(b)
		b.StartTimer()
		planned, err := p.server.PlanResourceChange(b.Context(), &tfprotov6.PlanResourceChangeRequest{
			TypeName: "flink_artifact", PriorState: state, ProposedNewState: state, Config: config, PriorPrivate: private,
		})
		if err != nil || len(planned.Diagnostics) > 0 {
			b.Fatal(err, planned.Diagnostics)
		}
	}
}

// BenchmarkValidate is the validation of an artifact's block, which comes with every plan and every apply.
func BenchmarkValidate(b *testing.B) {
	p := bench(b)
	config, _, _ := p.artifact(b)
	for b.Loop() {
		validated, err := p.server.ValidateResourceConfig(b.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: "flink_artifact", Config: config})
		if err != nil || len(validated.Diagnostics) > 0 {
			b.Fatal(err, validated.Diagnostics)
		}
	}
}

// BenchmarkRefresh is the refresh of an artifact that has not changed.
func BenchmarkRefresh(b *testing.B) {
	p := bench(b)
	_, state, private := p.artifact(b)
	for b.Loop() {
		read, err := p.server.ReadResource(b.Context(), &tfprotov6.ReadResourceRequest{TypeName: "flink_artifact", CurrentState: state, Private: private})
		if err != nil || len(read.Diagnostics) > 0 {
			b.Fatal(err, read.Diagnostics)
		}
	}
}

// BenchmarkSchema is what each start of the provider does first.
func BenchmarkSchema(b *testing.B) {
	for b.Loop() {
		server := providerserver.NewProtocol6(provider.New("bench")())()
		if _, err := server.GetProviderSchema(b.Context(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
			b.Fatal(err)
		}
	}
}
