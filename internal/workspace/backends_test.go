package workspace_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// A table for these tests, with all that a row can say of URIs.
var (
	s3       = &workspace.Backend{Name: "s3", Schemes: []string{"s3", "s3i", "s3a", "s3p"}}
	oss      = &workspace.Backend{Name: "oss", Schemes: []string{"oss"}, CheckBucket: checkNarrow, MaxKey: 1023}
	file     = &workspace.Backend{Name: "file", Schemes: []string{"file"}, Authority: workspace.NoAuthority}
	backends = workspace.Backends{file, oss, s3}
)

// checkNarrow allows less than the package itself.
func checkNarrow(bucket string) error {
	if strings.Contains(bucket, ".") || strings.ToLower(bucket) != bucket {
		return fmt.Errorf("%q is narrow", bucket)
	}
	return nil
}

func TestSchemes(t *testing.T) {
	if got, want := backends.Schemes(), []string{"file", "oss", "s3", "s3a", "s3i", "s3p"}; !slices.Equal(got, want) {
		t.Errorf("schemes are %v, want %v", got, want)
	}
}
