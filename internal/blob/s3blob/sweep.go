package s3blob

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ledger"
)

// uploadPages bounds how many pages of open uploads are asked for. Nobody has as many of one key.
const uploadPages = 5

// place is how the ledger knows a key. On AWS a bucket's name is one of a partition, to which the region belongs.
func (s *Store) place(conn *connection, key string) ledger.Place {
	return ledger.Place{Endpoint: cmp.Or(conn.endpoint, "aws "+conn.region), Bucket: s.bucket, Key: key}
}

// sweep throws away what earlier writes of the key left.
func (s *Store) sweep(ctx context.Context, conn *connection, key string, byParts bool) {
	s.config.Ledger.Sweep(ctx, s, s.place(conn, key), byParts && !s.unlisted.Load())
}

// OpenUploads sends one ListMultipartUploads, and more only while all uploads of a page are the key's. They come in the order of keys, and the
// key itself is before those that it begins.
func (s *Store) OpenUploads(ctx context.Context, key string) (blob.OpenUploads, error) {
	const operation = "ListMultipartUploads"
	conn, err := s.connect(ctx)
	if err != nil {
		return blob.OpenUploads{}, s.fail(operation, key, blob.Cond{}, err)
	}
	var open blob.OpenUploads
	in := &s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &key, MaxUploads: aws.Int32(maxKeys), EncodingType: types.EncodingTypeUrl}
	for range uploadPages {
		out, err := conn.client.ListMultipartUploads(ctx, in, once)
		if err != nil {
			err = s.fail(operation, key, blob.Cond{}, err)
			if isLasting(err) {
				s.unlisted.Store(true)
			}
			return blob.OpenUploads{}, err
		}
		if told, ok := awsmiddleware.GetServerTime(out.ResultMetadata); ok { // the header Date
			open.Now = told
		}
		more := aws.ToBool(out.IsTruncated) && (out.NextKeyMarker != nil || out.NextUploadIdMarker != nil)
		for _, upload := range out.Uploads {
			name := aws.ToString(upload.Key)
			if out.EncodingType == types.EncodingTypeUrl { // not every store does it
				if name, err = url.QueryUnescape(name); err != nil {
					continue
				}
			}
			if name != key {
				more = false
				continue
			}
			if id := aws.ToString(upload.UploadId); id != "" {
				open.Uploads = append(open.Uploads, blob.OpenUpload{ID: id, Begun: utc(upload.Initiated)})
			}
		}
		if !more {
			break
		}
		in.KeyMarker, in.UploadIdMarker = out.NextKeyMarker, out.NextUploadIdMarker
		if out.EncodingType == types.EncodingTypeUrl && in.KeyMarker != nil {
			if marker, err := url.QueryUnescape(*in.KeyMarker); err == nil {
				in.KeyMarker = &marker
			}
		}
	}
	if open.Now.IsZero() {
		open.Now = time.Now()
	}
	return open, nil
}

// isLasting: the next write would meet the same, or wait as long.
func isLasting(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, context.DeadlineExceeded)
}

// AbortUpload sends one AbortMultipartUpload.
func (s *Store) AbortUpload(ctx context.Context, key, id string) error {
	conn, err := s.connect(ctx)
	if err != nil {
		return s.fail("AbortMultipartUpload", key, blob.Cond{}, err)
	}
	return s.abort(ctx, conn, key, id, once)
}
