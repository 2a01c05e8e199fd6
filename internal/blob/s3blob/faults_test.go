package s3blob

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultmatrix"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
)

// empty makes room: all cells together would fill a disk.
func empty(t *testing.T, server *versitygw.Server, bucket string) {
	ctx := context.WithoutCancel(t.Context())
	objects, err := server.Client().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Error(err)
		return
	}
	for _, object := range objects.Contents {
		if _, err := server.Client().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: object.Key}); err != nil {
			t.Error(err)
		}
	}
	uploads, err := server.Client().ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		t.Error(err)
		return
	}
	for _, upload := range uploads.Uploads {
		_, err := server.Client().AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestFaults(t *testing.T) {
	const copiedSize = 2000 // in one part, as others must have 5 MiB
	server := versitygw.Start(t, versitygw.Options{})
	front := acceleratefake.Start(t, server.Endpoint)
	open := func(t *testing.T, endpoint, bucket string, change func(*setup)) blob.Store {
		s := setup{configFor(server), objectstore.Tuning{CopyLimit: copiedSize - 1, CopyPart: smallestPart, LongestPause: time.Millisecond}}
		s.Endpoint, s.AccelerateEndpoint = endpoint, endpoint
		s.MaxRetries, s.Budget = aws.Int(1), multipart.NewBudgetOf(1, smallestPart)
		change(&s)
		return newStore(t, s.Config, bucket, s.Tuning)
	}
	faultmatrix.Run(t, faultmatrix.Backend{
		Server: server.Endpoint, Accelerated: front.URL, Fast: front.AccelerateURL,
		Open: func(t *testing.T, endpoint, bucket string, limits wire.Limits) blob.Store {
			return open(t, endpoint, bucket, func(s *setup) { s.Limits = limits })
		},
		Unanswered: map[string]faultmatrix.Unanswered{
			"no such host": {Says: "cannot be resolved", Open: func(t *testing.T, bucket string) blob.Store {
				return open(t, faultmatrix.NoSuchHost, bucket, func(s *setup) { s.Dial = faultmatrix.Unresolving() })
			}},
			"expired certificate": {Says: "has expired", Open: func(t *testing.T, bucket string) blob.Store {
				endpoint, caFile := faultmatrix.Expired(t)
				return open(t, endpoint, bucket, func(s *setup) { s.CABundle = caFile })
			}},
		},
		NewBucket: func(t *testing.T) string {
			bucket := server.CreateBucket(t)
			t.Cleanup(func() { empty(t, server, bucket) })
			return bucket
		},
		Read: func(t *testing.T, bucket, key string) ([]byte, bool) {
			object, err := server.Client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
			var missing *types.NoSuchKey
			if errors.As(err, &missing) {
				return nil, false
			}
			if err != nil {
				t.Fatal(err)
			}
			defer object.Body.Close()
			data, err := io.ReadAll(object.Body)
			if err != nil {
				t.Fatal(err)
			}
			return data, true
		},
		Leftovers:  func(t *testing.T, bucket string) []string { return server.OpenUploads(t, bucket) },
		LargeSize:  smallestPart + 1000,
		CopiedSize: copiedSize,
		Secrets:    []string{server.SecretKey},
		Unhealed: func(c faultmatrix.Cell) string {
			if c.Executes() && (c.Operation == "delete" && c.Request == "DELETE" || c.Operation == "attributes by parts" && c.Request == "POST uploadId") {
				return "the refusal of the repetition may be our own success: the caller looks"
			}
			return ""
		},
	})
}
