package s3blob

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/bucketsuite"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/ceph"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultmatrix"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/objectsuite"
)

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name      string
		server    versitygw.Options
		checksums string
		writes    string
	}{
		{"http, when required", versitygw.Options{}, WhenRequired, Trusted},
		// versitygw 1.8.0 takes a delete marker for an object when it compares conditions.
		{"https, when supported, versions", versitygw.Options{TLS: true, Versioning: true}, WhenSupported, Checked},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := versitygw.Start(t, c.server)
			blobtest.Run(t, func(t *testing.T) blobtest.Harness {
				bucket := server.CreateBucket(t)
				config := configFor(server)
				config.Checksums, config.ConditionalWrites, config.Budget = c.checksums, c.writes, multipart.NewBudgetOf(4, smallestPart)
				return blobtest.Harness{
					Store:     newStore(t, config, bucket, objectstore.Tuning{CopyPart: smallestPart}),
					Absent:    newStore(t, config, bucket+"-absent"),
					Plant:     func(t *testing.T, key string, data []byte) { server.Put(t, bucket, key, data) },
					Leftovers: func(t *testing.T) []string { return server.OpenUploads(t, bucket) },
					LargeSize: large,
				}
			})
		})
	}
}

// Ceph's object gateway refuses conditions that hold, ignores others, and differs by whether the bucket has versions.
func TestCeph(t *testing.T) {
	server := ceph.Start(t)
	for name, versioning := range map[string]bool{"without versions": false, "with versions": true} {
		t.Run(name, func(t *testing.T) {
			peer := server.Peer(versioning)
			blobtest.Run(t, func(t *testing.T) blobtest.Harness {
				bucket := peer.CreateBucket(t)
				config := Config{Endpoint: server.Endpoint, AccessKey: server.AccessKey, SecretKey: server.SecretKey}
				config.Budget = multipart.NewBudgetOf(4, smallestPart)
				return blobtest.Harness{
					Store:     newStore(t, config, bucket, objectstore.Tuning{CopyPart: smallestPart}),
					Absent:    newStore(t, config, bucket+"-absent"),
					Plant:     func(t *testing.T, key string, data []byte) { peer.Put(t, bucket, key, data) },
					Leftovers: func(t *testing.T) []string { return peer.OpenUploads(t, bucket) },
					LargeSize: large, LetsRacersWin: true,
				}
			})
		})
	}
}

func TestAsASource(t *testing.T) {
	objectsuite.Run(t, func(t *testing.T, retries bool) objectsuite.Harness {
		b := startBehind(t, func(s *setup) {
			if !retries {
				s.MaxRetries = new(int)
			}
		})
		return objectsuite.Harness{Store: b.Store, Absent: newStore(t, b.setup.Config, b.bucket+"-absent"), Proxy: b.proxy, Large: large, IsS3: true}
	})
}

func TestFaults(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	front := acceleratefake.Start(t, server.Endpoint)
	faultmatrix.Run(t, faultmatrix.Backend{
		Server: server.Endpoint, Accelerated: front.URL, Fast: front.AccelerateURL,
		Open: func(t *testing.T, endpoint, bucket, caFile string, tuning objectstore.Tuning) blob.Store {
			config := configFor(server)
			config.Endpoint, config.AccelerateEndpoint, config.CABundle = endpoint, endpoint, caFile
			config.MaxRetries, config.Budget, tuning.CopyPart = aws.Int(1), multipart.NewBudgetOf(1, smallestPart), smallestPart
			return newStore(t, config, bucket, tuning)
		},
		NewBucket: func(t *testing.T) string {
			bucket := server.CreateBucket(t)
			t.Cleanup(func() { server.Empty(t, bucket) })
			return bucket
		},
		Read:       func(t *testing.T, bucket, key string) ([]byte, bool) { return server.Object(t, bucket, key) },
		Leftovers:  func(t *testing.T, bucket string) []string { return server.OpenUploads(t, bucket) },
		LargeSize:  smallestPart + 1000,
		CopiedSize: 2000, // in one part, as others must have 5 MiB
		Secrets:    []string{server.SecretKey},
		Unhealed: func(c faultmatrix.Cell) string {
			if c.Executes() && (c.Operation == "delete" && c.Request == "DELETE" || c.Operation == "attributes by parts" && c.Request == "POST uploadId") {
				return "the refusal of the repetition may be our own success: the caller looks"
			}
			return ""
		},
	})
}

func TestBucket(t *testing.T) {
	bucketsuite.Run(t, func(t *testing.T) bucketsuite.Harness {
		server := versitygw.Start(t, versitygw.Options{})
		fake := acceleratefake.Start(t, server.Endpoint)
		regional, fast, bucket := faultproxy.Start(t, fake.URL, ""), faultproxy.Start(t, fake.AccelerateURL, ""), server.CreateBucket(t)
		config := configFor(server)
		config.Endpoint, config.AccelerateEndpoint, config.Budget = regional.URL, fast.URL, multipart.NewBudgetOf(4, smallestPart)
		stranger := config
		stranger.AssumeRole = &AssumeRole{}
		return bucketsuite.Harness{
			Store: newStore(t, config, bucket), Regional: regional, Fast: fast, Large: large,
			Another: newStore(t, config, server.CreateBucket(t)), Stranger: newStore(t, stranger, bucket),
			OpenUploads: func() []string { return server.OpenUploads(t, bucket) },
			Rules: blob.CORSConfig{Rules: []blob.CORSRule{
				{ID: "second", AllowedOrigins: []string{"https://b.example.com"}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: aws.Int32(600)},
				{ID: "first", AllowedOrigins: []string{"https://a.example.com", "*"}, AllowedMethods: []string{"HEAD"}},
			}},
		}
	})
}

const genuine = "x-amz-request-id: 4711"

var vendor = hostile.Vendor{
	Open: func(t testing.TB, endpoint string, retries int, dial wire.Dial) hostile.Store {
		config := unretried(endpoint)
		config.MaxRetries = &retries
		return under(newStore(t, config, "bucket", objectstore.Tuning{Dial: dial}))
	},
	Names: traits().Names, Genuine: genuine, Meta: "x-amz-meta-",
	Secret: secret, Unsaid: []string{"X-Amz-Signature"},
	Tried: hostile.Operation{Method: http.MethodGet, Root: "ListBucketResult"},
	Answers: []hostile.Answer{
		{Status: 403, Header: genuine + "\r\nx-amz-bucket-region: eu\"central-1\x1b"},
		{Status: 503, Header: "Retry-After: 99999999999", Body: "{\"error\": 1}"},
	},
}

func under(store *Store) hostile.Store {
	return hostile.Store{Public: store, Driver: func(ctx context.Context) (objectstore.Driver, error) { return store.lazy.Get(ctx) }}
}

func TestHostileServers(t *testing.T) { hostile.Run(t, vendor) }

func FuzzAnswers(f *testing.F) { hostile.FuzzAnswers(f, vendor) }

func FuzzListing(f *testing.F) { hostile.FuzzListing(f, vendor) }

func TestHostileServersOfCredentials(t *testing.T) {
	const role = "arn:aws:iam::1:role/flink"
	token := blobtest.WriteFile(t, []byte(secret))
	use := func(config Config, env ...string) func(*testing.T, string, string) error {
		return func(t *testing.T, address, elsewhere string) error {
			t.Helper()
			t.Setenv("AWS_MAX_ATTEMPTS", "1")
			t.Setenv("AWS_ENDPOINT_URL_STS", address)
			for i := 0; i < len(env); i += 2 {
				t.Setenv(env[i], strings.Replace(env[i+1], "HERE", address, 1))
			}
			config.Endpoint, config.MaxRetries = elsewhere, new(int)
			return newStore(t, config, "bucket").Bucket(t.Context())
		}
	}
	hostile.Credentials{Secret: secret, Endless: "a token", Piece: "<Message>", Use: map[string]func(*testing.T, string, string) error{
		"assume_role":                use(Config{AccessKey: "key", SecretKey: secret, Token: secret, AssumeRole: &AssumeRole{RoleARN: role}}),
		"a token":                    use(Config{WebIdentity: &WebIdentity{RoleARN: role, Token: secret}}),
		"a token of the environment": use(Config{}, "AWS_ROLE_ARN", role, "AWS_WEB_IDENTITY_TOKEN_FILE", token),
		"a container":                use(Config{}, "AWS_CONTAINER_CREDENTIALS_FULL_URI", "HERE/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN", secret),
		"an instance":                use(Config{}, "AWS_EC2_METADATA_DISABLED", "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "HERE"),
	}}.Run(t)
}
