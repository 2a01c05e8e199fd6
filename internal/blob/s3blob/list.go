package s3blob

import (
	"context"
	"fmt"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// maxKeys is the most that S3 lists in one page.
const maxKeys = 1000

// List sends one ListObjectsV2.
func (s *Store) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	const operation = "ListObjectsV2"
	conn, err := s.connect(ctx)
	if err != nil {
		return blob.Page{}, s.fail(operation, q.Prefix, blob.Cond{}, err)
	}
	in := &s3.ListObjectsV2Input{
		Bucket:  &s.bucket,
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
	out, err := conn.client.ListObjectsV2(ctx, in)
	if err != nil {
		return blob.Page{}, s.fail(operation, q.Prefix, blob.Cond{}, err)
	}
	decode := func(text *string) (string, error) { return aws.ToString(text), nil }
	if out.EncodingType == types.EncodingTypeUrl { // not every store does it
		decode = func(text *string) (string, error) { return url.QueryUnescape(aws.ToString(text)) }
	}
	var page blob.Page
	for _, object := range out.Contents {
		key, err := decode(object.Key)
		if err != nil {
			return blob.Page{}, s.fail(operation, q.Prefix, blob.Cond{}, fmt.Errorf("a key is not encoded as announced: %w", err))
		}
		page.Infos = append(page.Infos, blob.Info{
			Key: key, Size: aws.ToInt64(object.Size), ETag: unquote(object.ETag), ModTime: utc(object.LastModified),
		})
	}
	for _, common := range out.CommonPrefixes {
		prefix, err := decode(common.Prefix)
		if err != nil {
			return blob.Page{}, s.fail(operation, q.Prefix, blob.Cond{}, fmt.Errorf("a prefix is not encoded as announced: %w", err))
		}
		page.Prefixes = append(page.Prefixes, prefix)
	}
	if aws.ToBool(out.IsTruncated) {
		page.Next = aws.ToString(out.NextContinuationToken)
		if page.Next == "" {
			return blob.Page{}, s.fail(operation, q.Prefix, blob.Cond{}, &rangeError{"the next page", "that there is more, and not how to get it"})
		}
	}
	if err := wire.CheckPage(q, page); err != nil {
		return blob.Page{}, s.fail(operation, q.Prefix, blob.Cond{}, &strangeAnswerError{err.Error()})
	}
	return page, nil
}

// optional is nil for what is not to be sent.
func optional(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
