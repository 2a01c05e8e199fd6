package s3blob

import (
	"context"
	"errors"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Rewrite sends one CopyObject of the object onto itself.
// An ACL of the object's own is not resent: buckets have had none by default since 2023.
func (d *driver) Rewrite(ctx context.Context, found objectstore.Found, attrs blob.Attrs) (objectstore.Written, error) {
	in := &s3.CopyObjectInput{
		Bucket:            &d.bucket,
		Key:               &found.Key,
		CopySource:        copySource(d.bucket, found.Key),
		CopySourceIfMatch: quote(found.ETag),
		MetadataDirective: types.MetadataDirectiveReplace,
		ContentType:       optional(attrs.ContentType),
		Metadata:          attrs.StoredMetadata(),
	}
	out, err := d.client.CopyObject(ctx, in, d.patient, keptOf(found).copy(in))
	if err != nil || out.CopyObjectResult == nil {
		return objectstore.Written{}, err
	}
	result := written(out.CopyObjectResult.ETag, out.VersionId, out.ResultMetadata)
	result.ModTime = utc(out.CopyObjectResult.LastModified)
	return result, nil
}

// kept is all that S3 tells about an object and that a copy onto itself sends again.
type kept struct{ *s3.HeadObjectOutput }

func keptOf(found objectstore.Found) *kept {
	head, _ := found.Raw.(*s3.HeadObjectOutput)
	return &kept{head}
}

func (k kept) copy(in *s3.CopyObjectInput) func(*s3.Options) {
	in.CacheControl, in.ContentDisposition, in.ContentEncoding, in.ContentLanguage = k.CacheControl, k.ContentDisposition, k.ContentEncoding, k.ContentLanguage
	in.WebsiteRedirectLocation, in.StorageClass = k.WebsiteRedirectLocation, k.StorageClass
	in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = k.ServerSideEncryption, k.SSEKMSKeyId, k.BucketKeyEnabled
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = k.ObjectLockMode, k.ObjectLockRetainUntilDate, k.ObjectLockLegalHoldStatus
	return expires(k.ExpiresString)
}

func (k kept) begin(in *s3.CreateMultipartUploadInput) func(*s3.Options) {
	in.CacheControl, in.ContentDisposition, in.ContentEncoding, in.ContentLanguage = k.CacheControl, k.ContentDisposition, k.ContentEncoding, k.ContentLanguage
	in.WebsiteRedirectLocation, in.StorageClass = k.WebsiteRedirectLocation, k.StorageClass
	in.ServerSideEncryption, in.SSEKMSKeyId, in.BucketKeyEnabled = k.ServerSideEncryption, k.SSEKMSKeyId, k.BucketKeyEnabled
	in.ObjectLockMode, in.ObjectLockRetainUntilDate, in.ObjectLockLegalHoldStatus = k.ObjectLockMode, k.ObjectLockRetainUntilDate, k.ObjectLockLegalHoldStatus
	return expires(k.ExpiresString)
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

// expires resends the header as it is stored: the SDK's type takes dates alone, and S3 stores anything.
func expires(raw *string) func(*s3.Options) {
	if raw == nil {
		return func(*s3.Options) {}
	}
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc("Expires",
			func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (
				middleware.BuildOutput, middleware.Metadata, error,
			) {
				if request, ok := in.Request.(*smithyhttp.Request); ok {
					request.Header.Set("Expires", *raw)
				}
				return next.HandleBuild(ctx, in)
			}), middleware.After)
	})
}
