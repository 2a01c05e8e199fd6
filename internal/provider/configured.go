package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/settings"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/digestcache"
)

// configured is what the provider's block comes to: the one value that every resource and data source works with.
// It lasts for one walk of Terraform over the configuration (one plan, one apply).
type configured struct {
	baseURI types.String // may be null or unknown
	stores  *stores
	sources sources
	walk    walk

	warnAssumed sync.Once
}

// configure reads what the provider's block has beside base_uri, which may also come from the environment.
func configure(ctx context.Context, config tfsdk.Config, baseURI types.String, version string) (*configured, diag.Diagnostics) {
	settings, diags := settings.Read(ctx, config, version)
	opened := &stores{settings: settings}
	c := &configured{baseURI: baseURI, stores: opened, sources: sources{stores: opened}}
	var digestCache types.Bool
	diags.Append(config.GetAttribute(ctx, path.Root("digest_cache"), &digestCache)...)
	// Not known yet is off: the user may want it off.
	if digestCache.IsNull() || digestCache.ValueBool() {
		c.sources.digests = digestcache.New()
	}
	return c, diags
}
