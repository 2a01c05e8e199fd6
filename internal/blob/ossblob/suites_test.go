package ossblob

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/bucketsuite"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultmatrix"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/objectsuite"
)

func TestConformance(t *testing.T) {
	for signature, options := range map[string]ossfake.Options{SignatureV4: {}, SignatureV1: {TLS: true}} {
		t.Run(signature, func(t *testing.T) {
			server := ossfake.Start(t, options)
			blobtest.Run(t, func(t *testing.T) blobtest.Harness {
				bucket := server.CreateBucket(t)
				config := configFor(server)
				config.SignatureVersion = signature
				return blobtest.Harness{
					Store:     newStore(t, config, bucket, objectstore.Tuning{CopyPart: smallestPart}),
					Absent:    newStore(t, config, bucket+"-absent"),
					Plant:     func(_ *testing.T, key string, data []byte) { server.Put(bucket, key, data, nil) },
					Leftovers: func(*testing.T) []string { return server.OpenUploads(bucket) },
					LargeSize: 10*smallestPart + 100_000,
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
		return objectsuite.Harness{Store: b.Store, Absent: newStore(t, b.setup.Config, b.bucket+"-absent"), Proxy: b.proxy, Large: large}
	})
}

func TestFaults(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{Unrecorded: true})
	retries := 1
	faultmatrix.Run(t, faultmatrix.Backend{
		Server: server.Endpoint, Fast: server.AccelerateEndpoint,
		Open: func(t *testing.T, endpoint, bucket, caFile string, tuning objectstore.Tuning) blob.Store {
			config := configFor(server)
			config.Endpoint, config.AccelerateEndpoint, config.CABundle = endpoint, endpoint, caFile
			config.MaxRetries, config.Budget, tuning.CopyPart = &retries, multipart.NewBudgetOf(1, smallestPart), smallestPart
			return newStore(t, config, bucket, tuning)
		},
		NewBucket: func(t *testing.T) string {
			bucket := server.CreateBucket(t)
			t.Cleanup(func() { server.CreateBucketNamed(bucket, ossfake.BucketOptions{}) }) // empties it
			return bucket
		},
		Read: func(_ *testing.T, bucket, key string) ([]byte, bool) {
			object, exists := server.Object(bucket, key)
			return object.Data, exists
		},
		Leftovers:  func(_ *testing.T, bucket string) []string { return server.OpenUploads(bucket) },
		LargeSize:  smallestPart + 1000,
		CopiedSize: smallestPart + 1000,
		Secrets:    []string{server.SecretKey},
		Unhealed: func(c faultmatrix.Cell) string {
			switch {
			case c.Request == "POST uploads" && c.Fault != faultproxy.Refuse429 && c.Fault != faultproxy.Refuse503:
				return "an upload is begun once: nobody could abort the first one"
			case c.Executes() && (c.Operation == "delete" && c.Request == "DELETE" || c.Operation == "attributes by parts" && c.Request == "POST uploadId"):
				return "the refusal of the repetition may be our own success: the caller looks"
			}
			return ""
		},
	})
}

func TestBucket(t *testing.T) {
	bucketsuite.Run(t, func(t *testing.T) bucketsuite.Harness {
		server := ossfake.Start(t, ossfake.Options{})
		regional, fast, bucket := faultproxy.Start(t, server.Endpoint, ""), faultproxy.Start(t, server.AccelerateEndpoint, ""), server.CreateBucket(t)
		config, seconds, vary := configFor(server), int32(600), true
		config.Endpoint, config.AccelerateEndpoint = regional.URL, fast.URL
		stranger := config
		stranger.AssumeRole = &AssumeRole{}
		return bucketsuite.Harness{
			Store: newStore(t, config, bucket), Regional: regional, Fast: fast, Large: large,
			Another: newStore(t, config, server.CreateBucket(t)), Stranger: newStore(t, stranger, bucket),
			OpenUploads: func() []string { return server.OpenUploads(bucket) },
			Rules: blob.CORSConfig{ResponseVary: &vary, Rules: []blob.CORSRule{
				{
					AllowedOrigins: []string{"https://b.example.com"}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"*"},
					ExposeHeaders: []string{"ETag", "x-oss-request-id"}, MaxAgeSeconds: &seconds,
				},
				{AllowedOrigins: []string{"https://a.example.com", "*"}, AllowedMethods: []string{"HEAD"}, MaxAgeSeconds: new(int32)},
				{AllowedOrigins: []string{"https://c.example.com"}, AllowedMethods: []string{"POST", "DELETE"}},
			}},
		}
	})
}

const genuine = "x-oss-request-id: R1"

var vendor = hostile.Vendor{
	Open: func(t testing.TB, endpoint string, retries int, dial wire.Dial) hostile.Store {
		return under(newStore(t, Config{
			Common: objectstore.Common{MaxRetries: &retries},
			Region: "cn-hangzhou", Endpoint: endpoint, AccelerateEndpoint: endpoint, AccessKey: "LTAIid", SecretKey: secret, SecurityToken: secret + "-token",
		}, "acme", objectstore.Tuning{Dial: dial}))
	},
	Names: traits().Names, Genuine: genuine, Meta: "x-oss-meta-",
	Secret: secret, Unsaid: []string{"LTAI", "StringToSign", "SignatureProvided", "Authorization:", "OSS4-HMAC", "x-oss-signature", "Signature="},
	Proves: func(header http.Header) bool { return header.Get(requestID) != "" },
	Reason: func(header http.Header) []byte {
		reason, _ := base64.StdEncoding.DecodeString(header.Get("X-Oss-Err"))
		return reason
	},
	Accelerated: hostile.Operation{Root: "TransferAccelerationConfiguration"},
	Tried:       hostile.Operation{Method: http.MethodHead, Done: "NoSuchKey"},
	Own: []hostile.Operation{
		{Name: "GetObjectACL", Method: http.MethodGet, Root: "AccessControlPolicy", Optional: true, Send: by((*driver).aclOf)}, // who may not know it does without
		{Name: "GetObjectTagging", Method: http.MethodGet, Root: "Tagging", Send: by((*driver).tagsOf)},
	},
	Answers: []hostile.Answer{
		refusal(404, "<Code>NoSuchBucket</Code><EC>0015-\u202e</EC>"),
		{Status: 403, Header: genuine, Body: "<Error><Code>AccessDenied</Code><Endpoint>oss-cn-\"beijing.aliyuncs.com</Endpoint></Error>"},
		{Status: 301, Header: genuine + "\r\nLocation: http://elsewhere/?signed"},
		{Status: 503, Header: genuine + "\r\nRetry-After: 99999999999\r\nx-oss-ec: \x1b[2J", Body: "{\"error\": 1}"},
		{Status: 200, Header: genuine + "\r\nx-oss-hash-crc64ecma: 1\r\nETag: \"e\""},
	},
}

// refusal is one in OSS's words, whose reason is in the header too, as that of a HEAD is.
func refusal(status int, reason string) hostile.Answer {
	body := "<Error>" + reason + "</Error>"
	return hostile.Answer{Status: status, Header: genuine + "\r\nx-oss-err: " + base64.StdEncoding.EncodeToString([]byte(body)), Body: body}
}

func under(store *Store) hostile.Store {
	return hostile.Store{Public: store, Driver: func(ctx context.Context) (objectstore.Driver, error) { return store.lazy.Get(ctx) }}
}

func by(call func(d *driver, ctx context.Context, key string) (string, error)) func(context.Context, hostile.Store) error {
	return func(ctx context.Context, s hostile.Store) error {
		d, err := s.Driver(ctx)
		if err == nil {
			_, err = call(d.(*driver), ctx, "dir/key")
		}
		return s.Fail("by the driver", "dir/key", err)
	}
}

func TestHostileServers(t *testing.T) { hostile.Run(t, vendor) }

func FuzzAnswers(f *testing.F) { hostile.FuzzAnswers(f, vendor) }

func FuzzListing(f *testing.F) { hostile.FuzzListing(f, vendor) }

// What credentials-go itself asks for follows no redirect with the transport that main prepares.
// Nobody asks but by https, so that it is plain beneath.
func TestHostileServersOfCredentials(t *testing.T) {
	use := func(config Config, env string) func(*testing.T, string, string) error {
		return func(t *testing.T, address, _ string) error {
			t.Helper()
			host := strings.TrimPrefix(address, "http://")
			changeDefaultTransport(t, func(transport *http.Transport) {
				transport.DialTLSContext = (&net.Dialer{}).DialContext
				if env != "" {
					wire.DenyRedirects(transport)
				}
			})
			setenv(t, strings.Replace(env, "HERE", host, 1))
			config.Region, config.STSEndpoint = "cn-hangzhou", host
			_, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", time.Minute)
			return err
		}
	}
	hostile.Credentials{Secret: secret, Endless: "a token", Piece: "{\"Credentials\": ", Use: map[string]func(*testing.T, string, string) error{
		"assume_role": use(Config{AccessKey: "LTAIid", SecretKey: secret, SecurityToken: secret, AssumeRole: &AssumeRole{RoleARN: "r"}}, ""),
		"a token":     use(Config{OIDC: &OIDC{RoleARN: "r", ProviderARN: "p", Token: secret}}, ""),
		"a library":   use(Config{}, "ALIBABA_CLOUD_CREDENTIALS_URI=https://HERE/credentials?token="+secret),
	}}.Run(t)
}
