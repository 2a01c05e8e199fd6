package faults_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/ossblob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/s3blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// store is a server, and how the provider reaches it.
type store struct {
	name      string
	server    string
	secret    string
	newBucket func(t *testing.T) bucket
}

// bucket is one of its buckets, as somebody sees it who stands behind the provider's back.
type bucket struct {
	name    string
	baseURI string
	// settings are the provider's block, for an endpoint.
	settings func(endpoint string) attributes
	read     func(t *testing.T, key string) (data []byte, there bool)
	plant    func(t *testing.T, key string, data []byte)
	uploads  func(t *testing.T) []string
	// rules and switch are the bucket's own configuration.
	rules interface {
		blob.CORSConfigurer
		blob.Accelerator
	}
}

// eachStore runs a test with a real S3 server and with the fake of OSS, side by side.
func eachStore(t *testing.T, test func(t *testing.T, s store)) {
	t.Helper()
	for name, start := range map[string]func(t *testing.T) store{"s3": onS3, "oss": onOSS} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, start(t))
		})
	}
}

func onS3(t *testing.T) store {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	front := acceleratefake.Start(t, server.Endpoint)
	return store{name: "s3", server: front.URL, secret: server.SecretKey, newBucket: func(t *testing.T) bucket {
		name := server.CreateBucket(t)
		t.Cleanup(func() { server.Empty(t, name) }) // all cells together would fill a disk
		return bucket{
			name: name, baseURI: "s3://" + name + "/vvp",
			settings: func(endpoint string) attributes {
				return attributes{
					"base_uri": "s3://" + name + "/vvp", "max_retries": 1, "max_concurrent_parts": 1, "digest_cache": false,
					"s3": attributes{"region": versitygw.Region, "endpoint": endpoint, "access_key": server.AccessKey, "secret_key": server.SecretKey, "conditional_writes": "trusted"},
				}
			},
			read:    func(t *testing.T, key string) ([]byte, bool) { t.Helper(); return server.Object(t, name, key) },
			plant:   func(t *testing.T, key string, data []byte) { t.Helper(); server.Put(t, name, key, data) },
			uploads: func(t *testing.T) []string { t.Helper(); return server.OpenUploads(t, name) },
			rules: s3blob.New(s3blob.Config{
				Region: versitygw.Region, Endpoint: front.URL, AccessKey: server.AccessKey, SecretKey: server.SecretKey,
			}, name),
		}
	}}
}

func onOSS(t *testing.T) store {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{Unrecorded: true})
	return store{name: "oss", server: server.Endpoint, secret: server.SecretKey, newBucket: func(t *testing.T) bucket {
		name := server.CreateBucket(t)
		t.Cleanup(func() { server.CreateBucketNamed(name, ossfake.BucketOptions{}) }) // empties it
		return bucket{
			name: name, baseURI: "oss://" + name + "/vvp",
			settings: func(endpoint string) attributes {
				return attributes{
					"base_uri": "oss://" + name + "/vvp", "max_retries": 1, "max_concurrent_parts": 1, "digest_cache": false,
					"oss": attributes{
						"region": server.Region, "endpoint": endpoint, "accelerate_endpoint": server.AccelerateEndpoint,
						"access_key": server.AccessKey, "secret_key": server.SecretKey,
					},
				}
			},
			read: func(_ *testing.T, key string) ([]byte, bool) {
				object, there := server.Object(name, key)
				return object.Data, there
			},
			plant:   func(_ *testing.T, key string, data []byte) { server.Put(name, key, data, nil) },
			uploads: func(*testing.T) []string { return server.OpenUploads(name) },
			rules: ossblob.New(ossblob.Config{
				Region: server.Region, Endpoint: server.Endpoint, AccelerateEndpoint: server.AccelerateEndpoint, AccessKey: server.AccessKey, SecretKey: server.SecretKey,
			}, name),
		}
	}}
}

// holds checks that an object is one of those, whole; "" stands for none.
func (b bucket) holds(t *testing.T, key string, allowed ...string) {
	t.Helper()
	data, there := b.read(t, key)
	if !slices.ContainsFunc(allowed, func(want string) bool { return there == (want != "") && string(data) == want }) {
		t.Errorf("%s: there %t, %d bytes that begin with %.20q, which is none of the %d that it may be", key, there, len(data), data, len(allowed))
	}
}

// origins are those of the bucket's CORS rules, in their order.
func (b bucket) origins(t *testing.T) []string {
	t.Helper()
	config, err := b.rules.CORS(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	origins := []string{}
	for _, rule := range config.Rules {
		origins = append(origins, strings.Join(rule.AllowedOrigins, ","))
	}
	return origins
}

func (b bucket) hasOrigins(t *testing.T, allowed ...[]string) {
	t.Helper()
	if got := b.origins(t); !slices.ContainsFunc(allowed, func(want []string) bool { return slices.Equal(want, got) }) {
		t.Errorf("the rules are for %q, and may be %q", got, allowed)
	}
}

// addRule adds a rule of somebody else: he reads, and writes all.
func (b bucket) addRule(t *testing.T, origin string) {
	t.Helper()
	config, err := b.rules.CORS(context.WithoutCancel(t.Context()))
	if err == nil {
		config.Rules = append(config.Rules, foreignRule(origin))
		err = b.rules.SetCORS(context.WithoutCancel(t.Context()), config)
	}
	if err != nil {
		t.Error(err)
	}
}

func foreignRule(origin string) blob.CORSRule {
	return blob.CORSRule{AllowedOrigins: []string{origin}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"x-foreign"}}
}

func (b bucket) accelerated(t *testing.T, want bool) {
	t.Helper()
	if on, err := b.rules.Acceleration(t.Context()); err != nil || on != want {
		t.Errorf("the acceleration is %t, %v; want %t", on, err, want)
	}
}
