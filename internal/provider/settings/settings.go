// Package settings has the blocks of the provider's configuration that say how stores and source URLs are reached: a file for each.
// What it does not find there is left to the store's own chain, such as environment and shared files.
package settings

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ossblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/s3blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/httpsource"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// blocks has a row for each kind of store, whose name its block has.
var blocks = []block{
	{"oss", ossSchema, store[ossModel](ossblob.New)},
	{"s3", s3Schema, store[s3Model](s3blob.New)},
	{"file", nil, readFile},
}

type block struct {
	name   string
	schema func() schema.SingleNestedAttribute // nil: the store has no settings
	read   func(ctx context.Context, object types.Object, common objectstore.Common) (opener, diag.Diagnostics)
}

// opener returns the store of a bucket.
// Nothing is requested, and no credential is looked up, before the store is used.
type opener func(bucket string) blob.Store

// store reads a block into a model, and opens stores with what the model comes to.
// A block that is not set is the model's zero value.
func store[Model interface {
	config(common objectstore.Common, diags *diag.Diagnostics) Config
}, Config any, Store blob.Store](open func(Config, string) Store) func(context.Context, types.Object, objectstore.Common) (opener, diag.Diagnostics) {
	return func(ctx context.Context, object types.Object, common objectstore.Common) (opener, diag.Diagnostics) {
		var model Model
		var diags diag.Diagnostics
		if !object.IsNull() {
			diags = object.As(ctx, &model, basetypes.ObjectAsOptions{UnhandledNullAsEmpty: true})
		}
		config := model.config(common, &diags)
		return func(bucket string) blob.Store { return open(config, bucket) }, diags
	}
}

// Settings are what the provider's configuration says of how stores and source URLs are reached.
type Settings struct {
	// HTTP fetches from source URLs; nil where HTTPAwaits is set.
	HTTP *httpsource.Client
	// HTTPAwaits has the attributes, "a, b", that must be known before HTTP can be used; "": none.
	HTTPAwaits string

	openers map[string]opener // by the backend's name
	awaits  map[string]string // likewise, as HTTPAwaits
}

// Attributes are those of the provider's configuration that Read reads.
func Attributes() map[string]schema.Attribute {
	attributes := commonAttributes()
	attributes[httpName] = httpSchema()
	for _, block := range blocks {
		if block.schema != nil {
			attributes[block.name] = block.schema()
		}
	}
	return attributes
}

// Read reads the provider's configuration.
// What is not known entirely is not read: values from elsewhere could be those of another account.
func Read(ctx context.Context, config tfsdk.Config, version string) (Settings, diag.Diagnostics) {
	settings := Settings{openers: map[string]opener{}, awaits: map[string]string{}}
	common, diags := readCommon(ctx, config, version)
	var attributes map[string]tftypes.Value
	if err := config.Raw.As(&attributes); err != nil || diags.HasError() { // diags has it, too: this is not the first reading
		return settings, diags
	}
	get := func(name string) (object types.Object) {
		diags.Append(config.GetAttribute(ctx, path.Root(name), &object)...)
		return object
	}
	for _, block := range blocks {
		var object types.Object
		if block.schema != nil {
			if awaits := unknown(attributes, block.name, caBundleName, maxRetriesName, maxPartsName); awaits != "" {
				settings.awaits[block.name] = awaits
				continue
			}
			object = get(block.name)
		}
		open, blockDiags := block.read(ctx, object, common)
		diags.Append(blockDiags...)
		settings.openers[block.name] = open
	}
	if settings.HTTPAwaits = unknown(attributes, httpName, caBundleName, maxRetriesName); settings.HTTPAwaits == "" {
		http, httpDiags := readHTTP(ctx, get(httpName), common)
		diags.Append(httpDiags...)
		settings.HTTP = httpsource.New(http)
	}
	return settings, diags
}

// unknown has those of some attributes that are not known entirely: "a, b"; "": all are.
func unknown(attributes map[string]tftypes.Value, names ...string) string {
	var found []string
	for _, name := range names {
		if !attributes[name].IsFullyKnown() {
			found = append(found, name)
		}
	}
	return strings.Join(found, ", ")
}

// Awaits has the attributes, "a, b", that must be known before a store of this kind can be opened; "": none.
func (s Settings) Awaits(backend *workspace.Backend) string { return s.awaits[backend.Name] }

// Open returns the store of a bucket.
// Nothing is requested, and no credential is looked up, before the store is used.
func (s Settings) Open(backend *workspace.Backend, bucket string) (blob.Store, error) {
	open := s.openers[backend.Name]
	if open == nil {
		return nil, fmt.Errorf("the settings of %q are not known yet: %s", backend.Name, s.Awaits(backend))
	}
	return open(bucket), nil
}
