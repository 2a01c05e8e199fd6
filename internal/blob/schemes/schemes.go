// Package schemes is the one place that knows all backends.
package schemes

import (
	"fmt"
	"maps"
	"slices"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/fileblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ossblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/s3blob"
)

// Settings are what the backends are opened with. The zero value leaves everything to the environment.
type Settings struct {
	OSS OSS
	S3  S3
}

// OSS and the types below are the backends' own settings, by names that callers outside package blob may use.
type OSS = ossblob.Config

// OSSAssumeRole is a RAM role that credentials are exchanged for.
type OSSAssumeRole = ossblob.AssumeRole

// OSSOIDC is a RAM role that an OIDC token is exchanged for.
type OSSOIDC = ossblob.OIDC

// S3 is what S3 and compatible stores are opened with.
type S3 = s3blob.Config

// S3AssumeRole is a role that credentials are exchanged for.
type S3AssumeRole = s3blob.AssumeRole

// S3WebIdentity is a role that an OIDC token is exchanged for.
type S3WebIdentity = s3blob.WebIdentity

// PartsBudget bounds the parts that are on their way at once.
type PartsBudget = multipart.Budget

type driver struct {
	open func(settings Settings, bucket string) blob.Store
	// zero is a nil pointer of the backend's type: it tells what the backend can do before one is opened.
	zero blob.Store
}

// UploadLedger remembers the uploads that were begun on this machine.
type UploadLedger = ledger.Ledger

// NewUploadLedger is the ledger in the user's cache directory, for all stores.
func NewUploadLedger() *UploadLedger { return ledger.New() }

// DefaultParts is how many parts are on their way at once unless the user says otherwise.
const DefaultParts = multipart.DefaultParts

// NewPartsBudget is a budget of so many parts, for all uploads of the process.
func NewPartsBudget(parts int) *PartsBudget { return multipart.NewBudget(parts) }

// drivers has every backend by its name.
var drivers = map[string]driver{
	"file": {
		zero: (*fileblob.Store)(nil),
		open: func(_ Settings, directory string) blob.Store { return fileblob.New(directory) },
	},
	"oss": {
		zero: (*ossblob.Store)(nil),
		open: func(settings Settings, bucket string) blob.Store { return ossblob.New(settings.OSS, bucket) },
	},
	"s3": {
		zero: (*s3blob.Store)(nil),
		open: func(settings Settings, bucket string) blob.Store { return s3blob.New(settings.S3, bucket) },
	},
}

// Open returns the store of a bucket. Nothing is asked of it, and no credential is looked up, before it is used.
func Open(backend, bucket string, settings Settings) (blob.Store, error) {
	driver, ok := drivers[backend]
	if !ok {
		return nil, fmt.Errorf("no backend %q; there are %v", backend, Backends())
	}
	return driver.open(settings, bucket), nil
}

// Backends are the names of all backends, sorted.
func Backends() []string { return slices.Sorted(maps.Keys(drivers)) }

// With are the names of the backends that have a capability, such as blob.CORSConfigurer, sorted.
func With[Capability any]() []string {
	var names []string
	for _, name := range Backends() {
		if _, ok := drivers[name].zero.(Capability); ok {
			names = append(names, name)
		}
	}
	return names
}
