package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Head sends one HeadObject.
// An answer that might come from something else than a store costs a listing, once; so does a refusal, as a HEAD carries no reason.
func (d *driver) Head(ctx context.Context, key string) (objectstore.Found, error) {
	out, err := d.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.bucket, Key: &key})
	if err == nil {
		info := infoOf(key, out.ETag, out.VersionId, out.LastModified, out.ContentType, out.Metadata)
		info.Size = length(out.ContentLength)
		return objectstore.Found{Info: info, Raw: out}, d.prove(ctx, out.ResultMetadata)
	}
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return objectstore.Found{}, err
	}
	failure := traits().Sentinel(d, err)
	switch status := response.HTTPStatusCode(); {
	case errors.Is(failure, fs.ErrNotExist) && !looksLikeS3(response.Response.Header):
		if unproven := d.proveByListing(ctx); unproven != nil {
			return objectstore.Found{}, unproven
		}
	case status == http.StatusForbidden, status == http.StatusBadRequest && !errors.Is(failure, blob.ErrWrongRegion):
		reason := d.listOne(ctx)
		meant := traits().Sentinel(d, reason)
		if errors.Is(meant, blob.ErrCredentials) || errors.Is(meant, blob.ErrWrongRegion) || errors.Is(meant, blob.ErrNotAStore) {
			return objectstore.Found{}, reason
		}
	}
	return objectstore.Found{}, err
}

// prove doubts an answer that carries no sign of S3, unless the endpoint has given one before.
func (d *driver) prove(ctx context.Context, metadata middleware.Metadata) error {
	if signed, _ := metadata.Get(saysS3{}).(bool); signed {
		return nil
	}
	return d.proveByListing(ctx)
}

func (d *driver) proveByListing(ctx context.Context) error {
	if d.proven.Load() {
		return nil
	}
	err := d.listOne(ctx)
	var refused *wire.RefusalError
	switch {
	case err == nil:
		d.proven.Store(true)
		return nil
	case errors.As(d.Describe(&blob.Error{}, err), &refused) && refused.Code != "" && !errors.Is(refused.Meaning.Err, blob.ErrNoBucket):
		return nil // a refusal in S3's words is an answer of a store too
	}
	return err
}

func (d *driver) listOne(ctx context.Context) error {
	_, err := d.List(ctx, blob.Query{Max: 1})
	return err
}

func infoOf(key string, etag, versionID *string, modified *time.Time, contentType *string, metadata map[string]string) blob.Info {
	return blob.Info{
		Key:       key,
		ETag:      unquote(etag),
		VersionID: version(versionID),
		ModTime:   utc(modified),
		Attrs:     blob.ParseMetadata(aws.ToString(contentType), metadata),
	}
}

// length is less than 0 where the answer has none.
func length(announced *int64) int64 {
	if announced == nil {
		return -1
	}
	return *announced
}

// Get sends one GetObject.
func (d *driver) Get(ctx context.Context, key string, r objectstore.Range, ifMatch string) (objectstore.Response, error) {
	in := &s3.GetObjectInput{Bucket: &d.bucket, Key: &key, IfMatch: quote(ifMatch)}
	switch {
	case r.Length > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-%d", r.First, r.First+r.Length-1))
	case r.First > 0:
		in.Range = aws.String(fmt.Sprintf("bytes=%d-", r.First))
	}
	out, err := d.client.GetObject(ctx, in)
	if err != nil {
		return objectstore.Response{}, err
	}
	if err := d.prove(ctx, out.ResultMetadata); err != nil {
		out.Body.Close()
		return objectstore.Response{}, err
	}
	return objectstore.Response{
		Info: infoOf(key, out.ETag, out.VersionId, out.LastModified, out.ContentType, out.Metadata),
		Body: out.Body, Length: length(out.ContentLength), ContentRange: aws.ToString(out.ContentRange),
	}, nil
}

// Delete sends one DeleteObject.
func (d *driver) Delete(ctx context.Context, key, versionID string, guard objectstore.Guard) error {
	_, err := d.client.DeleteObject(ctx, &s3.DeleteObjectInput{
		Bucket: &d.bucket, Key: &key, VersionId: optional(versionID), IfMatch: quote(guard.IfMatch),
	}, looking(guard))
	return err
}

// maxKeys is the most that S3 lists in one page.
const maxKeys = 1000

// List sends one ListObjectsV2.
func (d *driver) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	in := &s3.ListObjectsV2Input{
		Bucket:  &d.bucket,
		MaxKeys: aws.Int32(maxKeys),
		// XML cannot hold every key.
		EncodingType:      types.EncodingTypeUrl,
		Prefix:            optional(q.Prefix),
		Delimiter:         optional(q.Delimiter),
		ContinuationToken: optional(q.Token),
	}
	if q.Max > 0 && q.Max < maxKeys {
		in.MaxKeys = aws.Int32(int32(q.Max))
	}
	out, err := d.client.ListObjectsV2(ctx, in)
	if err != nil {
		return blob.Page{}, err
	}
	decode := decoder(out.EncodingType)
	var page blob.Page
	for _, object := range out.Contents {
		key, err := decode(object.Key)
		if err != nil {
			return blob.Page{}, wire.Strange("a key is not encoded as announced: %s", err)
		}
		page.Infos = append(page.Infos, blob.Info{
			Key: key, Size: aws.ToInt64(object.Size), ETag: unquote(object.ETag), ModTime: utc(object.LastModified),
		})
	}
	for _, common := range out.CommonPrefixes {
		prefix, err := decode(common.Prefix)
		if err != nil {
			return blob.Page{}, wire.Strange("a prefix is not encoded as announced: %s", err)
		}
		page.Prefixes = append(page.Prefixes, prefix)
	}
	if aws.ToBool(out.IsTruncated) {
		page.Next = aws.ToString(out.NextContinuationToken)
		if page.Next == "" {
			return blob.Page{}, wire.Strange("the listing is cut off, and does not tell how it goes on")
		}
	}
	return page, nil
}

// decoder reads keys as the answer says that they are encoded, which not every store does.
func decoder(encoding types.EncodingType) func(*string) (string, error) {
	if encoding == types.EncodingTypeUrl {
		return func(text *string) (string, error) { return url.QueryUnescape(aws.ToString(text)) }
	}
	return func(text *string) (string, error) { return aws.ToString(text), nil }
}

// optional is nil for what is not to be sent.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// unquote takes the quotes from an ETag.
func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

// quote puts them back; nil for no ETag.
func quote(etag string) *string {
	if etag == "" {
		return nil
	}
	return aws.String(`"` + etag + `"`)
}

// version: a bucket whose versioning is suspended, or was never on, says "null".
func version(id *string) string {
	if v := aws.ToString(id); v != "null" {
		return v
	}
	return ""
}

func utc(t *time.Time) time.Time { return aws.ToTime(t).UTC() }
