package provider

import (
	"slices"
	"testing"

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
