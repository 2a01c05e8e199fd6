// Package s3client looks behind a store under test, by the SDK alone.
// It is test support: nothing else imports it.
package s3client

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Region is that of every server.
const Region = "us-east-1"

// Peer is another client of a server, with the account that may do everything.
type Peer struct {
	client     *s3.Client
	versioning bool
}

// New returns the peer of a server, whose buckets keep versions if versioning is true.
func New(endpoint, accessKey, secretKey string, transport http.RoundTripper, versioning bool) Peer {
	return Peer{s3.New(s3.Options{
		Region: Region, BaseEndpoint: &endpoint, UsePathStyle: true,
		Credentials:                credentials.NewStaticCredentialsProvider(accessKey, secretKey, ""),
		HTTPClient:                 &http.Client{Transport: transport},
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired, // Ceph 16 stores the framing of others as bytes
	}), versioning}
}

// Client is the SDK's own.
func (p Peer) Client() *s3.Client { return p.client }

// CreateBucket makes a bucket with a name of its own, which keeps versions if the peer was made so.
func (p Peer) CreateBucket(t testing.TB) string {
	t.Helper()
	bucket := "test-" + strings.ToLower(rand.Text())
	if _, err := p.client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	if p.versioning {
		_, err := p.client.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{
			Bucket:                  &bucket,
			VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return bucket
}

// OpenUploads are the keys of the multipart uploads that were begun in a bucket and neither completed nor aborted.
func (p Peer) OpenUploads(t testing.TB, bucket string) []string {
	t.Helper()
	var keys []string
	// A clean-up calls this too, when the test's own context is over.
	uploads := s3.NewListMultipartUploadsPaginator(p.client, &s3.ListMultipartUploadsInput{Bucket: &bucket})
	for uploads.HasMorePages() {
		page, err := uploads.NextPage(context.WithoutCancel(t.Context()))
		if err != nil {
			t.Fatal(err)
		}
		for _, upload := range page.Uploads {
			keys = append(keys, aws.ToString(upload.Key))
		}
	}
	return keys
}

// Put writes an object by the SDK alone.
func (p Peer) Put(t testing.TB, bucket, key string, data []byte) {
	t.Helper()
	if _, err := p.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: bytes.NewReader(data)}); err != nil {
		t.Fatal(err)
	}
}

// Object is the bytes of an object, and whether it exists.
func (p Peer) Object(t testing.TB, bucket, key string) (data []byte, exists bool) {
	t.Helper()
	object, err := p.client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: &key})
	var missing *types.NoSuchKey
	if errors.As(err, &missing) {
		return nil, false
	}
	if err != nil {
		t.Fatal(err)
	}
	defer object.Body.Close()
	if data, err = io.ReadAll(object.Body); err != nil {
		t.Fatal(err)
	}
	return data, true
}

// Empty deletes all objects and open uploads of a bucket, also when the test's own context is over: many buckets would fill a disk.
func (p Peer) Empty(t testing.TB, bucket string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	objects, err := p.client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Error(err)
		return
	}
	for _, object := range objects.Contents {
		if _, err := p.client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &bucket, Key: object.Key}); err != nil {
			t.Error(err)
		}
	}
	uploads, err := p.client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		t.Error(err)
		return
	}
	for _, upload := range uploads.Uploads {
		in := &s3.AbortMultipartUploadInput{Bucket: &bucket, Key: upload.Key, UploadId: upload.UploadId}
		if _, err := p.client.AbortMultipartUpload(ctx, in); err != nil {
			t.Error(err)
		}
	}
}
