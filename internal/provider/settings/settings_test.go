package settings

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
)

// configuration is a provider's block with some values; all others are null.
func configuration(t *testing.T, values map[string]any) tfsdk.Config {
	t.Helper()
	s := schema.Schema{Attributes: Attributes()}
	object, ok := s.Type().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("the schema is no object")
	}
	all := map[string]tftypes.Value{}
	for name, of := range object.AttributeTypes {
		all[name] = tftypes.NewValue(of, values[name])
	}
	return tfsdk.Config{Schema: s, Raw: tftypes.NewValue(object, all)}
}

func read(t *testing.T, values map[string]any) Settings {
	t.Helper()
	settings, diags := Read(t.Context(), configuration(t, values), "test")
	if diags.HasError() {
		t.Fatal(diags)
	}
	return settings
}

// Whatever a base URI can name can be opened, and is what the table of schemes says that it is.
func TestEveryBackendIsOpened(t *testing.T) {
	if len(blocks) != len(schemes.All) {
		t.Errorf("there are %d blocks and %d backends", len(blocks), len(schemes.All))
	}
	settings := read(t, nil)
	for _, backend := range schemes.All {
		store, err := settings.Open(backend, "/bucket")
		if err != nil || settings.Awaits(backend) != "" {
			t.Errorf("%s awaits %q: %v", backend, settings.Awaits(backend), err)
			continue
		}
		has[blob.Accelerator](t, backend.Name, store)
		has[blob.CORSConfigurer](t, backend.Name, store)
		has[blob.Presigner](t, backend.Name, store)
		has[blob.UploadSweeper](t, backend.Name, store)
	}
}

func has[Capability any](t *testing.T, name string, store blob.Store) {
	t.Helper()
	if _, ok := store.(Capability); ok != slices.Contains(schemes.With[Capability](), name) {
		t.Errorf("%s: the store (%T) and the table of schemes do not agree on what it can do", name, store)
	}
}

// A block that is not known entirely is not read, and neither is one whose common attributes are not: that would be another account's.
func TestUnknown(t *testing.T) {
	for _, test := range []struct {
		unknown         []string
		oss, http, file string
	}{
		{nil, "", "", ""},
		{[]string{"oss"}, "oss", "", ""},
		{[]string{"http"}, "", "http", ""},
		{[]string{"custom_ca_bundle"}, "custom_ca_bundle", "custom_ca_bundle", ""},
		{[]string{"oss", "http", "max_retries"}, "oss, max_retries", "http, max_retries", ""},
		{[]string{"max_concurrent_parts"}, "max_concurrent_parts", "", ""},
	} {
		values := map[string]any{}
		for _, name := range test.unknown {
			values[name] = tftypes.UnknownValue
		}
		settings := read(t, values)
		if settings.HTTPAwaits != test.http || (settings.HTTP == nil) != (test.http != "") {
			t.Errorf("%v: http awaits %q, want %q", test.unknown, settings.HTTPAwaits, test.http)
		}
		for _, backend := range schemes.All {
			awaits := map[string]string{"oss": test.oss, "file": test.file}
			want, checked := awaits[backend.Name]
			if !checked {
				continue
			}
			store, err := settings.Open(backend, "/bucket")
			if got := settings.Awaits(backend); got != want || (store == nil) != (want != "") || (err != nil) != (want != "") {
				t.Errorf("%v: %s awaits %q, want %q: %v, %v", test.unknown, backend, got, want, store, err)
			}
		}
	}
}

// One value in a block that is not known yet is enough.
func TestUnknownInside(t *testing.T) {
	config := configuration(t, nil)
	object := config.Schema.Type().TerraformType(t.Context()).(tftypes.Object).AttributeTypes["s3"].(tftypes.Object)
	inside := map[string]tftypes.Value{}
	for name, of := range object.AttributeTypes {
		inside[name] = tftypes.NewValue(of, nil)
	}
	inside["secret_key"] = tftypes.NewValue(tftypes.String, tftypes.UnknownValue)
	settings := read(t, map[string]any{"s3": inside})
	if got := settings.awaits["s3"]; got != "s3" || settings.openers["s3"] != nil {
		t.Errorf("s3 awaits %q", got)
	}
}

// What all stores share reaches each of them: the memory for parts is bounded for the whole process, however many are written to.
func TestCommon(t *testing.T) {
	common := objectstore.Common{CABundle: "ca.pem", MaxRetries: new(7), Budget: multipart.NewBudget(1), Ledger: ledger.New(), UserAgent: "test/1"}
	var diags diag.Diagnostics
	oss := ossModel{}.config(common, &diags)
	if got := oss.Common; got != common || diags.HasError() {
		t.Errorf("oss: %+v, %v", got, diags)
	}
	s3 := s3Model{}.config(common, &diags)
	if got := s3.Common; got != common || diags.HasError() {
		t.Errorf("s3: %+v, %v", got, diags)
	}
	http, diags := readHTTP(t.Context(), types.ObjectNull(nil), common)
	if diags.HasError() || !slices.Contains(http.CABundles, "ca.pem") || http.MaxRetries != common.MaxRetries || http.UserAgent != "test/1" {
		t.Errorf("http: %+v, %v", http, diags)
	}
}

// The common attributes are those of the configuration.
func TestReadCommon(t *testing.T) {
	common, diags := readCommon(t.Context(), configuration(t, map[string]any{"custom_ca_bundle": "ca.pem", "max_retries": 3, "max_concurrent_parts": 2}), "1.2.3")
	if diags.HasError() || common.CABundle != "ca.pem" || *common.MaxRetries != 3 || common.UserAgent != "terraform-provider-flink/1.2.3" || common.Ledger == nil {
		t.Errorf("%+v, %v", common, diags)
	}
	common, diags = readCommon(t.Context(), configuration(t, nil), "1.2.3")
	if diags.HasError() || common.CABundle != "" || common.MaxRetries != nil || common.Budget == nil {
		t.Errorf("%+v, %v", common, diags)
	}
}
