package s3blob

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// ListUploads sends one ListMultipartUploads.
func (d *driver) ListUploads(ctx context.Context, prefix string, after objectstore.Marker) (objectstore.UploadPage, error) {
	out, err := d.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{
		Bucket: &d.bucket, Prefix: &prefix, MaxUploads: aws.Int32(maxKeys), EncodingType: types.EncodingTypeUrl,
		KeyMarker: optional(after.Key), UploadIdMarker: optional(after.ID),
	}, once)
	if err != nil {
		return objectstore.UploadPage{}, err
	}
	names := wire.Names{Encoded: out.EncodingType == types.EncodingTypeUrl}
	var page objectstore.UploadPage
	page.Now, _ = awsmiddleware.GetServerTime(out.ResultMetadata) // the header Date
	for _, upload := range out.Uploads {
		page.Uploads = append(page.Uploads, objectstore.KeyedUpload{
			Key: names.Decode(aws.ToString(upload.Key)), OpenUpload: blob.OpenUpload{ID: aws.ToString(upload.UploadId), Begun: utc(upload.Initiated)},
		})
	}
	if aws.ToBool(out.IsTruncated) {
		page.Next = objectstore.Marker{Key: names.Decode(aws.ToString(out.NextKeyMarker)), ID: aws.ToString(out.NextUploadIdMarker)}
	}
	return page, nil // a name that is not encoded as announced is none that anybody looks for
}
