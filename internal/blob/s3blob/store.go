// Package s3blob keeps blobs in a bucket of AWS S3 or of a compatible store.
package s3blob

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Store is one bucket.
type Store struct {
	*objectstore.Store

	lazy *objectstore.Lazy[driver]
}

var (
	_ blob.Store               = (*Store)(nil)
	_ blob.Presigner           = (*Store)(nil)
	_ blob.CORSConfigurer      = (*Store)(nil)
	_ blob.Accelerator         = (*Store)(nil)
	_ blob.StoredHasher        = (*Store)(nil)
	_ objectstore.Describer    = (*driver)(nil)
	_ objectstore.UploadLister = (*driver)(nil)
)

// New returns the store of a bucket.
// It opens nothing and looks up no credential: the first call of a method does.
func New(config Config, bucket string) *Store { return newTuned(config, bucket, objectstore.Tuning{}) }

func newTuned(config Config, bucket string, tuning objectstore.Tuning) *Store {
	lazy := objectstore.NewLazy(func(ctx context.Context) (*driver, error) { return open(ctx, config, bucket, tuning) })
	settings := config
	settings.Common = config.WithoutBudget()
	return &Store{objectstore.New(bucket, traits(), config.Common, tuning, settings, lazy), lazy}
}

// send sends a request about the bucket, with the advice for a store that does not know it.
func (s *Store) send(ctx context.Context, operation, unknown string, call func(*driver) error) error {
	d, err := s.lazy.Get(ctx)
	if err == nil {
		err = call(d)
	}
	err = s.Fail(operation, "", err)
	var failure *blob.Error
	switch {
	case !errors.As(err, &failure):
	case conflicts[failure.Code]:
		failure.Err, failure.Advice = blob.ErrUnreachable, "Something else changes the bucket's configuration at this moment: try again later."
	case failure.Code != "" && errors.Is(err, errors.ErrUnsupported):
		failure.Advice = unknown
	}
	return err
}

// driver sends the requests of one bucket.
type driver struct {
	config      Config
	bucket      string
	client      *s3.Client
	quick, slow *http.Client // slow: for requests whose answer takes long
	endpoint    string       // for messages: the endpoint of its own; "" on AWS
	region      string
	checksums   bool        // parts carry a CRC64NVME
	signParts   bool        // parts are signed with their SHA-256, as nothing else protects them on the way
	proven      atomic.Bool // something at the endpoint has answered in S3's protocol
}

// traits are those of S3.
func traits() objectstore.Traits {
	return objectstore.Traits{
		Scheme: "s3",
		Names: objectstore.Names{
			Head: "HeadObject", Get: "GetObject", List: "ListObjectsV2", Delete: "DeleteObject", Rewrite: "CopyObject", Put: "PutObject",
			Begin: "CreateMultipartUpload", Part: "UploadPart", CopyPart: "UploadPartCopy", Complete: "CompleteMultipartUpload",
			Abort: "AbortMultipartUpload", ListUploads: "ListMultipartUploads",
		},
		CopyLimit:   5_000_000_000, // "up to 5 GB" (API reference, CopyObject)
		Limits:      multipart.Limits{CopyPart: 512 << 20},
		Aborted:     "NoSuchUpload",
		Meanings:    meanings,
		Permissions: permissions,
		Words: objectstore.Words{
			NotAStore: "the answer is not that of an object store",
			NoStore:   "Check endpoint: a web console, a proxy or a log-in page answers there. Stores often have their API and their console on different ports.",
			Strange:   "Check endpoint: what answers there does not do what S3 does.",
			Region:    "Set region in the provider's s3 block to that of the bucket, and endpoint to that of the region.",
			Hints:     wire.Hints{Unresolved: "Buckets that are no host names need use_path_style = true."},
		},
	}
}

// Reach tells how the bucket is reached.
// On AWS a bucket's name is one of a partition, to which the region belongs.
func (d *driver) Reach() objectstore.Reach {
	return objectstore.Reach{Endpoint: d.endpoint, Account: cmp.Or(d.endpoint, "aws "+d.region)}
}

// Conditions are enforced by the store on AWS, or where the settings say so.
// What other stores do with a condition differs by store, by version, and by whether the bucket has versions.
func (d *driver) Conditions() objectstore.Conditions {
	var conditions objectstore.Conditions
	if writes := d.config.ConditionalWrites; writes == Checked || writes == "" && d.endpoint != "" {
		for kind := range conditions {
			conditions[kind] = objectstore.Unproven
		}
	}
	return conditions
}
