package provider

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/listing"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/digestcache"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/httpsource"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// configured is what the provider's block comes to: the one value that every resource and data source works with. It lasts for
// one walk of Terraform over the configuration (one plan, one apply).
type configured struct {
	baseURI  types.String // may be null or unknown
	settings schemes.Settings
	// unknown has the attributes that are not known yet, by the backend that they concern.
	unknown map[workspace.Backend][]string
	// http fetches from source URLs; unknownHTTP has the attributes that are not known yet, without which it must not be used.
	http        *httpsource.Client
	unknownHTTP string
	digests     *digestcache.Cache // of local files; nil: it is off

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

func configure(ctx context.Context, model providerModel, raw tftypes.Value, version string) (*configured, diag.Diagnostics) {
	var diags diag.Diagnostics
	c := &configured{
		baseURI: model.BaseURI,
		unknown: map[workspace.Backend][]string{},
		stores:  map[workspace.BaseURI]blob.Store{},
	}
	var attributes map[string]tftypes.Value
	if err := raw.As(&attributes); err != nil {
		diags.Append(ownBug("Reading the provider's block", err))
		return nil, diags
	}
	for _, backend := range []workspace.Backend{workspace.OSS, workspace.S3} {
		for _, name := range []string{string(backend), "custom_ca_bundle", "max_retries", "max_concurrent_parts"} {
			if !attributes[name].IsFullyKnown() {
				c.unknown[backend] = append(c.unknown[backend], name)
			}
		}
	}

	var unknownHTTP []string
	for _, name := range []string{"http", "custom_ca_bundle", "max_retries"} {
		if !attributes[name].IsFullyKnown() {
			unknownHTTP = append(unknownHTTP, name)
		}
	}
	c.unknownHTTP = strings.Join(unknownHTTP, ", ")

	// Not known yet is off: the user may want it off.
	if model.DigestCache.IsNull() || model.DigestCache.ValueBool() {
		c.digests = digestcache.New()
	}

	var retries *int
	if !model.MaxRetries.IsNull() {
		retries = new(int(model.MaxRetries.ValueInt64()))
	}
	parts := schemes.DefaultParts
	if !model.MaxConcurrentParts.IsNull() {
		parts = int(model.MaxConcurrentParts.ValueInt64())
	}
	budget, ledger := schemes.NewPartsBudget(parts), schemes.NewUploadLedger() // one for all stores
	caBundle, userAgent := model.CustomCABundle.ValueString(), "terraform-provider-flink/"+version

	// What is not known entirely is not read, and not used: see awaits.
	if c.awaits(workspace.OSS) == "" {
		oss, ossDiags := ossSettings(ctx, model.OSS)
		diags.Append(ossDiags...)
		oss.CABundle, oss.MaxRetries, oss.Budget, oss.Ledger, oss.UserAgent = caBundle, retries, budget, ledger, userAgent
		c.settings.OSS = oss
	}
	if c.awaits(workspace.S3) == "" {
		s3, s3Diags := s3Settings(ctx, model.S3)
		diags.Append(s3Diags...)
		s3.CABundle, s3.MaxRetries, s3.Budget, s3.Ledger, s3.UserAgent = caBundle, retries, budget, ledger, userAgent
		c.settings.S3 = s3
	}
	if c.unknownHTTP == "" {
		http, httpDiags := httpSettings(ctx, model.HTTP)
		diags.Append(httpDiags...)
		http.CABundles = append(http.CABundles, caBundle)
		http.MaxRetries, http.UserAgent = retries, userAgent
		c.http = httpsource.New(http)
	}
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
	store, err := schemes.Open(string(base.Backend), base.Bucket, c.settings)
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

// awaits says which attributes of the provider's block must be known before a backend can be used; "" when it can be.
func (c *configured) awaits(backend workspace.Backend) string {
	return strings.Join(c.unknown[backend], ", ")
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
