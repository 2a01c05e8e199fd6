package s3blob

import (
	"context"
	"fmt"
	"net/http"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Presign sends nothing.
// S3 takes at most 7 days, and no more than the session that signs has left.
func (s *Store) Presign(ctx context.Context, method, key string, ttl time.Duration) (string, error) {
	d, err := s.lazy.Get(ctx)
	if err != nil {
		return "", s.Fail("Presign"+method, key, err)
	}
	client := s3.NewPresignClient(d.client, s3.WithPresignExpires(ttl))
	var request *v4.PresignedHTTPRequest
	switch method {
	case http.MethodGet:
		request, err = client.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &d.bucket, Key: &key})
	case http.MethodHead:
		request, err = client.PresignHeadObject(ctx, &s3.HeadObjectInput{Bucket: &d.bucket, Key: &key})
	case http.MethodPut:
		request, err = client.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &d.bucket, Key: &key})
	case http.MethodDelete:
		request, err = client.PresignDeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &d.bucket, Key: &key})
	default:
		return "", fmt.Errorf("a URL cannot be signed for the method %q", method)
	}
	if err != nil {
		return "", s.Fail("Presign"+method, key, err)
	}
	return request.URL, nil
}
