package lifecycle_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider"
)

// fatal is what a test and a property have in common.
type fatal interface {
	Helper()
	Fatalf(format string, args ...any)
	Logf(format string, args ...any)
}

// served is the provider behind its protocol, as Terraform sees it, without a process and a wire in between. One serves many
// lifecycles, one after the other: each walk configures it anew, and nothing lasts longer than that.
type served struct {
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

func serve(t fatal) served {
	t.Helper()
	s := served{server: providerserver.NewProtocol6(provider.New("test")())()}
	var err error
	if s.schema, err = s.server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{}); err != nil {
		t.Fatalf("the schema: %v", err)
	}
	// Terraform requests them, and the framework knows no identities before.
	if _, err := s.server.GetResourceIdentitySchemas(context.Background(), &tfprotov6.GetResourceIdentitySchemasRequest{}); err != nil {
		t.Fatalf("the schemas of identities: %v", err)
	}
	return s
}

// object is what a state holds of one resource.
type object struct {
	kind     string // "flink_artifact"
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
	creates  bool // create_before_destroy, as it was when this was written

	known // what the model knows of it
}

// instance is what a state holds at one address.
type instance struct {
	current *object // nil: there is none
	deposed []*object
}

// core is a stand-in for Terraform's: it keeps a state, plans and applies as Terraform does, and holds the provider to the rules that Terraform
// holds it to.
type core struct {
	t fatal
	served
	state map[string]*instance
	model *model
}

// failed are the titles of what a call has refused; nil: it has succeeded.
type failed []string

// told splits diagnostics into the titles of errors and of warnings. Every failure must have words of its own.
func (c *core) told(from string, diagnostics []*tfprotov6.Diagnostic) (errors failed) {
	for _, diagnostic := range diagnostics {
		if diagnostic.Summary == "" || diagnostic.Detail == "" {
			c.t.Fatalf("%s: a diagnostic without words: %+v", from, diagnostic)
		}
		if strings.Contains(diagnostic.Detail, "please report it") {
			c.t.Fatalf("%s: nobody knows this failure: %s\n%s", from, diagnostic.Summary, diagnostic.Detail)
		}
		for _, ours := range []string{"Provider returned invalid result", "Value Conversion Error", "Internal provider error", "Cannot write the private state", "Identity Change", "Provider produced", "Missing Resource"} {
			if strings.Contains(diagnostic.Summary, ours) {
				c.t.Fatalf("%s: %s\n%s", from, diagnostic.Summary, diagnostic.Detail)
			}
		}
		if diagnostic.Severity == tfprotov6.DiagnosticSeverityError {
			c.t.Logf("%s: error: %s: %s", from, diagnostic.Summary, diagnostic.Detail)
			errors = append(errors, diagnostic.Summary)
			tally.count("error: " + diagnostic.Summary)
			continue
		}
		c.t.Logf("%s: warning: %s", from, diagnostic.Summary)
		tally.count("warning: " + diagnostic.Summary)
	}
	return errors
}

// typeOf is the type of a resource's values.
func (s served) typeOf(kind string) tftypes.Object {
	return s.schema.ResourceSchemas[kind].ValueType().(tftypes.Object)
}

func (c *core) encode(of tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	encoded, err := tfprotov6.NewDynamicValue(of, value)
	if err != nil {
		c.t.Fatalf("encoding %s: %v", value, err)
	}
	return &encoded
}

func (c *core) decode(of tftypes.Type, value *tfprotov6.DynamicValue) tftypes.Value {
	if value == nil {
		return tftypes.NewValue(of, nil)
	}
	decoded, err := value.Unmarshal(of)
	if err != nil {
		c.t.Fatalf("decoding: %v", err)
	}
	return decoded
}

// configure begins a walk.
func (c *core) configure(config map[string]tftypes.Value) failed {
	schema := c.schema.Provider
	of := schema.ValueType()
	response, err := c.server.ConfigureProvider(context.Background(), &tfprotov6.ConfigureProviderRequest{Config: c.encode(of, withNulls(of, config))})
	if err != nil {
		c.t.Fatalf("configuring: %v", err)
	}
	return c.told("configuring", response.Diagnostics)
}

// withNulls is an object with some attributes; the others are null.
func withNulls(of tftypes.Type, known map[string]tftypes.Value) tftypes.Value {
	values := map[string]tftypes.Value{}
	for name, attribute := range of.(tftypes.Object).AttributeTypes {
		values[name] = tftypes.NewValue(attribute, nil)
	}
	for name, value := range known {
		if _, there := values[name]; !there {
			panic("there is no attribute " + name)
		}
		values[name] = value
	}
	return tftypes.NewValue(of, values)
}

func (c *core) validate(kind string, config tftypes.Value) failed {
	response, err := c.server.ValidateResourceConfig(context.Background(), &tfprotov6.ValidateResourceConfigRequest{
		TypeName: kind, Config: c.encode(c.typeOf(kind), config),
	})
	if err != nil {
		c.t.Fatalf("validating: %v", err)
	}
	return c.told("validating", response.Diagnostics)
}

// upgrade hands a state over as Terraform keeps it: in JSON. It must come back as it is.
func (c *core) upgrade(o *object) {
	of := c.typeOf(o.kind)
	text, err := json.Marshal(plain(o.value))
	if err != nil {
		c.t.Fatalf("a state in JSON: %v", err)
	}
	response, err := c.server.UpgradeResourceState(context.Background(), &tfprotov6.UpgradeResourceStateRequest{
		TypeName: o.kind, Version: c.schema.ResourceSchemas[o.kind].Version, RawState: &tfprotov6.RawState{JSON: text},
	})
	if err != nil {
		c.t.Fatalf("upgrading: %v", err)
	}
	if errors := c.told("upgrading", response.Diagnostics); errors != nil {
		c.t.Fatalf("upgrading a state: %v", errors)
	}
	if upgraded := c.decode(of, response.UpgradedState); !upgraded.Equal(o.value) {
		c.t.Fatalf("a state was\n%s\nand is upgraded to\n%s", o.value, upgraded)
	}
}

// plain is a value as JSON has it.
func plain(value tftypes.Value) any {
	if value.IsNull() {
		return nil
	}
	switch of := value.Type(); {
	case of.Is(tftypes.String):
		return text(value)
	case of.Is(tftypes.Bool):
		var is bool
		must(value.As(&is))
		return is
	case of.Is(tftypes.Number):
		return number(value)
	case of.Is(tftypes.Set{}), of.Is(tftypes.List{}):
		var elements []tftypes.Value
		must(value.As(&elements))
		values := []any{}
		for _, element := range elements {
			values = append(values, plain(element))
		}
		return values
	}
	values := map[string]any{}
	for name, attribute := range fields(value) {
		values[name] = plain(attribute)
	}
	return values
}

// read refreshes an object. nil: it is gone.
func (c *core) read(ctx context.Context, o *object) (*object, failed) {
	of := c.typeOf(o.kind)
	response, err := c.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: o.kind, CurrentState: c.encode(of, o.value), Private: o.private, CurrentIdentity: o.identity,
	})
	if err != nil {
		c.t.Fatalf("reading: %v", err)
	}
	if errors := c.told("reading", response.Diagnostics); errors != nil {
		return o, errors
	}
	next := *o
	next.value, next.private, next.identity = c.decode(of, response.NewState), response.Private, response.NewIdentity
	if next.value.IsNull() {
		return nil, nil
	}
	if !next.value.IsFullyKnown() {
		c.t.Fatalf("a refresh left something unknown: %s", next.value)
	}
	c.sameIdentity(o.identity, next.identity)
	return &next, nil
}

// sameIdentity holds the provider to an identity that never changes while a resource lives.
func (c *core) sameIdentity(before, after *tfprotov6.ResourceIdentityData) {
	if after == nil || after.IdentityData == nil {
		c.t.Fatalf("a resource without an identity")
	}
	of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"uri": tftypes.String}}
	now := c.decode(of, after.IdentityData)
	if uri := fields(now)["uri"]; !uri.IsFullyKnown() || uri.IsNull() {
		c.t.Fatalf("an identity that is not known: %s", now)
	}
	if before != nil && before.IdentityData != nil {
		if was := c.decode(of, before.IdentityData); !was.Equal(now) {
			c.t.Fatalf("the identity was %s, and is %s", was, now)
		}
	}
}

// imports makes a state from an identifier, and refreshes it.
func (c *core) imports(kind, id string, byIdentity bool) (*object, failed) {
	request := &tfprotov6.ImportResourceStateRequest{TypeName: kind, ID: id}
	if byIdentity {
		of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"uri": tftypes.String}}
		request.ID = ""
		request.Identity = &tfprotov6.ResourceIdentityData{IdentityData: c.encode(of, tftypes.NewValue(of, map[string]tftypes.Value{"uri": str(id)}))}
	}
	response, err := c.server.ImportResourceState(context.Background(), request)
	if err != nil {
		c.t.Fatalf("importing: %v", err)
	}
	if errors := c.told("importing", response.Diagnostics); errors != nil {
		return nil, errors
	}
	if len(response.ImportedResources) != 1 {
		c.t.Fatalf("%d resources were imported", len(response.ImportedResources))
	}
	imported := response.ImportedResources[0]
	return c.read(context.Background(), &object{
		kind: kind, value: c.decode(c.typeOf(kind), imported.State), private: imported.Private, identity: imported.Identity,
	})
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func str(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func boolean(b bool) tftypes.Value { return tftypes.NewValue(tftypes.Bool, b) }

func unknown(of tftypes.Type) tftypes.Value { return tftypes.NewValue(of, tftypes.UnknownValue) }

// text is a string's value, "" where it is null or unknown.
func text(value tftypes.Value) string {
	if value.IsNull() || !value.IsKnown() {
		return ""
	}
	var s string
	must(value.As(&s))
	return s
}

func truth(value tftypes.Value) bool {
	var is bool
	if !value.IsNull() && value.IsKnown() {
		must(value.As(&is))
	}
	return is
}

// fields are the attributes of an object, or the elements of a map.
func fields(value tftypes.Value) map[string]tftypes.Value {
	values := map[string]tftypes.Value{}
	if !value.IsNull() && value.IsKnown() {
		must(value.As(&values))
	}
	return maps.Clone(values) // what As gives is the value's own
}

// words are what is done to something, put together only where they are read.
type words struct {
	doing string
	to    tftypes.Value
}

func (w words) String() string { return strings.TrimSpace(w.doing + " " + describe(w.to)) }

func describe(value tftypes.Value) string {
	var parts []string
	for name, attribute := range fields(value) {
		if !attribute.IsNull() {
			parts = append(parts, fmt.Sprintf("%s=%s", name, short(attribute)))
		}
	}
	slices.Sort(parts)
	return strings.Join(parts, " ")
}

func short(value tftypes.Value) string {
	switch {
	case !value.IsFullyKnown():
		return "?"
	case value.Type().Is(tftypes.String):
		return fmt.Sprintf("%q", text(value))
	}
	written, _ := json.Marshal(plain(value))
	return string(written)
}
