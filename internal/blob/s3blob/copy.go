package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
)

// CanCopy: buckets that are reached in the same way. A field that Config gets later counts too.
func (u *upload) CanCopy(from blob.Store) bool {
	other, ok := from.(*Store)
	if !ok {
		return false
	}
	here, there := u.store.config, other.config
	here.Budget, there.Budget = nil, nil // of the bytes that pass through here
	here.Ledger, there.Ledger = nil, nil
	return reflect.DeepEqual(here, there)
}

// copied is what an upload is a copy of.
type copied struct {
	store  *Store
	object blob.Info
}

// BeginCopy begins an upload without a checksum of ours: S3 takes its own of what it copies.
func (u *upload) BeginCopy(ctx context.Context, from blob.Store, object blob.Info) error {
	store, ok := from.(*Store)
	if !ok {
		return errors.ErrUnsupported
	}
	u.copied = &copied{store, object}
	return u.Begin(ctx)
}

// CopyPart sends one UploadPartCopy to the regional endpoint, as no bytes go there that could be accelerated. Its failures name the source.
func (u *upload) CopyPart(ctx context.Context, part multipart.CopiedPart) (string, error) {
	from := u.copied.store
	etag, err := u.store.copyOnePart(ctx, u.conn, &s3.UploadPartCopyInput{
		Bucket:            &u.store.bucket,
		Key:               &u.key,
		UploadId:          &u.id,
		PartNumber:        aws.Int32(part.Number),
		CopySource:        copySource(from.bucket, part.Object.Key),
		CopySourceIfMatch: quote(part.Object.ETag),
		CopySourceRange:   copyRange(part.First, part.Length),
	})
	if err == nil {
		return *etag, nil
	}
	return "", sourceChanged(from.fail("UploadPartCopy", part.Object.Key, blob.Cond{IfMatch: part.Object.ETag}, err))
}

// checkCopied looks at the source once more before its copy is published. AWS compares the ETag with each part; some other stores ignore that
// condition (R2 lists it as unsupported for parts: cloudflare/cloudflare-docs#32458), and a source that changed meanwhile was never hashed.
func (u *upload) checkCopied(ctx context.Context) error {
	if u.copied == nil || u.conn.endpoint == "" {
		return nil
	}
	err := u.copied.store.check(ctx, u.copied.object.Key, blob.Cond{IfMatch: u.copied.object.ETag})
	return sourceChanged(err)
}

// sourceChanged is a failure to find the source of a copy as it was.
func sourceChanged(err error) error {
	var failure *blob.Error
	if errors.As(err, &failure) && (errors.Is(err, blob.ErrChanged) || errors.Is(err, fs.ErrNotExist)) {
		failure.Err = blob.ErrSourceChanged
	}
	return err
}

func (s *Store) copyOnePart(ctx context.Context, conn *connection, in *s3.UploadPartCopyInput) (etag *string, err error) {
	out, err := conn.client.UploadPartCopy(ctx, in, conn.patient)
	if err != nil {
		return nil, err
	}
	if out.CopyPartResult == nil || out.CopyPartResult.ETag == nil {
		return nil, errNoETag
	}
	return out.CopyPartResult.ETag, nil
}

// copySource names an object in x-amz-copy-source. It names no version: the condition on the ETag says which one is meant, and to read a
// version by its ID takes a permission of its own.
func copySource(bucket, key string) *string { return aws.String(escape(bucket) + "/" + escape(key)) }

func copyRange(first, length int64) *string {
	return aws.String(fmt.Sprintf("bytes=%d-%d", first, first+length-1))
}

// escape encodes a key for x-amz-copy-source, which the SDK sends as it is: every byte but unreserved ones (RFC 3986,
// 2.3) and "/". A "+" that is left would arrive as a space.
func escape(key string) string {
	const unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/"
	var b strings.Builder
	for i := range len(key) {
		if strings.IndexByte(unreserved, key[i]) >= 0 {
			b.WriteByte(key[i])
		} else {
			fmt.Fprintf(&b, "%%%02X", key[i])
		}
	}
	return b.String()
}
