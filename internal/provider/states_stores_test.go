package provider_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/pkg/xattr"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// stateStore is a new server or directory, in which worlds are made and looked at past the provider. Its base URI is the same each time but for
// what has a placeholder.
type stateStore interface {
	environment() []string // of Terraform
	// own is what a state has of this store alone, and the placeholder for it in a recording.
	own() (placeholder, text string)
	// requests are the operations since the last time; none of a directory.
	requests() []string

	makeBucket(t *testing.T, name string, bucket worldBucket)
	put(t *testing.T, object worldObject)
	buckets(t *testing.T) []string
	bucket(t *testing.T, name string) worldBucket
	objects(t *testing.T, bucket string) []worldObject // keys without the bucket
}

var stateStores = map[string]func(t *testing.T) stateStore{
	"file": func(t *testing.T) stateStore { t.Helper(); return stateDirectory{t.TempDir()} },
	"s3": func(t *testing.T) stateStore {
		t.Helper()
		server := versitygw.Start(t, versitygw.Options{})
		return stateS3{server, acceleratefake.Start(t, server.Endpoint)}
	},
	"oss": func(t *testing.T) stateStore {
		t.Helper()
		return stateOSS{ossfake.Start(t, ossfake.Options{})}
	},
}

// stateDirectory has its buckets as directories. ETags are not compared: they have the inode and the change time in them, which nobody can set.
type stateDirectory struct{ path string }

const (
	directoryPlaceholder  = "{{directory}}"
	acceleratePlaceholder = "{{accelerate_endpoint}}"
	flinkAttribute        = "user.flink"
)

func (s stateDirectory) environment() []string {
	return []string{"TF_VAR_base_uri=file://" + s.path + "/acme-flink/vvp"}
}

func (s stateDirectory) own() (placeholder, text string) { return directoryPlaceholder, s.path }

func (stateDirectory) requests() []string { return nil }

func (s stateDirectory) makeBucket(t *testing.T, name string, _ worldBucket) {
	t.Helper()
	if err := os.Mkdir(filepath.Join(s.path, name), 0o755); err != nil {
		t.Fatal(err)
	}
}

func (s stateDirectory) put(t *testing.T, object worldObject) {
	t.Helper()
	name := filepath.Join(s.path, object.Key)
	if strings.HasSuffix(object.Key, "/") {
		if err := os.MkdirAll(name, 0o755); err != nil {
			t.Fatal(err)
		}
		return
	}
	writeFile(t, name, string(object.Body))
	if object.Attribute != "" {
		if err := xattr.Set(name, flinkAttribute, []byte(object.Attribute)); err != nil {
			t.Fatal(err)
		}
	}
	if object.Modified != nil {
		if err := os.Chtimes(name, time.Time{}, *object.Modified); err != nil {
			t.Fatal(err)
		}
	}
}

func (s stateDirectory) buckets(t *testing.T) []string {
	t.Helper()
	entries, err := os.ReadDir(s.path)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func (stateDirectory) bucket(*testing.T, string) worldBucket { return worldBucket{} }

func (s stateDirectory) objects(t *testing.T, bucket string) []worldObject {
	t.Helper()
	top := filepath.Join(s.path, bucket)
	var objects []worldObject
	err := filepath.WalkDir(top, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == top {
			return err
		}
		relative, err := filepath.Rel(top, name)
		if err != nil {
			return err
		}
		object := worldObject{Key: filepath.ToSlash(relative)}
		if entry.IsDir() {
			object.Key += "/"
			objects = append(objects, object)
			return nil
		}
		found, err := entry.Info()
		if err != nil {
			return err
		}
		object.Modified = new(found.ModTime().UTC())
		if object.Body, err = os.ReadFile(name); err != nil {
			return err
		}
		attribute, err := xattr.Get(name, flinkAttribute)
		if err != nil && !errors.Is(err, xattr.ENOATTR) {
			return err
		}
		object.Attribute = string(attribute)
		objects = append(objects, object)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

// stateS3 is versitygw behind the fake of S3's acceleration.
type stateS3 struct {
	server *versitygw.Server
	fake   *acceleratefake.Fake
}

func (s stateS3) environment() []string {
	return []string{
		"TF_VAR_base_uri=s3://acme-flink/vvp", "TF_VAR_accelerate_endpoint=" + s.fake.AccelerateURL,
		"AWS_ENDPOINT_URL_S3=" + s.fake.URL, "AWS_REGION=" + versitygw.Region,
		"AWS_ACCESS_KEY_ID=" + s.server.AccessKey, "AWS_SECRET_ACCESS_KEY=" + s.server.SecretKey,
	}
}

func (s stateS3) own() (placeholder, text string) { return acceleratePlaceholder, s.fake.AccelerateURL }

// requests are called by S3's names of what the provider sends.
func (s stateS3) requests() []string {
	var operations []string
	for _, request := range s.fake.Requests() {
		verb, what := "Get", "Object"
		switch request.Method {
		case http.MethodHead:
			verb = "Head"
		case http.MethodPut, http.MethodPost, http.MethodDelete:
			verb = request.Method
		}
		if bucket, key, _ := strings.Cut(strings.TrimPrefix(request.Path, "/"), "/"); bucket == "" || key == "" {
			what = "Bucket"
		}
		if request.Query.Has("list-type") {
			verb, what = "List", "ObjectsV2"
		}
		operations = append(operations, verb+what)
	}
	s.fake.Take()
	return operations
}

func (s stateS3) makeBucket(t *testing.T, name string, bucket worldBucket) {
	t.Helper()
	if _, err := s.server.Client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatal(err)
	}
	var rules []types.CORSRule
	for _, rule := range bucket.CORS {
		wanted := types.CORSRule{AllowedOrigins: rule.Origins, AllowedMethods: rule.Methods, AllowedHeaders: rule.Headers, ExposeHeaders: rule.Expose}
		if rule.ID != "" {
			wanted.ID = &rule.ID
		}
		if rule.MaxAge != nil {
			wanted.MaxAgeSeconds = aws.Int32(int32(*rule.MaxAge))
		}
		rules = append(rules, wanted)
	}
	if len(rules) > 0 {
		corsBucket{s.server.Client(), name}.set(t, rules...)
	}
	if bucket.Acceleration != "" {
		s.fake.Set(name, map[string]string{off: acceleratefake.Suspended, on: acceleratefake.Enabled}[bucket.Acceleration])
	}
}

func (s stateS3) put(t *testing.T, object worldObject) {
	t.Helper()
	bucket, key, _ := strings.Cut(object.Key, "/")
	client := s.server.Client()
	if !object.inParts() {
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: &bucket, Key: &key, Body: bytes.NewReader(object.Body), Metadata: object.Metadata, ContentType: object.contentType(),
		}); err != nil {
			t.Fatal(err)
		}
	} else {
		begun, err := client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &bucket, Key: &key, Metadata: object.Metadata, ContentType: object.contentType()})
		if err != nil {
			t.Fatal(err)
		}
		part, err := client.UploadPart(t.Context(), &s3.UploadPartInput{Bucket: &bucket, Key: &key, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: bytes.NewReader(object.Body)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: &bucket, Key: &key, UploadId: begun.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1), ChecksumCRC32: part.ChecksumCRC32}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if object.Modified != nil {
		s.server.SetModified(t, bucket, key, *object.Modified)
	}
}

func (s stateS3) buckets(t *testing.T) []string {
	t.Helper()
	listed, err := s.server.Client().ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, bucket := range listed.Buckets {
		names = append(names, *bucket.Name)
	}
	return names
}

func (s stateS3) bucket(t *testing.T, name string) worldBucket {
	t.Helper()
	found := worldBucket{Acceleration: map[string]string{acceleratefake.Suspended: off, acceleratefake.Enabled: on}[s.fake.Status(name)]}
	for _, rule := range (corsBucket{s.server.Client(), name}).rules(t) {
		one := worldRule{ID: aws.ToString(rule.ID), Origins: rule.AllowedOrigins, Methods: rule.AllowedMethods, Headers: rule.AllowedHeaders, Expose: rule.ExposeHeaders}
		if rule.MaxAgeSeconds != nil {
			one.MaxAge = new(int(*rule.MaxAgeSeconds))
		}
		found.CORS = append(found.CORS, one)
	}
	return found
}

func (s stateS3) objects(t *testing.T, bucket string) []worldObject {
	t.Helper()
	listed, err := s.server.Client().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	if open := s.server.OpenUploads(t, bucket); len(open) > 0 || aws.ToBool(listed.IsTruncated) {
		t.Fatalf("%s has %d objects or more, and these uploads were not ended: %q", bucket, len(listed.Contents), open)
	}
	var objects []worldObject
	for _, entry := range listed.Contents {
		out, err := s.server.Client().GetObject(t.Context(), &s3.GetObjectInput{Bucket: &bucket, Key: entry.Key})
		if err != nil {
			t.Fatal(err)
		}
		object := worldObject{Key: *entry.Key, ETag: *out.ETag, ContentType: aws.ToString(out.ContentType), Metadata: out.Metadata, Modified: new(out.LastModified.UTC())}
		if object.Body, err = io.ReadAll(out.Body); err != nil {
			t.Fatal(err)
		}
		out.Body.Close()
		objects = append(objects, object)
	}
	return objects
}

// stateOSS is the fake of OSS.
type stateOSS struct{ server *ossfake.Server }

func (s stateOSS) environment() []string {
	return []string{
		"TF_VAR_base_uri=oss://acme-flink/vvp", "TF_VAR_endpoint=" + s.server.Endpoint, "TF_VAR_accelerate_endpoint=" + s.server.AccelerateEndpoint,
		"ALIBABA_CLOUD_ACCESS_KEY_ID=" + s.server.AccessKey, "ALIBABA_CLOUD_ACCESS_KEY_SECRET=" + s.server.SecretKey,
	}
}

func (s stateOSS) own() (placeholder, text string) {
	return acceleratePlaceholder, s.server.AccelerateEndpoint
}

func (s stateOSS) requests() []string {
	names := operations(s.server)
	s.server.ClearRequests()
	return names
}

// named is a bucket as another program sees it.
func (s stateOSS) named(name string) ossBucket {
	_, bucket := inNamedOSSBucket(s.server, name)
	return bucket
}

func (s stateOSS) makeBucket(t *testing.T, name string, bucket worldBucket) {
	t.Helper()
	s.server.CreateBucketNamed(name, ossfake.BucketOptions{})
	var config oss.CORSConfiguration
	for _, rule := range bucket.CORS {
		wanted := oss.CORSRule{AllowedOrigins: rule.Origins, AllowedMethods: rule.Methods, AllowedHeaders: rule.Headers, ExposeHeaders: rule.Expose}
		if rule.MaxAge != nil {
			wanted.MaxAgeSeconds = oss.Ptr(int64(*rule.MaxAge))
		}
		config.CORSRules = append(config.CORSRules, wanted)
	}
	if len(config.CORSRules) > 0 {
		s.named(name).setCORS(t, config)
	}
	if bucket.Acceleration != "" {
		s.named(name).setAcceleration(t, bucket.Acceleration)
	}
}

func (s stateOSS) put(t *testing.T, object worldObject) {
	t.Helper()
	bucket, key, _ := strings.Cut(object.Key, "/")
	client := s.named(bucket).client
	if !object.inParts() {
		if _, err := client.PutObject(t.Context(), &oss.PutObjectRequest{
			Bucket: &bucket, Key: &key, Body: bytes.NewReader(object.Body), Metadata: object.Metadata, ContentType: object.contentType(),
		}); err != nil {
			t.Fatal(err)
		}
	} else {
		begun, err := client.InitiateMultipartUpload(t.Context(), &oss.InitiateMultipartUploadRequest{Bucket: &bucket, Key: &key, Metadata: object.Metadata, ContentType: object.contentType()})
		if err != nil {
			t.Fatal(err)
		}
		part, err := client.UploadPart(t.Context(), &oss.UploadPartRequest{Bucket: &bucket, Key: &key, UploadId: begun.UploadId, PartNumber: 1, Body: bytes.NewReader(object.Body)})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.CompleteMultipartUpload(t.Context(), &oss.CompleteMultipartUploadRequest{
			Bucket: &bucket, Key: &key, UploadId: begun.UploadId,
			CompleteMultipartUpload: &oss.CompleteMultipartUpload{Parts: []oss.UploadPart{{ETag: part.ETag, PartNumber: 1}}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	if object.Modified != nil {
		s.server.SetModified(bucket, key, *object.Modified)
	}
}

func (s stateOSS) buckets(t *testing.T) []string {
	t.Helper()
	listed, err := s.named("").client.ListBuckets(t.Context(), &oss.ListBucketsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, bucket := range listed.Buckets {
		names = append(names, *bucket.Name)
	}
	return names
}

func (s stateOSS) bucket(t *testing.T, name string) worldBucket {
	t.Helper()
	var found worldBucket
	bucket := s.named(name)
	if status := bucket.acceleration(t); status != never {
		found.Acceleration = status
	}
	config := bucket.cors(t)
	if config == nil {
		return found
	}
	for _, rule := range config.CORSRules {
		one := worldRule{Origins: rule.AllowedOrigins, Methods: rule.AllowedMethods, Headers: rule.AllowedHeaders, Expose: rule.ExposeHeaders}
		if rule.MaxAgeSeconds != nil {
			one.MaxAge = new(int(*rule.MaxAgeSeconds))
		}
		found.CORS = append(found.CORS, one)
	}
	return found
}

func (s stateOSS) objects(t *testing.T, bucket string) []worldObject {
	t.Helper()
	if open := s.server.OpenUploads(bucket); len(open) > 0 {
		t.Fatalf("in %s these uploads were not ended: %q", bucket, open)
	}
	var objects []worldObject
	for _, found := range s.server.Objects(bucket) {
		object := worldObject{Key: found.Key, Body: slices.Clone(found.Data), ETag: found.ETag, ContentType: found.Header.Get("Content-Type"), Metadata: map[string]string{}, Modified: new(found.LastModified.UTC())}
		for name := range found.Header {
			if key, ok := strings.CutPrefix(name, "X-Oss-Meta-"); ok {
				object.Metadata[strings.ToLower(key)] = found.Header.Get(name)
			}
		}
		objects = append(objects, object)
	}
	return objects
}
