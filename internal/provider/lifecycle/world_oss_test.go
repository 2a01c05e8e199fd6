package lifecycle_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// ossServer is the fake of OSS with a proxy before each of its endpoints, for many lifecycles.
type ossServer struct {
	*ossfake.Server
	proxy  *faultproxy.Proxy
	fast   *faultproxy.Proxy // of the accelerated endpoint, which meets no fault
	client *oss.Client
	of     tftypes.Type // of the oss block
}

func startOSS(t *testing.T, s served) ossServer {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{Unrecorded: true})
	return ossServer{
		server, finishing(t, server.Endpoint), finishing(t, server.AccelerateEndpoint),
		oss.NewClient(oss.LoadDefaultConfig().WithRegion(server.Region).WithEndpoint(server.Endpoint).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey))),
		s.schema.Provider.ValueType().(tftypes.Object).AttributeTypes["oss"],
	}
}

// ossBucket is a world in a bucket of its own.
type ossBucket struct {
	ossServer
	bucketName string
}

func (s ossServer) bucket(t fatal) *ossBucket {
	t.Helper()
	name := bucketName()
	s.CreateBucketNamed(name, ossfake.BucketOptions{})
	return &ossBucket{s, name}
}

func (b *ossBucket) end() {
	b.proxy.Clear()
	b.fast.Clear()
	b.CreateBucketNamed(b.bucketName, ossfake.BucketOptions{}) // which empties it
}

func (*ossBucket) name() string { return "oss" }

func (b *ossBucket) provider() map[string]tftypes.Value {
	return map[string]tftypes.Value{
		"base_uri": str(b.bases("a")[0]), "digest_cache": boolean(false),
		"oss": withNulls(b.of, map[string]tftypes.Value{
			"endpoint": str(b.proxy.URL), "region": str(b.Region), "access_key": str(b.AccessKey), "secret_key": str(b.SecretKey),
			"accelerate_endpoint": str(b.fast.URL),
		}),
	}
}

func (b *ossBucket) bases(prefix string) []string {
	base := "oss://" + b.bucketName + "/" + prefix
	return []string{base, base + "/"}
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

func (*ossBucket) harms() []string { return httpHarms }

func (b *ossBucket) harm(kind string, n int) (context.Context, func()) {
	return harmHTTP(b.proxy, b.settle, kind, n)
}

func (b *ossBucket) settle() { settle(b.proxy, b.fast) }

func (b *ossBucket) remote(path string) string { return "oss://" + b.bucketName + "/" + path }

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
