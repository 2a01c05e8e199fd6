package s3blob

import (
	"context"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Head sends one HeadObject.
// An answer that might come from something else than a store costs a listing, once; so does a refusal, as a HEAD carries no reason.
func (d *driver) Head(ctx context.Context, key string) (objectstore.Found, error) {
	out, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.bucket, Key: &key})
	if err != nil {
		return objectstore.Found{}, d.reason(ctx, err)
	}
	info := infoOf(key, out.ContentLength, out.ETag, out.VersionId, out.LastModified, out.ContentType, out.Metadata)
	return objectstore.Found{Info: info, Raw: out}, d.prove(ctx, out.ResultMetadata.Has(saysS3{}))
}

// reason is what a HEAD failed for.
func (d *driver) reason(ctx context.Context, failure error) error {
	var response *smithyhttp.ResponseError
	if !errors.As(failure, &response) {
		return failure
	}
	meant, status := traits().Sentinel(d, failure), response.HTTPStatusCode()
	switch {
	case errors.Is(meant, fs.ErrNotExist):
		if unproven := d.prove(ctx, looksLikeS3(response.Response.Header)); unproven != nil {
			return unproven
		}
	case status == http.StatusForbidden, status == http.StatusBadRequest && !errors.Is(meant, blob.ErrWrongRegion):
		_, reason := d.List(ctx, blob.Query{Max: 1})
		meant = traits().Sentinel(d, reason)
		if errors.Is(meant, blob.ErrCredentials) || errors.Is(meant, blob.ErrWrongRegion) || errors.Is(meant, blob.ErrNotAStore) {
			return reason
		}
	}
	return failure
}

// prove doubts an answer that carries no sign of S3, unless the endpoint has given a listing before.
func (d *driver) prove(ctx context.Context, signed bool) error {
	if signed || d.proven.Load() {
		return nil
	}
	_, err := d.List(ctx, blob.Query{Max: 1})
	var refused *wire.RefusalError
	switch {
	case err == nil:
		d.proven.Store(true)
	case errors.As(d.Describe(&blob.Error{}, err), &refused) && refused.Code != "" && refused.Code != "NoSuchBucket":
		return nil // a refusal in S3's words is an answer of a store too
	}
	return err
}

// infoOf has a size of less than 0 where the answer has none.
func infoOf(key string, size *int64, etag, versionID *string, modified *time.Time, contentType *string, metadata map[string]string) blob.Info {
	if size == nil {
		size = aws.Int64(-1)
	}
	return blob.Info{
		Key: key, Size: *size, ETag: unquote(etag), VersionID: version(versionID), ModTime: utc(modified),
		Attrs: blob.ParseMetadata(aws.ToString(contentType), metadata),
	}
}

// Get sends one GetObject.
func (d *driver) Get(ctx context.Context, key string, r objectstore.Range, ifMatch string) (objectstore.Response, error) {
	out, err := d.client.GetObject(ctx, &s3.GetObjectInput{Bucket: &d.bucket, Key: &key, IfMatch: quote(ifMatch), Range: optional(r.Header())})
	if err != nil {
		return objectstore.Response{}, err
	}
	if err := d.prove(ctx, out.ResultMetadata.Has(saysS3{})); err != nil {
		out.Body.Close()
		return objectstore.Response{}, err
	}
	return objectstore.Response{
		Info: infoOf(key, out.ContentLength, out.ETag, out.VersionId, out.LastModified, out.ContentType, out.Metadata),
		Body: out.Body, ContentRange: aws.ToString(out.ContentRange),
	}, nil
}

// StoredHash sends one HeadObject that asks for the checksums which S3 took itself, and none to a store that is to be spared them.
// Whatever stands in the way (the caller may lack kms:Decrypt, which is needed for this alone) is no failure but a hash that is not known.
func (s *Store) StoredHash(ctx context.Context, info blob.Info) (*blob.Hash, error) {
	d, err := s.lazy.Get(ctx)
	if err == nil && d.checksums {
		in := &s3.HeadObjectInput{Bucket: &d.bucket, Key: &info.Key, ChecksumMode: types.ChecksumModeEnabled}
		if out, err := d.client.HeadObject(ctx, in); err == nil && unquote(out.ETag) == info.ETag {
			return wholeSHA256(out), nil
		}
	}
	return nil, s.Fail("HeadObject", info.Key, ctx.Err())
}

// wholeSHA256 is a checksum over all bytes; nil for none, and for the checksum of the parts' checksums, which S3 marks by "-" and their
// count (User Guide, "Checking object integrity").
func wholeSHA256(out *s3.HeadObjectOutput) *blob.Hash {
	byParts := out.ChecksumType == "" && strings.Contains(unquote(out.ETag), "-")
	sum, err := base64.StdEncoding.DecodeString(aws.ToString(out.ChecksumSHA256))
	if err != nil || len(sum) != len(blob.Hash{}) || byParts || out.ChecksumType != "" && out.ChecksumType != types.ChecksumTypeFullObject {
		return nil
	}
	return (*blob.Hash)(sum)
}

// Delete sends one DeleteObject.
func (d *driver) Delete(ctx context.Context, key, versionID string, guard objectstore.Guard) error {
	in := &s3.DeleteObjectInput{Bucket: &d.bucket, Key: &key, VersionId: optional(versionID), IfMatch: quote(guard.IfMatch)}
	_, err := d.client.DeleteObject(ctx, in, looking(guard))
	return err
}

// maxKeys is the most that S3 lists in one page.
const maxKeys = 1000

// List sends one ListObjectsV2.
func (d *driver) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	in := &s3.ListObjectsV2Input{
		Bucket: &d.bucket, MaxKeys: aws.Int32(maxKeys), EncodingType: types.EncodingTypeUrl,
		Prefix: optional(q.Prefix), Delimiter: optional(q.Delimiter), ContinuationToken: optional(q.Token),
	}
	if q.Max > 0 && q.Max < maxKeys {
		in.MaxKeys = aws.Int32(int32(q.Max))
	}
	out, err := d.client.ListObjectsV2(ctx, in)
	if err != nil {
		return blob.Page{}, err
	}
	names := wire.Names{Encoded: out.EncodingType == types.EncodingTypeUrl}
	page := blob.Page{Next: aws.ToString(out.NextContinuationToken)}
	for _, object := range out.Contents {
		page.Infos = append(page.Infos, blob.Info{
			Key: names.Decode(aws.ToString(object.Key)), Size: aws.ToInt64(object.Size), ETag: unquote(object.ETag), ModTime: utc(object.LastModified),
		})
	}
	for _, common := range out.CommonPrefixes {
		page.Prefixes = append(page.Prefixes, names.Decode(aws.ToString(common.Prefix)))
	}
	switch {
	case !aws.ToBool(out.IsTruncated):
		page.Next = ""
	case page.Next == "":
		return blob.Page{}, wire.Strange("the listing is cut off, and does not tell how it goes on")
	}
	return page, names.Err
}

// optional is nil for what is not to be sent.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// unquote takes the quotes from an ETag.
func unquote(etag *string) string { return wire.Unquote(aws.ToString(etag)) }

// quote puts them back; nil for no ETag.
func quote(etag string) *string { return optional(wire.Quote(etag)) }

// version: a bucket whose versioning is suspended, or was never on, says "null".
func version(id *string) string {
	if v := aws.ToString(id); v != "null" {
		return v
	}
	return ""
}

func utc(t *time.Time) time.Time { return aws.ToTime(t).UTC() }
