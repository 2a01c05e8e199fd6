package s3blob

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// unsignedPayload is what a signature says in place of a payload's hash.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// upload is one object on its way.
type upload struct {
	*driver

	key   string
	kept  *objectstore.Found // an object that is copied onto itself; nil: none
	id    string             // of the multipart upload
	route route              // that of the bytes
}

// Upload sends nothing.
func (d *driver) Upload(ctx context.Context, to objectstore.Target) (objectstore.Upload, error) {
	u := &upload{driver: d, key: to.Key, kept: to.Kept, route: route{signParts: d.signParts, address: unchanged}}
	var err error
	if to.Accelerate {
		u.route, err = d.accelerated(ctx)
	}
	return u, err
}

// Sums has SHA-256 only where each part is signed with it.
func (u *upload) Sums() checksum.Set {
	if u.route.signParts {
		return checksum.CRC64NVME | checksum.SHA256
	}
	return checksum.CRC64NVME
}

// Put sends one PutObject, signed with the object's own SHA-256: the store compares it, and the SDK hashes nothing.
func (u *upload) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, attrs blob.Attrs, guard objectstore.Guard) (objectstore.Written, error) {
	if _, err := body.Seek(0, io.SeekStart); err != nil {
		return objectstore.Written{}, err
	}
	in := &s3.PutObjectInput{
		Bucket: &u.bucket, Key: &u.key, Body: body, ContentLength: aws.Int64(body.Size()),
		ContentType: optional(attrs.ContentType), Metadata: attrs.StoredMetadata(),
		IfMatch: quote(guard.IfMatch), IfNoneMatch: star(guard.IfAbsent),
	}
	if u.checksums {
		// The signature covers the bytes already. Buckets with a default retention want a checksum all the same.
		in.ChecksumCRC64NVME = aws.String(encode(whole.Sums.CRC64NVME))
	}
	kept, err := u.keep(ctx, in, &in.Tagging)
	if err != nil {
		return objectstore.Written{}, err
	}
	out, err := u.client.PutObject(ctx, in, payloadHash(blob.Hash(whole.Sums.SHA256).String()), repeatConflicts, u.route.address, looking(guard), kept)
	if err != nil {
		return objectstore.Written{}, u.route.failure(err)
	}
	return written(out.ETag, out.VersionId, out.ResultMetadata), nil
}

// Begin sends one CreateMultipartUpload, and for an object that is copied onto itself a GetObjectTagging before.
// S3 takes its own checksum of parts that it copies.
func (u *upload) Begin(ctx context.Context, begin objectstore.Begin) (string, error) {
	in := &s3.CreateMultipartUploadInput{
		Bucket: &u.bucket, Key: &u.key, ContentType: optional(begin.Attrs.ContentType), Metadata: begin.Attrs.StoredMetadata(),
	}
	if u.checksums && !begin.Copies {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	}
	kept, err := u.keep(ctx, in, &in.Tagging)
	if err != nil {
		return "", err
	}
	out, err := u.client.CreateMultipartUpload(ctx, in, kept)
	if err != nil {
		return "", err
	}
	u.id = aws.ToString(out.UploadId)
	return u.id, nil
}

// keep is that of an object that is written onto itself, with its tags.
func (u *upload) keep(ctx context.Context, in any, tagging **string) (_ func(*s3.Options), err error) {
	if u.kept == nil {
		return unchanged, nil
	}
	*tagging, err = u.tags(ctx, u.key)
	return keep(*u.kept, in), err
}

// Part sends one UploadPart.
func (u *upload) Part(ctx context.Context, part multipart.Part) (string, error) {
	in := &s3.UploadPartInput{
		Bucket: &u.bucket, Key: &u.key, UploadId: &u.id, PartNumber: aws.Int32(part.Number),
		Body: part.Body, ContentLength: aws.Int64(part.Body.Size()),
	}
	if u.checksums {
		in.ChecksumCRC64NVME = aws.String(encode(part.Sums.CRC64NVME))
	}
	payload := unsignedPayload
	if u.route.signParts {
		payload = blob.Hash(part.Sums.SHA256).String()
	}
	out, err := u.client.UploadPart(ctx, in, payloadHash(payload), u.route.address)
	if err != nil {
		return "", u.route.failure(err)
	}
	return aws.ToString(out.ETag), nil
}

// CopyPart sends one UploadPartCopy to the regional endpoint, as no bytes go there that could be accelerated.
func (u *upload) CopyPart(ctx context.Context, bucket string, part multipart.CopiedPart) (string, error) {
	out, err := u.client.UploadPartCopy(ctx, &s3.UploadPartCopyInput{
		Bucket: &u.bucket, Key: &u.key, UploadId: &u.id, PartNumber: aws.Int32(part.Number),
		CopySource: copySource(bucket, part.Object.Key), CopySourceIfMatch: quote(part.Object.ETag),
		CopySourceRange: optional(objectstore.Range{First: part.First, Length: part.Length}.Header()),
	}, u.patient)
	if err != nil || out.CopyPartResult == nil {
		return "", err
	}
	return aws.ToString(out.CopyPartResult.ETag), nil
}

// Complete sends one CompleteMultipartUpload.
func (u *upload) Complete(ctx context.Context, parts []multipart.Done, whole multipart.Whole, guard objectstore.Guard) (objectstore.Written, error) {
	var completed []types.CompletedPart
	for _, part := range parts {
		done := types.CompletedPart{ETag: aws.String(part.ETag), PartNumber: aws.Int32(part.Number)}
		if u.checksums && !whole.Copied {
			done.ChecksumCRC64NVME = aws.String(encode(part.Sums.CRC64NVME))
		}
		completed = append(completed, done)
	}
	in := &s3.CompleteMultipartUploadInput{
		Bucket: &u.bucket, Key: &u.key, UploadId: &u.id, MultipartUpload: &types.CompletedMultipartUpload{Parts: completed},
		IfMatch: quote(guard.IfMatch), IfNoneMatch: star(guard.IfAbsent),
	}
	if u.checksums && !whole.Copied {
		in.ChecksumCRC64NVME, in.ChecksumType = aws.String(encode(whole.Sums.CRC64NVME)), types.ChecksumTypeFullObject
	}
	out, err := u.client.CompleteMultipartUpload(ctx, in, u.patient, looking(guard))
	if err != nil {
		return objectstore.Written{}, err
	}
	return written(out.ETag, out.VersionId, out.ResultMetadata), nil
}

// AbortUpload sends one AbortMultipartUpload.
func (d *driver) AbortUpload(ctx context.Context, key, id string, isOnce bool) error {
	option := unchanged
	if isOnce {
		option = once
	}
	_, err := d.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &d.bucket, Key: &key, UploadId: &id}, option)
	return err
}

// written is the answer to a write, with the header Date.
func written(etag, versionID *string, answer middleware.Metadata) objectstore.Written {
	at, _ := awsmiddleware.GetServerTime(answer)
	return objectstore.Written{ETag: unquote(etag), VersionID: version(versionID), At: at.UTC()}
}

// star is the If-None-Match of an object that must not exist.
func star(absent bool) *string {
	if absent {
		return aws.String("*")
	}
	return nil
}

// encode is a CRC as S3 has it in headers: big endian, in base64.
func encode(crc uint64) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, crc))
}

// payloadHash tells the signer what it would otherwise hash the body for.
func payloadHash(hash string) func(*s3.Options) {
	return onAttempt("PayloadHash", func(ctx context.Context, _ http.Header) (context.Context, error) {
		return v4.SetPayloadHash(ctx, hash), nil
	})
}

// looking has the guard look before each attempt.
func looking(guard objectstore.Guard) func(*s3.Options) {
	if guard.Look == nil {
		return unchanged
	}
	return onAttempt("Look", func(ctx context.Context, _ http.Header) (context.Context, error) { return ctx, guard.Look(ctx) })
}

// onAttempt adds a step to a call, which comes before each attempt, and before its signature.
func onAttempt(name string, do func(context.Context, http.Header) (context.Context, error)) func(*s3.Options) {
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc(name,
			func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
				middleware.FinalizeOutput, middleware.Metadata, error,
			) {
				ctx, err := do(ctx, in.Request.(*smithyhttp.Request).Header)
				if err != nil {
					return middleware.FinalizeOutput{}, middleware.Metadata{}, err
				}
				return next.HandleFinalize(ctx, in)
			}), "Retry", middleware.After)
	})
}

// unchanged is the option of a call that has none.
func unchanged(*s3.Options) {}

// repeatConflicts: a conditional write that met another one is refused with 409, and may be repeated (API reference, PutObject).
// A completion may not: it has lost its parts.
func repeatConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
}

// patient is for requests whose answer takes long.
func (d *driver) patient(o *s3.Options) { o.HTTPClient = d.slow }

// copySource names an object in x-amz-copy-source, which the SDK sends as it is.
// Every byte of the key is escaped but "/", as a "+" would arrive as a space.
// It names no version: the condition on the ETag says which one is meant, and to read a version by its ID takes a permission of its own.
func copySource(bucket, key string) *string {
	return aws.String(bucket + "/" + strings.NewReplacer("+", "%20", "%2F", "/").Replace(url.QueryEscape(key)))
}
