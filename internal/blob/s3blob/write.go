package s3blob

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// unsignedPayload is what a signature says in place of a payload's hash.
const unsignedPayload = "UNSIGNED-PAYLOAD"

// Stage sends nothing yet. The Info of its Commit has no ModTime, as no answer tells it, and a further request would be
// needed.
func (s *Store) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	conn, err := s.connect(ctx)
	if err != nil {
		return nil, s.fail("PutObject", key, opts.Cond, err)
	}
	to := &upload{store: s, conn: conn, key: key, cond: opts.Cond, attrs: opts.Attrs.Clone(), signParts: conn.signParts}
	if opts.Accelerate {
		at, err := s.acceleratedEndpoint(ctx, conn, "PutObject", key)
		if err != nil {
			return nil, err
		}
		to.accelerated, to.signParts = &at, at.signParts
	}
	return multipart.NewStage(ctx, to, multipart.Options{
		Size: opts.Size, SHA256: to.signParts, Budget: s.config.Budget, CopyPart: s.copyPart,
		Sweep: func(ctx context.Context, byParts bool) { s.sweep(ctx, conn, key, byParts) },
		Begun: func() (ended func()) { return s.config.Ledger.Begun(s.place(conn, key), to.id) },
	}), nil
}

// upload is one object on its way.
type upload struct {
	store *Store
	conn  *connection
	key   string
	cond  blob.Cond
	attrs blob.Attrs
	id    string // of the multipart upload

	copied      *copied      // then nobody here knows the checksums of the parts; nil: they are sent
	signParts   bool         // as in connection
	accelerated *accelerated // where the bytes go; nil: where all else goes
}

var _ multipart.Copier = (*upload)(nil)

// Put sends one PutObject, signed with the object's own SHA-256: the store compares it, and the SDK hashes nothing.
func (u *upload) Put(ctx context.Context, body *multipart.Body, whole multipart.Whole, sums blob.Sums) (blob.Info, error) {
	u.attrs.SHA256 = cmp.Or(u.attrs.SHA256, &sums.SHA256)
	var out *s3.PutObjectOutput
	err := u.store.conditional(ctx, u.key, u.cond, func(cond blob.Cond) error {
		if _, err := body.Seek(0, io.SeekStart); err != nil {
			return err
		}
		in := &s3.PutObjectInput{
			Bucket:        &u.store.bucket,
			Key:           &u.key,
			Body:          body,
			ContentLength: aws.Int64(body.Size()),
			ContentType:   optional(u.attrs.ContentType),
			Metadata:      u.attrs.StoredMetadata(),
			IfMatch:       quote(cond.IfMatch),
			IfNoneMatch:   star(cond.IfAbsent),
		}
		if u.conn.checksums {
			// The signature covers the bytes already. Buckets with a default retention want a checksum all the same.
			in.ChecksumCRC64NVME = aws.String(encode(whole.CRC64NVME))
		}
		var err error
		out, err = u.conn.client.PutObject(ctx, in, payloadHash(sums.SHA256.String()), repeatConflicts, u.address)
		return u.failSending("PutObject", err)
	})
	if err != nil {
		return blob.Info{}, err
	}
	if out.ETag == nil {
		return blob.Info{}, u.fail("PutObject", errNoETag)
	}
	return u.info(sums.Size, out.ETag, out.VersionId, out.ResultMetadata), nil
}

// Begin sends one CreateMultipartUpload. If its answer is lost although the SDK repeats it, an upload stays open that nobody
// knows: a later write takes it away, or a lifecycle rule of the bucket.
func (u *upload) Begin(ctx context.Context) error {
	in := &s3.CreateMultipartUploadInput{
		Bucket:      &u.store.bucket,
		Key:         &u.key,
		ContentType: optional(u.attrs.ContentType),
		Metadata:    u.attrs.StoredMetadata(),
	}
	if u.conn.checksums && u.copied == nil {
		in.ChecksumAlgorithm, in.ChecksumType = types.ChecksumAlgorithmCrc64nvme, types.ChecksumTypeFullObject
	}
	out, err := u.conn.client.CreateMultipartUpload(ctx, in)
	if err == nil && aws.ToString(out.UploadId) == "" {
		err = errNoUploadID
	}
	if err != nil {
		return u.fail("CreateMultipartUpload", err)
	}
	u.id = *out.UploadId
	return nil
}

// Part sends one UploadPart.
func (u *upload) Part(ctx context.Context, part multipart.Part) (string, error) {
	in := &s3.UploadPartInput{
		Bucket:        &u.store.bucket,
		Key:           &u.key,
		UploadId:      &u.id,
		PartNumber:    aws.Int32(part.Number),
		Body:          part.Body,
		ContentLength: aws.Int64(part.Body.Size()),
	}
	if u.conn.checksums {
		in.ChecksumCRC64NVME = aws.String(encode(part.Sums.CRC64NVME))
	}
	payload := unsignedPayload
	if u.signParts {
		payload = part.Sums.SHA256.String()
	}
	out, err := u.conn.client.UploadPart(ctx, in, payloadHash(payload), u.address)
	if err == nil && out.ETag == nil {
		err = errNoETag
	}
	if err != nil {
		return "", u.failSending("UploadPart", err)
	}
	return *out.ETag, nil
}

// Complete sends one CompleteMultipartUpload, under the condition: only here the object appears.
func (u *upload) Complete(ctx context.Context, parts []multipart.Done, whole multipart.Whole) (blob.Info, error) {
	if err := u.checkCopied(ctx); err != nil {
		return blob.Info{}, err
	}
	var completed []types.CompletedPart
	for _, part := range parts {
		done := types.CompletedPart{ETag: aws.String(part.ETag), PartNumber: aws.Int32(part.Number)}
		if u.conn.checksums && u.copied == nil {
			done.ChecksumCRC64NVME = aws.String(encode(part.CRC64NVME))
		}
		completed = append(completed, done)
	}
	var out *s3.CompleteMultipartUploadOutput
	err := u.store.conditional(ctx, u.key, u.cond, func(cond blob.Cond) error {
		in := &s3.CompleteMultipartUploadInput{
			Bucket:          &u.store.bucket,
			Key:             &u.key,
			UploadId:        &u.id,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: completed},
			IfMatch:         quote(cond.IfMatch),
			IfNoneMatch:     star(cond.IfAbsent),
		}
		if u.conn.checksums && u.copied == nil {
			in.ChecksumCRC64NVME, in.ChecksumType = aws.String(encode(whole.CRC64NVME)), types.ChecksumTypeFullObject
		}
		var err error
		out, err = u.conn.client.CompleteMultipartUpload(ctx, in, u.conn.patient)
		return u.fail("CompleteMultipartUpload", err)
	})
	if err != nil {
		return blob.Info{}, err
	}
	if out.ETag == nil {
		return blob.Info{}, u.fail("CompleteMultipartUpload", errNoETag)
	}
	return u.info(whole.Size, out.ETag, out.VersionId, out.ResultMetadata), nil
}

// Abort sends one AbortMultipartUpload. That there is no such upload is what it is for.
func (u *upload) Abort(ctx context.Context) error {
	return u.store.abort(ctx, u.conn, u.key, u.id)
}

func (s *Store) abort(ctx context.Context, conn *connection, key, id string, options ...func(*s3.Options)) error {
	_, err := conn.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: &key, UploadId: &id}, options...)
	err = s.fail("AbortMultipartUpload", key, blob.Cond{}, err)
	var failure *blob.Error
	if errors.As(err, &failure) && failure.Code == "NoSuchUpload" {
		return nil
	}
	return err
}

func (u *upload) info(size int64, etag, versionID *string, answer middleware.Metadata) blob.Info {
	attrs := u.attrs.Clone()
	written, _ := awsmiddleware.GetServerTime(answer) // the header Date
	return blob.Info{Key: u.key, Size: size, ETag: unquote(etag), VersionID: version(versionID), Written: written.UTC(), Attrs: &attrs}
}

func (u *upload) fail(operation string, err error) error {
	return u.store.fail(operation, u.key, u.cond, err)
}

// failSending is fail for the requests that carry the bytes.
func (u *upload) failSending(operation string, err error) error {
	err = u.fail(operation, err)
	if u.accelerated != nil {
		return u.accelerated.failure(err)
	}
	return err
}

// address sends a request that carries the bytes to the accelerated endpoint, if they go there.
func (u *upload) address(o *s3.Options) {
	if u.accelerated != nil {
		u.accelerated.address(o)
	}
}

// Successes that lack what every store sends with one.
var (
	errNoETag     = &wire.PageError{Status: 200, Lacks: "an ETag"}
	errNoLength   = &wire.PageError{Status: 200, Lacks: "a length"}
	errNoUploadID = &wire.PageError{Status: 200, Lacks: "an upload ID"}
)

// star is the If-None-Match of an object that must not be there.
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
	return s3.WithAPIOptions(func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("PayloadHash",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
				middleware.InitializeOutput, middleware.Metadata, error,
			) {
				return next.HandleInitialize(v4.SetPayloadHash(ctx, hash), in)
			}), middleware.Before)
	})
}

// repeatConflicts: a conditional write that met another one is refused with 409, and may be repeated (API reference,
// PutObject). A completion may not: it has lost its parts.
func repeatConflicts(o *s3.Options) {
	o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConditionalRequestConflict")
}

// patient is for requests whose answer takes long.
func (c *connection) patient(o *s3.Options) { o.HTTPClient = c.transport.slow }
