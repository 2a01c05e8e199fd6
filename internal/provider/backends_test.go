package provider

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// Whatever a base URI can name can be opened, and nothing else.
func TestEveryBackendHasADriver(t *testing.T) {
	var named []string
	for _, backend := range workspace.Backends() {
		named = append(named, string(backend))
	}
	if drivers := schemes.Backends(); !slices.Equal(named, drivers) {
		t.Errorf("base URIs name %v, and there are drivers for %v", named, drivers)
	}
}

// The memory for parts is bounded for the whole process, however many stores are written to.
func TestOneBudgetForAllStores(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	c, diags := configure(t.Context(), providerModel{}, tftypes.NewValue(tftypes.Object{}, map[string]tftypes.Value{}), "test")
	if diags.HasError() {
		t.Fatal(diags)
	}
	if c.settings.S3.Budget == nil || c.settings.S3.Budget != c.settings.OSS.Budget {
		t.Errorf("budgets %p and %p", c.settings.S3.Budget, c.settings.OSS.Budget)
	}
	if c.settings.S3.Ledger == nil || c.settings.S3.Ledger != c.settings.OSS.Ledger {
		t.Errorf("ledgers %p and %p", c.settings.S3.Ledger, c.settings.OSS.Ledger)
	}
}
