package lifecycle_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// ossServer is the fake of OSS with a proxy before each of its endpoints, for many lifecycles.
type ossServer struct {
	*ossfake.Server
	client *oss.Client
	front
}

func startOSS(t *testing.T, s served) ossServer {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{Unrecorded: true})
	return ossServer{
		server,
		oss.NewClient(oss.LoadDefaultConfig().WithRegion(server.Region).WithEndpoint(server.Endpoint).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey))),
		newFront(t, s, server.Endpoint, server.AccelerateEndpoint, server.Region, server.AccessKey, server.SecretKey, "oss"),
	}
}

// ossBucket is a world in a bucket of its own.
type ossBucket struct{ ossServer }

func (s ossServer) bucket(t fatal) *ossBucket {
	t.Helper()
	s.bucketName = newBucketName()
	s.CreateBucketNamed(s.bucketName, ossfake.BucketOptions{})
	return &ossBucket{s}
}

func (b *ossBucket) end() {
	b.front.end()
	b.CreateBucketNamed(b.bucketName, ossfake.BucketOptions{}) // which empties it
}

const ossMeta = "X-Oss-Meta-"

func (b *ossBucket) look() map[string]thing {
	things := map[string]thing{}
	for _, o := range b.Objects(b.bucketName) {
		metadata := map[string]string{}
		for name, values := range o.Header {
			if key, found := strings.CutPrefix(http.CanonicalHeaderKey(name), ossMeta); found {
				metadata[key] = values[0]
			}
		}
		things[o.Key] = thing{data: string(o.Data), tag: strings.Trim(o.ETag, `"`), kind: o.Header.Get("Content-Type")}.withMetadata(metadata)
	}
	info, err := b.client.GetBucketInfo(context.Background(), &oss.GetBucketInfoRequest{Bucket: &b.bucketName})
	must(err)
	things[corsPath] = rulesThing(b.rules())
	things[accelerationPath] = switched(oss.ToString(info.BucketInfo.TransferAcceleration) == "Enabled")
	return things
}

func (b *ossBucket) accelerate(on bool) {
	_, err := b.client.PutBucketTransferAcceleration(context.Background(), &oss.PutBucketTransferAccelerationRequest{
		Bucket: &b.bucketName, TransferAccelerationConfiguration: &oss.TransferAccelerationConfiguration{Enabled: &on},
	})
	must(err)
}

func (b *ossBucket) put(path string, data []byte, metadata map[string]string) {
	header := http.Header{"Content-Type": {"application/octet-stream"}}
	for key, value := range metadata {
		header.Set(ossMeta+key, value)
	}
	b.Put(b.bucketName, path, data, header)
}

func (b *ossBucket) rewrite(path string, change func(http.Header)) {
	o, there := b.Object(b.bucketName, path)
	if !there {
		panic(path + " is not there")
	}
	header := o.Header.Clone()
	change(header)
	b.Put(b.bucketName, path, o.Data, header)
}

func (b *ossBucket) edit(path string, metadata map[string]string) {
	b.rewrite(path, func(header http.Header) {
		for name := range header {
			if key, found := strings.CutPrefix(name, ossMeta); found && !strings.EqualFold(key, ownerKey) && !strings.EqualFold(key, hashKey) {
				delete(header, name)
			}
		}
		for key, value := range metadata {
			header.Set(ossMeta+key, value)
		}
	})
}

func (b *ossBucket) own(path, token string) {
	b.rewrite(path, func(header http.Header) { header.Set(ossMeta+ownerKey, token) })
}

func (b *ossBucket) remove(path string) {
	_, err := b.client.DeleteObject(context.Background(), &oss.DeleteObjectRequest{Bucket: &b.bucketName, Key: &path})
	must(err)
}

func (b *ossBucket) leftovers() []string { return b.OpenUploads(b.bucketName) }

func (b *ossBucket) rules() (rules []corsRule) {
	out, err := b.client.GetBucketCors(context.Background(), &oss.GetBucketCorsRequest{Bucket: &b.bucketName})
	var failure *oss.ServiceError
	if errors.As(err, &failure) && failure.Code == "NoSuchCORSConfiguration" {
		return nil
	}
	must(err)
	for _, rule := range out.CORSConfiguration.CORSRules {
		rules = append(rules, corsRule{"", rule.AllowedOrigins, rule.AllowedMethods, rule.AllowedHeaders, rule.ExposeHeaders, oss.ToInt64(rule.MaxAgeSeconds)})
	}
	return rules
}

func (b *ossBucket) allow(rules []corsRule) {
	config := &oss.CORSConfiguration{}
	for _, rule := range rules {
		one := oss.CORSRule{AllowedOrigins: rule.Origins, AllowedMethods: rule.Methods, AllowedHeaders: rule.Headers, ExposeHeaders: rule.Expose}
		if rule.Age > 0 {
			one.MaxAgeSeconds = &rule.Age
		}
		config.CORSRules = append(config.CORSRules, one)
	}
	var err error
	if len(rules) == 0 {
		_, err = b.client.DeleteBucketCors(context.Background(), &oss.DeleteBucketCorsRequest{Bucket: &b.bucketName})
	} else {
		_, err = b.client.PutBucketCors(context.Background(), &oss.PutBucketCorsRequest{Bucket: &b.bucketName, CORSConfiguration: config})
	}
	must(err)
}
