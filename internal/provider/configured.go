package provider

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/listing"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/settings"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/digestcache"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// configured is what the provider's block comes to: the one value that every resource and data source works with. It lasts for
// one walk of Terraform over the configuration (one plan, one apply).
type configured struct {
	baseURI  types.String // may be null or unknown
	settings settings.Settings
	digests  *digestcache.Cache // of local files; nil: it is off

	planned plannedLocations
	// placed has the locations where an artifact was created in this walk.
	placed sync.Map
	// foreign has the locations of this state that another resource has taken over, as its refresh found.
	foreign sync.Map
	// listings answer the refreshes of many artifacts in one directory.
	listings listing.Listings
	keys     keyedLocks // one artifact or one bucket's configuration at a time

	mu          sync.Mutex
	stores      map[workspace.BaseURI]blob.Store
	warnUnknown sync.Once
	warnAssumed sync.Once
}

// configure reads what the provider's block says beside base_uri, which may also come from the environment.
func configure(ctx context.Context, config tfsdk.Config, baseURI types.String, version string) (*configured, diag.Diagnostics) {
	c := &configured{baseURI: baseURI, stores: map[workspace.BaseURI]blob.Store{}}
	var digestCache types.Bool
	diags := config.GetAttribute(ctx, path.Root("digest_cache"), &digestCache)
	// Not known yet is off: the user may want it off.
	if digestCache.IsNull() || digestCache.ValueBool() {
		c.digests = digestcache.New()
	}
	settings, settingsDiags := settings.Read(ctx, config, version)
	diags.Append(settingsDiags...)
	c.settings = settings
	return c, diags
}

// store returns the store of a base URI's bucket. Nothing is asked of it yet.
func (c *configured) store(base workspace.BaseURI) (blob.Store, error) {
	bucket := workspace.BaseURI{Backend: base.Backend, Bucket: base.Bucket}
	c.mu.Lock()
	defer c.mu.Unlock()
	if store, ok := c.stores[bucket]; ok {
		return store, nil
	}
	store, err := c.settings.Open(base.Backend, base.Bucket)
	if err != nil {
		return nil, err
	}
	c.stores[bucket] = store
	return store, nil
}

// hashOf reads a source for its hash alone, unless it is a local file whose hash is remembered.
func (c *configured) hashOf(ctx context.Context, from blob.Source) (blob.Sums, error) {
	if file, ok := from.(source.File); ok {
		return c.digests.HashOf(ctx, file)
	}
	return blob.HashOf(ctx, from)
}

// replacedHere says whether another resource of this walk has put or adopted the object, so that it is not the one to delete.
func (c *configured) replacedHere(location string, owner ownership, there blob.Info) bool {
	_, placed := c.placed.Load(location)
	return placed && (there.Owner() == "" || there.Owner() != owner.Token)
}

// takenOver are the locations of this state that another resource has taken over, sorted.
func (c *configured) takenOver() []string {
	var locations []string
	c.foreign.Range(func(location, _ any) bool {
		locations = append(locations, location.(string)) //nolint:forcetypeassert // nothing else is stored
		return true
	})
	slices.Sort(locations)
	return locations
}

// keyedLocks lets one caller at a time work on a name.
type keyedLocks struct {
	mu    sync.Mutex
	locks map[string]chan struct{}
}

// lock waits for its turn, and returns what ends it.
func (l *keyedLocks) lock(ctx context.Context, name string) (unlock func(), err error) {
	l.mu.Lock()
	if l.locks == nil {
		l.locks = map[string]chan struct{}{}
	}
	lock, ok := l.locks[name]
	if !ok {
		lock = make(chan struct{}, 1)
		l.locks[name] = lock
	}
	l.mu.Unlock()

	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
