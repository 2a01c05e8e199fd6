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
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
)

// s3Server is a real S3 server for many lifecycles. Before it are a fake of the one call that it does not have, and a proxy for each of its endpoints.
type s3Server struct {
	*versitygw.Server
	fake  *acceleratefake.Fake
	proxy *faultproxy.Proxy
	fast  *faultproxy.Proxy // of the accelerated endpoint, which meets no fault
	of    tftypes.Type      // of the s3 block
}

func startS3(t *testing.T, s served) s3Server {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	fake := acceleratefake.Start(t, server.Endpoint)
	return s3Server{
		server, fake, finishing(t, fake.URL), finishing(t, fake.AccelerateURL), s.schema.Provider.ValueType().(tftypes.Object).AttributeTypes["s3"],
	}
}

// s3Bucket is a world in a bucket of its own.
type s3Bucket struct {
	s3Server
	bucketName string
}

func bucketName() string { return "test-" + strings.ToLower(rand.Text()) }

func (s s3Server) bucket(t fatal) *s3Bucket {
	t.Helper()
	name := bucketName()
	if _, err := s.Client().CreateBucket(context.Background(), &s3.CreateBucketInput{Bucket: &name}); err != nil {
		t.Fatalf("a bucket: %v", err)
	}
	return &s3Bucket{s, name}
}

func (b *s3Bucket) end() {
	b.proxy.Clear()
	b.fast.Clear()
	b.fake.Take()
}

func (*s3Bucket) name() string { return "s3" }

func (b *s3Bucket) provider() map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"base_uri": str(b.bases("a")[0]), "digest_cache": boolean(false),
		"s3": withNulls(b.of, map[string]tftypes.Value{
			"endpoint": str(b.proxy.URL), "region": str(versitygw.Region), "access_key": str(b.AccessKey), "secret_key": str(b.SecretKey),
			"accelerate_endpoint": str(b.fast.URL),
		}),
	}
}

func (b *s3Bucket) bases(prefix string) []string {
	base := b.bucketName + "/" + prefix
	return []string{"s3://" + base, "s3://" + base + "/", "s3a://" + base, "s3i://" + base}
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

func (*s3Bucket) harms() []string { return httpHarms }

func (b *s3Bucket) harm(kind string, n int) (context.Context, func()) {
	return harmHTTP(b.proxy, b.settle, kind, n)
}

func (b *s3Bucket) settle() { settle(b.proxy, b.fast) }

func (b *s3Bucket) remote(path string) string { return "s3://" + b.bucketName + "/" + path }

// faults are those of the proxy that a request in the middle of an apply meets.
var faults = map[string]faultproxy.Fault{
	"answer lost": faultproxy.LoseAnswer, "reset": faultproxy.Reset, "500": faultproxy.Refuse500, "503": faultproxy.Refuse503, "denied": faultproxy.Deny403,
	"answer cut": faultproxy.TruncateBody,
}

var httpHarms = []string{"cancelled", "cancelled", "answer lost", "answer lost", "reset", "500", "503", "denied", "answer cut"}

// finishing is a proxy that has the server do what was cancelled on its way, so that somebody knows when it is done.
func finishing(t *testing.T, target string) *faultproxy.Proxy {
	t.Helper()
	proxy := faultproxy.Start(t, target, "")
	proxy.Finishes = true
	return proxy
}

// lateness is how much later a proxy of this process may get what was cancelled on its way. How long the server has it then is not to be told by time: it is
// a process of its own, on a machine that may be busy.
const lateness = 300 * time.Millisecond

// settle waits until what was cancelled on its way is done. The model looks again then.
func settle(proxies ...*faultproxy.Proxy) {
	time.Sleep(lateness)
	for _, proxy := range proxies {
		proxy.Quiet()
	}
}

// harmHTTP lets the n-th request meet a fault, or be cancelled. A create has three requests or so.
func harmHTTP(proxy *faultproxy.Proxy, settle func(), kind string, n int) (context.Context, func()) {
	if kind == "cancelled" {
		ctx := newCountdown(n * 5)
		return ctx, func() {
			ctx.cancel()
			settle()
		}
	}
	proxy.Clear()
	proxy.Inject(faultproxy.Match{}, faults[kind], (n+2)/3, 1)
	return context.Background(), proxy.Clear
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
