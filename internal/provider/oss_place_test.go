package provider_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
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
	key := func(path string) *string { return oss.Ptr(prefix + "/" + path) }
	return place{
		name:    "oss",
		baseURI: "oss://" + name + "/" + prefix,
		block:   block,
		plant: func(t *testing.T, path string, data []byte) {
			t.Helper()
			if _, err := client.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &name, Key: key(path), Body: bytes.NewReader(data)}); err != nil {
				t.Fatal(err)
			}
		},
		read: func(t *testing.T, path string) ([]byte, bool) {
			t.Helper()
			object, err := client.GetObject(t.Context(), &oss.GetObjectRequest{Bucket: &name, Key: key(path)})
			var failure *oss.ServiceError
			if errors.As(err, &failure) && failure.StatusCode == http.StatusNotFound {
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
		remove: func(t *testing.T, path string) {
			t.Helper()
			if _, err := client.DeleteObject(t.Context(), &oss.DeleteObjectRequest{Bucket: &name, Key: key(path)}); err != nil {
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

// operations are what the fake was asked for, in OSS's words.
func operations(server *ossfake.Server) []string {
	var names []string
	for _, request := range server.Requests() {
		names = append(names, request.Operation)
	}
	return names
}
