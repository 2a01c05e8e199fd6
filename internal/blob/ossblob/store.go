// Package ossblob keeps blobs in a bucket of Alibaba Cloud OSS.
package ossblob

import (
	"context"
	"encoding/xml"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Store is one bucket.
type Store struct {
	*objectstore.Store

	lazy *objectstore.Lazy[driver]
}

var (
	_ blob.Store          = (*Store)(nil)
	_ blob.Presigner      = (*Store)(nil)
	_ blob.CORSConfigurer = (*Store)(nil)
	_ blob.Accelerator    = (*Store)(nil)

	_ objectstore.Driver       = (*driver)(nil)
	_ objectstore.UploadLister = (*driver)(nil)
)

// New returns the store of a bucket.
// It opens nothing and looks up no credential: the first call of a method does.
func New(config Config, bucket string) *Store { return newTuned(config, bucket, objectstore.Tuning{}) }

func newTuned(config Config, bucket string, tuning objectstore.Tuning) *Store {
	lazy := objectstore.NewLazy(func(context.Context) (*driver, error) { return open(config, bucket, tuning) })
	settings := config
	settings.Common = config.WithoutBudget()
	return &Store{objectstore.New(bucket, traits(), config.Common, tuning, settings, lazy), lazy}
}

// traits are those of OSS.
func traits() objectstore.Traits {
	return objectstore.Traits{
		Scheme: "oss",
		Names: objectstore.Names{
			Head: "HeadObject", Get: "GetObject", List: "ListObjectsV2", Delete: "DeleteObject", Rewrite: "CopyObject", Put: "PutObject",
			Begin: "InitiateMultipartUpload", Part: "UploadPart", CopyPart: "UploadPartCopy", Complete: "CompleteMultipartUpload",
			Abort: "AbortMultipartUpload", ListUploads: "ListMultipartUploads",
		},
		CopyLimit:   1 << 30, // "larger than 1 GB ... UploadPartCopy" (API reference, CopyObject)
		Limits:      multipart.Limits{CopyPart: 256 << 20},
		Aborted:     "NoSuchUpload",
		Meanings:    meanings,
		Permissions: permissions,
		Words: objectstore.Words{
			NotAStore: "the answer is not OSS's",
			NoStore:   "Check endpoint: a web server, a proxy or a log-in page answers there.",
			Strange:   "Check endpoint: what answers there does not do what OSS does.",
			Region:    "Set endpoint and region in the provider's oss block to those of the bucket.",
			Hints: wire.Hints{
				Unresolved:  "Internal endpoints exist inside Alibaba Cloud only.",
				Unreachable: "Internal endpoints can be reached inside Alibaba Cloud only.",
			},
		},
	}
}

// Reach tells how the bucket is reached.
func (d *driver) Reach() objectstore.Reach {
	return objectstore.Reach{Endpoint: d.places.endpoint, Account: d.places.endpoint}
}

// Conditions: OSS knows one condition on a write, x-oss-forbid-overwrite, and buckets with versions ignore it.
//
// IfMatch says less than on S3: the ETag of an object that was not sent by parts is the MD5 of its bytes, so that it stays the same when the
// same bytes get other attributes.
func (d *driver) Conditions() objectstore.Conditions {
	return objectstore.Conditions{
		objectstore.PutIfAbsent:      objectstore.ByBoth,
		objectstore.PutIfMatch:       objectstore.ByLook,
		objectstore.CompleteIfAbsent: objectstore.ByBoth,
		objectstore.CompleteIfMatch:  objectstore.ByLook,
		objectstore.DeleteIfMatch:    objectstore.ByLook,
		objectstore.CopyIfMatch:      objectstore.ByStore,
	}
}

// configuration reads a part of the bucket's configuration.
func (s *Store) configuration(ctx context.Context, r rest.Request, into any) error {
	d, err := s.lazy.Get(ctx)
	if err == nil {
		_, err = d.service.Decode(ctx, r, into)
	}
	return s.Fail(r.Operation, "", err)
}

// configure sends a request that changes the bucket's configuration; nil: without a document.
func (s *Store) configure(ctx context.Context, r rest.Request, document any) error {
	d, err := s.lazy.Get(ctx)
	var text []byte
	if err == nil && document != nil {
		r.Header = map[string]string{"Content-Type": "application/xml"}
		text, err = xml.Marshal(document)
		r = r.Document(text)
	}
	if err == nil {
		_, err = d.service.Do(ctx, r)
	}
	return s.Fail(r.Operation, "", err)
}
