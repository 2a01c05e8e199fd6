package lifecycle_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
)

// s3Server is a real S3 server for many lifecycles. Before it are a fake of the one call that it does not have, and a proxy for each of its endpoints.
type s3Server struct {
	*versitygw.Server
	fake *acceleratefake.Fake
	front
}

func startS3(t *testing.T, s served) s3Server {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	fake := acceleratefake.Start(t, server.Endpoint)
	return s3Server{server, fake, newFront(t, s, fake.URL, fake.AccelerateURL, versitygw.Region, server.AccessKey, server.SecretKey, "s3", "s3a", "s3i")}
}

// s3Bucket is a world in a bucket of its own.
type s3Bucket struct{ s3Server }

func newBucketName() string { return "test-" + strings.ToLower(rand.Text()) }

func (s s3Server) bucket(t fatal) *s3Bucket {
	t.Helper()
	name := newBucketName()
	if _, err := s.Client().CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("a bucket: %v", err)
	}
	s.bucketName = name
	return &s3Bucket{s}
}

func (b *s3Bucket) end() {
	b.front.end()
	b.fake.Take()
}

func (b *s3Bucket) look() map[string]thing {
	things := map[string]thing{}
	pages := s3.NewListObjectsV2Paginator(b.Client(), &s3.ListObjectsV2Input{Bucket: &b.bucketName})
	for pages.HasMorePages() {
		page, err := pages.NextPage(context.Background())
		must(err)
		for _, listed := range page.Contents {
			things[*listed.Key] = b.get(*listed.Key)
		}
	}
	things[corsPath] = rulesThing(b.rules())
	things[accelerationPath] = switched(b.fake.Status(b.bucketName) == acceleratefake.Enabled)
	return things
}

func (b *s3Bucket) accelerate(on bool) {
	status := acceleratefake.Suspended
	if on {
		status = acceleratefake.Enabled
	}
	b.fake.Set(b.bucketName, status)
}

func (b *s3Bucket) get(path string) thing {
	o, err := b.Client().GetObject(context.Background(), &s3.GetObjectInput{Bucket: &b.bucketName, Key: &path})
	must(err)
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	must(err)
	return thing{data: string(data), tag: strings.Trim(aws.ToString(o.ETag), `"`), kind: aws.ToString(o.ContentType)}.withMetadata(o.Metadata)
}

func (b *s3Bucket) write(path string, data []byte, kind string, metadata map[string]string) {
	_, err := b.Client().PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: &b.bucketName, Key: &path, Body: bytes.NewReader(data), Metadata: metadata, ContentType: &kind,
	})
	must(err)
}

func (b *s3Bucket) put(path string, data []byte, metadata map[string]string) {
	b.write(path, data, "application/octet-stream", metadata)
}

func (b *s3Bucket) edit(path string, metadata map[string]string) {
	o := b.get(path)
	told := maps.Clone(metadata)
	if o.owner != "" {
		told[ownerKey], told[hashKey] = o.owner, sum(o.data)
	}
	b.write(path, []byte(o.data), o.kind, told)
}

func (b *s3Bucket) own(path, token string) {
	o := b.get(path)
	o.metadata[ownerKey] = token
	b.write(path, []byte(o.data), o.kind, o.metadata)
}

func (b *s3Bucket) remove(path string) {
	_, err := b.Client().DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &b.bucketName, Key: &path})
	must(err)
}

func (b *s3Bucket) leftovers() []string {
	out, err := b.Client().ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: &b.bucketName})
	must(err)
	var keys []string
	for _, upload := range out.Uploads {
		keys = append(keys, aws.ToString(upload.Key))
	}
	return keys
}

func (b *s3Bucket) rules() (rules []corsRule) {
	out, err := b.Client().GetBucketCors(context.Background(), &s3.GetBucketCorsInput{Bucket: &b.bucketName})
	var failure smithy.APIError
	if errors.As(err, &failure) && failure.ErrorCode() == "NoSuchCORSConfiguration" {
		return nil
	}
	must(err)
	for _, rule := range out.CORSRules {
		rules = append(rules, corsRule{
			aws.ToString(rule.ID), rule.AllowedOrigins, rule.AllowedMethods, rule.AllowedHeaders, rule.ExposeHeaders, int64(aws.ToInt32(rule.MaxAgeSeconds)),
		})
	}
	return rules
}

func (b *s3Bucket) allow(rules []corsRule) {
	config := &types.CORSConfiguration{}
	for _, rule := range rules {
		one := types.CORSRule{AllowedOrigins: rule.Origins, AllowedMethods: rule.Methods, AllowedHeaders: rule.Headers, ExposeHeaders: rule.Expose}
		if rule.ID != "" {
			one.ID = &rule.ID
		}
		if rule.Age > 0 {
			one.MaxAgeSeconds = aws.Int32(int32(rule.Age))
		}
		config.CORSRules = append(config.CORSRules, one)
	}
	var err error
	if len(rules) == 0 {
		_, err = b.Client().DeleteBucketCors(context.Background(), &s3.DeleteBucketCorsInput{Bucket: &b.bucketName})
	} else {
		_, err = b.Client().PutBucketCors(context.Background(), &s3.PutBucketCorsInput{Bucket: &b.bucketName, CORSConfiguration: config})
	}
	must(err)
}
