package s3blob

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"reflect"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Rewrite sends one CopyObject of the object onto itself.
// An ACL of the object's own is not resent: buckets have had none by default since 2023.
func (d *driver) Rewrite(ctx context.Context, found objectstore.Found, attrs blob.Attrs) (objectstore.Written, error) {
	in := &s3.CopyObjectInput{
		Bucket: &d.bucket, Key: &found.Key, CopySource: copySource(d.bucket, found.Key), CopySourceIfMatch: quote(found.ETag),
		MetadataDirective: types.MetadataDirectiveReplace, ContentType: optional(attrs.ContentType), Metadata: attrs.StoredMetadata(),
	}
	out, err := d.client.CopyObject(ctx, in, d.patient, keep(found, in))
	if err != nil || out.CopyObjectResult == nil {
		return objectstore.Written{}, err
	}
	result := written(out.CopyObjectResult.ETag, out.VersionId, out.ResultMetadata)
	result.ModTime = utc(out.CopyObjectResult.LastModified)
	return result, nil
}

// keep has a copy of an object onto itself send again what S3 told about it.
func keep(found objectstore.Found, copied any) func(*s3.Options) {
	head := found.Raw.(*s3.HeadObjectOutput)
	from, to := reflect.ValueOf(head).Elem(), reflect.ValueOf(copied).Elem()
	for _, name := range []string{
		"CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "WebsiteRedirectLocation", "StorageClass",
		"ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled", "ObjectLockMode", "ObjectLockRetainUntilDate", "ObjectLockLegalHoldStatus",
	} {
		to.FieldByName(name).Set(from.FieldByName(name))
	}
	if head.ExpiresString == nil {
		return unchanged
	}
	// The header is sent as it is stored: the SDK's type takes dates alone, and S3 stores anything.
	return onAttempt("Expires", func(ctx context.Context, header http.Header) (context.Context, error) {
		header.Set("Expires", *head.ExpiresString)
		return ctx, nil
	})
}

// tags are the object's tags as a query, which a copy by parts does not take along.
// Stores without tags have none to lose.
func (d *driver) tags(ctx context.Context, key string) (*string, error) {
	out, err := d.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &d.bucket, Key: &key})
	if errors.Is(traits().Sentinel(d, err), errors.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, &wire.CallError{Op: "GetObjectTagging", Err: err}
	}
	tags := url.Values{}
	for _, tag := range out.TagSet {
		tags.Set(aws.ToString(tag.Key), aws.ToString(tag.Value))
	}
	return optional(tags.Encode()), nil
}
