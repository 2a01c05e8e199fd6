package provider

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// What a store cannot do is known by the table of schemes, so that a plan refuses it without opening a store.

const noAccelerationTitle = "Transfer acceleration not available"

// whyNotAccelerated is why a bucket can have no transfer acceleration, as far as its name shows; "": it can.
func whyNotAccelerated(base workspace.BaseURI) string {
	able := schemes.With[blob.Accelerator]()
	switch {
	case !slices.Contains(able, base.Backend.Name):
		return fmt.Sprintf("%s is in a store of type %q, which does not support transfer acceleration. Supported: %s.", base, base.Backend.Name, strings.Join(able, ", "))
	case strings.Contains(base.Bucket, "."):
		// The accelerated endpoint has the bucket in its host name, and a certificate for one label there.
		return fmt.Sprintf("%s does not accelerate buckets with a dot in the name, and %s has one.", base.Backend.Title, base.Bucket)
	}
	return ""
}

// checkCORSSupport refuses a CORS rule where the store has none.
func checkCORSSupport(base *workspace.BaseURI, rule types.Object) diag.Diagnostics {
	var diags diag.Diagnostics
	able := schemes.With[blob.CORSConfigurer]()
	if base == nil || rule.IsNull() || slices.Contains(able, base.Backend.Name) {
		return diags
	}
	diags.AddAttributeError(path.Root("cors_rule"), "CORS not supported by this store",
		fmt.Sprintf("%s is in a store of type %q, which does not support CORS rules. Supported: %s. Remove cors_rule, or use another store.", base, base.Backend.Name, strings.Join(able, ", ")))
	return diags
}
