package s3blob

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"golang.org/x/sync/errgroup"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const (
	// copiesAtOnce is how many parts are copied at a time. The bytes stay in the store.
	copiesAtOnce = 4
	// abortTimeout bounds the clean-up after a copy that failed.
	abortTimeout = 30 * time.Second
)

// SetAttrs sends one HeadObject and, if something changes, one CopyObject of the object onto itself; above 5 GB a copy by parts.
// An ACL of the object's own is not resent: buckets have had none by default since 2023. ModTime is zero after a copy by parts.
func (s *Store) SetAttrs(ctx context.Context, key string, cond blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	head, err := s.head(ctx, key)
	if err != nil {
		return blob.Info{}, err
	}
	info := headInfo(key, head)
	if cond.IfMatch != "" && cond.IfMatch != info.ETag {
		return blob.Info{}, s.unmet(key, blob.ErrChanged)
	}
	attrs := info.Attrs.Clone()
	edit(&attrs)
	if attrs.Equal(*info.Attrs) {
		return info, nil
	}
	conn, err := s.connect(ctx)
	if err != nil {
		return blob.Info{}, s.fail("CopyObject", key, cond, err)
	}
	to := &selfCopy{store: s, conn: conn, key: key, head: head, seen: blob.Cond{IfMatch: info.ETag}}
	info.Attrs = &attrs
	if info.Size > s.copyLimit {
		return to.byParts(ctx, info)
	}
	return to.whole(ctx, info)
}

// selfCopy is an object that is copied onto itself with other attributes. All that S3 tells about the object goes along.
type selfCopy struct {
	store *Store
	conn  *connection
	key   string
	head  *s3.HeadObjectOutput
	seen  blob.Cond // the object that head describes
}

func (c *selfCopy) whole(ctx context.Context, info blob.Info) (blob.Info, error) {
	const operation = "CopyObject"
	head := c.head
	out, err := c.conn.client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket:                    &c.store.bucket,
		Key:                       &c.key,
		CopySource:                copySource(c.store.bucket, c.key),
		CopySourceIfMatch:         quote(c.seen.IfMatch),
		MetadataDirective:         types.MetadataDirectiveReplace,
		ContentType:               optional(info.Attrs.ContentType),
		Metadata:                  info.Attrs.StoredMetadata(),
		CacheControl:              head.CacheControl,
		ContentDisposition:        head.ContentDisposition,
		ContentEncoding:           head.ContentEncoding,
		ContentLanguage:           head.ContentLanguage,
		WebsiteRedirectLocation:   head.WebsiteRedirectLocation,
		StorageClass:              head.StorageClass,
		ServerSideEncryption:      head.ServerSideEncryption,
		SSEKMSKeyId:               head.SSEKMSKeyId,
		BucketKeyEnabled:          head.BucketKeyEnabled,
		ObjectLockMode:            head.ObjectLockMode,
		ObjectLockRetainUntilDate: head.ObjectLockRetainUntilDate,
		ObjectLockLegalHoldStatus: head.ObjectLockLegalHoldStatus,
	}, c.conn.patient, expires(head.ExpiresString))
	if err == nil && (out.CopyObjectResult == nil || out.CopyObjectResult.ETag == nil) {
		err = errNoETag
	}
	if err != nil {
		return blob.Info{}, c.store.fail(operation, c.key, c.seen, err)
	}
	info.ETag, info.ModTime, info.VersionID = unquote(out.CopyObjectResult.ETag), utc(out.CopyObjectResult.LastModified), version(out.VersionId)
	return info, nil
}

func (c *selfCopy) byParts(ctx context.Context, info blob.Info) (result blob.Info, err error) {
	head := c.head
	tags, err := c.tags(ctx)
	if err != nil {
		return blob.Info{}, err
	}
	c.store.sweep(ctx, c.conn, c.key, true)
	created, err := c.conn.client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
		Bucket:                    &c.store.bucket,
		Key:                       &c.key,
		ContentType:               optional(info.Attrs.ContentType),
		Metadata:                  info.Attrs.StoredMetadata(),
		Tagging:                   tags,
		CacheControl:              head.CacheControl,
		ContentDisposition:        head.ContentDisposition,
		ContentEncoding:           head.ContentEncoding,
		ContentLanguage:           head.ContentLanguage,
		WebsiteRedirectLocation:   head.WebsiteRedirectLocation,
		StorageClass:              head.StorageClass,
		ServerSideEncryption:      head.ServerSideEncryption,
		SSEKMSKeyId:               head.SSEKMSKeyId,
		BucketKeyEnabled:          head.BucketKeyEnabled,
		ObjectLockMode:            head.ObjectLockMode,
		ObjectLockRetainUntilDate: head.ObjectLockRetainUntilDate,
		ObjectLockLegalHoldStatus: head.ObjectLockLegalHoldStatus,
	}, expires(head.ExpiresString))
	if err == nil && aws.ToString(created.UploadId) == "" {
		err = errNoUploadID
	}
	if err != nil {
		return blob.Info{}, c.store.fail("CreateMultipartUpload", c.key, c.seen, err)
	}
	ended := c.store.config.Ledger.Begun(c.store.place(c.conn, c.key), *created.UploadId)
	defer func() {
		if err != nil {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abortTimeout)
			defer cancel()
			if abortErr := c.abort(ctx, *created.UploadId); abortErr != nil {
				err = errors.Join(err, fmt.Errorf("clean-up: %w", abortErr))
				return
			}
		}
		ended()
	}()
	parts, err := c.copyParts(ctx, *created.UploadId, info.Size)
	if err != nil {
		return blob.Info{}, err
	}
	if err := context.Cause(ctx); err != nil {
		return blob.Info{}, err
	}
	last, cancel := blob.CommitContext(ctx)
	defer cancel()
	var out *s3.CompleteMultipartUploadOutput
	err = c.store.conditional(last, c.key, c.seen, func(cond blob.Cond) error {
		var err error
		out, err = c.conn.client.CompleteMultipartUpload(last, &s3.CompleteMultipartUploadInput{
			Bucket:          &c.store.bucket,
			Key:             &c.key,
			UploadId:        created.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
			IfMatch:         quote(cond.IfMatch),
		}, c.conn.patient)
		return c.store.fail("CompleteMultipartUpload", c.key, c.seen, err)
	})
	if err != nil {
		return blob.Info{}, err
	}
	info.ETag, info.ModTime, info.VersionID = unquote(out.ETag), time.Time{}, version(out.VersionId)
	return info, nil
}

// abortAgain is after which time the upload is aborted once more: a copy whose answer nobody waits for goes on in the store, and if it ends
// after the abort, its part is there (API reference, AbortMultipartUpload).
const abortAgain = 200 * time.Millisecond

func (c *selfCopy) abort(ctx context.Context, id string) error {
	if err := c.store.abort(ctx, c.conn, c.key, id); err != nil {
		return err
	}
	if err := wire.Sleep(ctx, abortAgain); err != nil {
		return err
	}
	return c.store.abort(ctx, c.conn, c.key, id)
}

// copyGrace is how long the answers to other parts are awaited once one has failed.
const copyGrace = 5 * time.Second

// copyParts waits for all copies that were begun, also where one of them fails, though not for ever: the store would go on with them.
func (c *selfCopy) copyParts(ctx context.Context, id string, size int64) ([]types.CompletedPart, error) {
	const maxParts = 10_000
	length := max(c.store.copyPart, (size+maxParts-1)/maxParts)
	parts := make([]types.CompletedPart, (size+length-1)/length)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var group errgroup.Group
	group.SetLimit(copiesAtOnce)
	var failed atomic.Bool
	for i := range parts {
		if failed.Load() {
			break
		}
		first, number := int64(i)*length, int32(i+1)
		group.Go(func() error {
			etag, err := c.store.copyOnePart(ctx, c.conn, &s3.UploadPartCopyInput{
				Bucket:            &c.store.bucket,
				Key:               &c.key,
				UploadId:          &id,
				PartNumber:        aws.Int32(number),
				CopySource:        copySource(c.store.bucket, c.key),
				CopySourceIfMatch: quote(c.seen.IfMatch),
				CopySourceRange:   copyRange(first, min(length, size-first)),
			})
			if err != nil {
				if !failed.Swap(true) {
					time.AfterFunc(copyGrace, stop)
				}
				return c.store.fail("UploadPartCopy", c.key, c.seen, err)
			}
			parts[i] = types.CompletedPart{ETag: etag, PartNumber: aws.Int32(number)}
			return nil
		})
	}
	return parts, group.Wait()
}

// tags are the object's tags as a query, which a copy by parts does not take along. Stores without tags have none to lose.
func (c *selfCopy) tags(ctx context.Context) (*string, error) {
	out, err := c.conn.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &c.store.bucket, Key: &c.key})
	err = c.store.fail("GetObjectTagging", c.key, blob.Cond{}, err)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil, nil
	}
	if err != nil {
		return nil, err
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
