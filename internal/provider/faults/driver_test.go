package faults_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// process is one process of the provider, behind its protocol: it shares nothing with another one.
type process struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// attributes are those of a block, as a configuration has them.
type attributes map[string]any

func start(t *testing.T, settings attributes) *process {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	p := &process{t: t, server: providerserver.NewProtocol6(provider.New("test")())()}
	var err error
	if p.schema, err = schema(); err != nil {
		t.Fatal(err)
	}
	if _, err := p.server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{}); err != nil {
		t.Fatal(err)
	}
	of := p.schema.Provider.ValueType()
	answer, err := p.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{Config: p.dynamic(value(of, settings))})
	if err != nil {
		t.Fatal(err)
	}
	if told := errorsOf(answer.Diagnostics); len(told) > 0 {
		t.Fatal(told)
	}
	return p
}

// schema is requested once: it is the same in each process, and takes the most of a start.
var schema = sync.OnceValues(func() (*tfprotov6.GetProviderSchemaResponse, error) {
	return providerserver.NewProtocol6(provider.New("test")())().GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
})

// value is a Go value as one of Terraform's type. What an object does not mention is null.
func value(of tftypes.Type, from any) tftypes.Value {
	switch from := from.(type) {
	case nil:
		return tftypes.NewValue(of, nil)
	case attributes:
		switch of := of.(type) {
		case tftypes.Object:
			values := map[string]tftypes.Value{}
			for name, inner := range of.AttributeTypes {
				values[name] = value(inner, from[name])
			}
			return tftypes.NewValue(of, values)
		case tftypes.Map:
			values := map[string]tftypes.Value{}
			for name, inner := range from {
				values[name] = value(of.ElementType, inner)
			}
			return tftypes.NewValue(of, values)
		}
	case []string:
		if of, ok := of.(tftypes.Set); ok {
			var values []tftypes.Value
			for _, text := range from {
				values = append(values, value(of.ElementType, text))
			}
			return tftypes.NewValue(of, values)
		}
	}
	return tftypes.NewValue(of, from)
}

// must ends the test where the protocol itself fails.
func (p *process) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *process) dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	p.t.Helper()
	encoded, err := tfprotov6.NewDynamicValue(v.Type(), v)
	p.must(err)
	return &encoded
}

func (p *process) plain(encoded *tfprotov6.DynamicValue, of tftypes.Type) tftypes.Value {
	p.t.Helper()
	v, err := encoded.Unmarshal(of)
	p.must(err)
	return v
}

// state is what Terraform keeps of a resource. The zero one is none.
type state struct {
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

func (s state) there() bool { return s.value.Type() != nil && !s.value.IsNull() }

// sameAs compares some attributes.
func (s state) sameAs(other state, names ...string) bool {
	for _, name := range names {
		at := tftypes.NewAttributePath().WithAttributeName(name)
		mine, _, err := tftypes.WalkAttributePath(s.value, at)
		theirs, _, otherErr := tftypes.WalkAttributePath(other.value, at)
		if err != nil || otherErr != nil || !mine.(tftypes.Value).Equal(theirs.(tftypes.Value)) {
			return false
		}
	}
	return true
}

func (p *process) typeOf(kind string) tftypes.Type { return p.schema.ResourceSchemas[kind].ValueType() }

func (p *process) valueOf(kind string, s state) tftypes.Value {
	if s.there() {
		return s.value
	}
	return tftypes.NewValue(p.typeOf(kind), nil)
}

// refresh reads a resource. None is returned of one that is gone.
func (p *process) refresh(ctx context.Context, kind string, s state) (state, failures) {
	p.t.Helper()
	if !s.there() {
		return s, nil
	}
	answer, err := p.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: kind, CurrentState: p.dynamic(s.value), Private: s.private, CurrentIdentity: s.identity,
	})
	p.must(err)
	if told := errorsOf(answer.Diagnostics); len(told) > 0 {
		return s, told
	}
	return state{p.plain(answer.NewState, p.typeOf(kind)), answer.Private, answer.NewIdentity}, nil
}

// planned is a change that a plan has found.
type planned struct {
	kind     string
	prior    state
	config   tftypes.Value
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// changes says whether there is anything to do.
func (c planned) changes() bool {
	if !c.prior.there() {
		return !c.value.IsNull()
	}
	return !c.value.Equal(c.prior.value)
}

// plan plans a configuration; nil: that the resource is destroyed.
func (p *process) plan(ctx context.Context, kind string, prior state, config attributes) (planned, failures) {
	p.t.Helper()
	wanted := tftypes.NewValue(p.typeOf(kind), nil)
	if config != nil {
		wanted = value(p.typeOf(kind), config)
	}
	return p.planAgain(ctx, planned{kind: kind, prior: prior, config: wanted})
}

// planAgain plans a change.
func (p *process) planAgain(ctx context.Context, change planned) (planned, failures) {
	p.t.Helper()
	kind, prior := change.kind, change.prior
	before := p.valueOf(kind, prior)
	answer, err := p.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: p.dynamic(before), PriorPrivate: prior.private, PriorIdentity: prior.identity, Config: p.dynamic(change.config),
		ProposedNewState: p.dynamic(proposed(p.schema.ResourceSchemas[kind].Block.Attributes, before, change.config)),
	})
	p.must(err)
	if told := errorsOf(answer.Diagnostics); len(told) > 0 {
		return change, told
	}
	if len(answer.RequiresReplace) > 0 {
		p.t.Fatalf("it would be replaced, as %v", answer.RequiresReplace)
	}
	change.value, change.private, change.identity = p.plain(answer.PlannedState, p.typeOf(kind)), answer.PlannedPrivate, answer.PlannedIdentity
	return change, nil
}

// proposed is what Terraform proposes: the configuration, and the prior value of what it leaves to be computed.
func proposed(all []*tfprotov6.SchemaAttribute, prior, config tftypes.Value) tftypes.Value {
	if config.IsNull() {
		return config
	}
	var before, values map[string]tftypes.Value
	if err := config.As(&values); err != nil {
		panic(err)
	}
	values = maps.Clone(values) // it is the configuration's own
	if !prior.IsNull() {
		if err := prior.As(&before); err != nil {
			panic(err)
		}
	}
	for _, attribute := range all {
		was, there := before[attribute.Name]
		if !there {
			was = tftypes.NewValue(attribute.ValueType(), nil)
		}
		switch now := values[attribute.Name]; {
		case attribute.Computed && now.IsNull():
			values[attribute.Name] = was
		case attribute.NestedType != nil:
			values[attribute.Name] = proposed(attribute.NestedType.Attributes, was, now)
		}
	}
	return tftypes.NewValue(config.Type(), values)
}

// apply does what was planned, and returns the state as Terraform keeps it.
func (p *process) apply(ctx context.Context, change planned) (state, failures) {
	p.t.Helper()
	of := p.typeOf(change.kind)
	answer, err := p.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: change.kind, PriorState: p.dynamic(p.valueOf(change.kind, change.prior)), PlannedState: p.dynamic(change.value), Config: p.dynamic(change.config),
		PlannedPrivate: change.private, PlannedIdentity: change.identity,
	})
	p.must(err)
	after := state{p.plain(answer.NewState, of), answer.Private, answer.NewIdentity}
	told := errorsOf(answer.Diagnostics)
	if len(told) > 0 && !change.prior.there() && after.there() {
		p.t.Errorf("a create that failed leaves a state: it would be tainted, and what it is of deleted: %v", told)
	}
	return after, told
}

// imports is an import and the reading that follows.
func (p *process) imports(ctx context.Context, kind, id string) (state, failures) {
	p.t.Helper()
	answer, err := p.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id})
	p.must(err)
	if told := errorsOf(answer.Diagnostics); len(told) > 0 {
		return state{}, told
	}
	imported := answer.ImportedResources[0]
	return p.refresh(ctx, kind, state{p.plain(imported.State, p.typeOf(kind)), imported.Private, imported.Identity})
}

// data reads a data source.
func (p *process) data(ctx context.Context, kind string, config attributes) (state, failures) {
	p.t.Helper()
	of := p.schema.DataSourceSchemas[kind].ValueType()
	answer, err := p.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: kind, Config: p.dynamic(value(of, config))})
	p.must(err)
	if told := errorsOf(answer.Diagnostics); len(told) > 0 {
		return state{}, told
	}
	return state{value: p.plain(answer.State, of)}, nil
}

// failures are the errors that a call reports.
type failures []*tfprotov6.Diagnostic

func errorsOf(diagnostics []*tfprotov6.Diagnostic) failures {
	var told failures
	for _, diagnostic := range diagnostics {
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			told = append(told, diagnostic)
		}
	}
	return told
}

func (f failures) String() string {
	var texts []string
	for _, diagnostic := range f {
		texts = append(texts, fmt.Sprintf("%s: %s", diagnostic.Summary, diagnostic.Detail))
	}
	return strings.Join(texts, "\n")
}

// titled says whether one of them has a title.
func (f failures) titled(titles ...string) bool {
	for _, diagnostic := range f {
		for _, title := range titles {
			if diagnostic.Summary == title {
				return true
			}
		}
	}
	return false
}

// run is a whole run of Terraform on one resource, its plan and its apply in a process each. What it returns is what Terraform would keep.
func run(ctx context.Context, t *testing.T, settings attributes, kind string, prior state, config attributes) (state, failures) {
	t.Helper()
	change, prior, told := planning(ctx, t, settings, kind, prior, config)
	if len(told) > 0 || !change.changes() {
		return prior, told
	}
	return applying(ctx, t, settings, change)
}

// planning refreshes and plans.
func planning(ctx context.Context, t *testing.T, settings attributes, kind string, prior state, config attributes) (planned, state, failures) {
	t.Helper()
	p := start(t, settings)
	refreshed, told := p.refresh(ctx, kind, prior)
	if len(told) > 0 {
		return planned{}, prior, told
	}
	if config == nil && !refreshed.there() {
		return planned{prior: state{value: tftypes.NewValue(p.typeOf(kind), nil)}, value: tftypes.NewValue(p.typeOf(kind), nil)}, refreshed, nil
	}
	change, told := p.plan(ctx, kind, refreshed, config)
	return change, refreshed, told
}

// applying plans again in a new process, as Terraform does, and applies.
func applying(ctx context.Context, t *testing.T, settings attributes, change planned) (state, failures) {
	t.Helper()
	p := start(t, settings)
	again, told := p.planAgain(ctx, change)
	if len(told) > 0 {
		return change.prior, told
	}
	return p.apply(ctx, again)
}
