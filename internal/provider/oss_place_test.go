package provider_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// ossBucket is a bucket of the OSS fake, as another program sees it: by an SDK that the provider does not use.
type ossBucket struct {
	client *oss.Client
	name   string
}

// inOSSBucket is a place in a new bucket of the fake.
func inOSSBucket(t *testing.T, server *ossfake.Server) (place, ossBucket) {
	t.Helper()
	return inNamedOSSBucket(server, server.CreateBucket(t))
}

func inNamedOSSBucket(server *ossfake.Server, name string) (place, ossBucket) {
	const prefix = "vvp"
	client := oss.NewClient(oss.LoadDefaultConfig().
		WithRegion(server.Region).
		WithEndpoint(server.Endpoint).
		WithInsecureSkipVerify(true).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey)))
	bucket := ossBucket{client, name}
	block := ossBlock(server.Endpoint, server.Region, server.AccessKey, server.SecretKey, fmt.Sprintf("accelerate_endpoint = %q", server.AccelerateEndpoint))
	if server.CAFile != "" {
		block += fmt.Sprintf("custom_ca_bundle = %q\n", server.CAFile)
	}
	return place{
		name:    "oss",
		baseURI: "oss://" + name + "/" + prefix,
		block:   block,
		plant:   func(_ *testing.T, path string, data []byte) { server.Put(name, prefix+"/"+path, data, nil) },
		read: func(_ *testing.T, path string) ([]byte, bool) {
			object, there := server.Object(name, prefix+"/"+path)
			return object.Data, there
		},
		remove: func(t *testing.T, path string) {
			t.Helper()
			if _, err := client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &name, Key: oss.Ptr(prefix + "/" + path)}); err != nil {
				t.Fatal(err)
			}
		},
		uploads: func(t *testing.T) []string { t.Helper(); return server.OpenUploads(name) },
	}, bucket
}

// ossBlock is the provider's oss block.
func ossBlock(endpoint, region, accessKey, secretKey string, more ...string) string {
	return fmt.Sprintf("oss = {\n endpoint = %q\n region = %q\n access_key = %q\n secret_key = %q\n%s\n}\n",
		endpoint, region, accessKey, secretKey, strings.Join(more, "\n"))
}

// cors is the bucket's configuration; nil: there is none.
func (b ossBucket) cors(t *testing.T) *oss.CORSConfiguration {
	t.Helper()
	out, err := b.client.GetBucketCors(t.Context(), &oss.GetBucketCorsRequest{Bucket: &b.name})
	var failure *oss.ServiceError
	if errors.As(err, &failure) && failure.Code == "NoSuchCORSConfiguration" {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.CORSConfiguration
}

func (b ossBucket) setCORS(t *testing.T, config oss.CORSConfiguration) {
	t.Helper()
	if _, err := b.client.PutBucketCors(t.Context(), &oss.PutBucketCorsRequest{Bucket: &b.name, CORSConfiguration: &config}); err != nil {
		t.Fatal(err)
	}
}

// origins checks the rules in their order, each by its origins.
func (b ossBucket) origins(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	if config := b.cors(t); config != nil {
		for _, rule := range config.CORSRules {
			got = append(got, strings.Join(rule.AllowedOrigins, ","))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rules are for %q, want %q", got, want)
	}
}

// operations are the requests to the fake, by OSS's names.
func operations(server *ossfake.Server) []string {
	var names []string
	for _, request := range server.Requests() {
		names = append(names, request.Operation)
	}
	return names
}

// acceleration is the state of the bucket's acceleration.
func (b ossBucket) acceleration(t *testing.T) string {
	t.Helper()
	out, err := b.client.GetBucketTransferAcceleration(t.Context(), &oss.GetBucketTransferAccelerationRequest{Bucket: &b.name})
	var failure *oss.ServiceError
	switch {
	case errors.As(err, &failure) && failure.Code == "NoSuchTransferAccelerationConfiguration":
		return never
	case err != nil:
		t.Fatal(err)
	case *out.TransferAccelerationConfiguration.Enabled:
		return on
	}
	return off
}

func (b ossBucket) setAcceleration(t *testing.T, status string) {
	t.Helper()
	_, err := b.client.PutBucketTransferAcceleration(t.Context(), &oss.PutBucketTransferAccelerationRequest{
		Bucket: &b.name, TransferAccelerationConfiguration: &oss.TransferAccelerationConfiguration{Enabled: oss.Ptr(status == on)},
	})
	if err != nil {
		t.Fatal(err)
	}
}
