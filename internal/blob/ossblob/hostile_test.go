package ossblob

import (
	"context"
	"encoding/base64"
	"net/http"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/hostile"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const (
	hush    = "very-secret"
	genuine = "x-oss-request-id: R1"
)

var vendor = hostile.Vendor{
	Open: func(t testing.TB, endpoint string, retries int, dial wire.Dial) hostile.Store {
		config := reaching(endpoint, retries)
		config.AccelerateEndpoint, config.SecurityToken = endpoint, hush+"-token"
		return under(newTunedStore(t, config, "acme", objectstore.Tuning{Dial: dial}))
	},
	Names: traits().Names, Genuine: genuine, Meta: "x-oss-meta-", Secret: hush,
	Proves: func(header http.Header) bool { return header.Get(requestID) != "" },
	Reason: func(header http.Header) []byte {
		reason, _ := base64.StdEncoding.DecodeString(header.Get("X-Oss-Err"))
		return reason
	},
	Accelerated: hostile.Operation{Root: "TransferAccelerationConfiguration"},
	Tried:       hostile.Operation{Method: http.MethodHead, Done: "NoSuchKey"},
	Own: []hostile.Operation{
		{Name: "GetObjectACL", Method: http.MethodGet, Root: "AccessControlPolicy", Optional: true, Send: by(func(ctx context.Context, u *upload) (string, error) {
			return u.aclOf(ctx, "dir/key") // who may not know it does without
		})},
		{Name: "GetObjectTagging", Method: http.MethodGet, Root: "Tagging", Send: by(func(ctx context.Context, u *upload) (string, error) {
			return u.tagsOf(ctx, "dir/key")
		})},
	},
	Answers: []hostile.Answer{
		{Status: 404, Header: genuine, Body: "<Error><Code>NoSuchKey</Code><Message>gone</Message><EC>\u202e</EC></Error>"},
		{Status: 404, Header: genuine + "\r\nx-oss-err: " + base64.StdEncoding.EncodeToString([]byte("<Error><Code>NoSuchBucket</Code><EC>0015-\u202e</EC></Error>"))},
		{Status: 403, Header: genuine, Body: "<Error><Code>AccessDenied</Code><Endpoint>oss-cn-\"beijing.aliyuncs.com</Endpoint></Error>"},
		{Status: 301, Header: genuine + "\r\nLocation: http://elsewhere/?signed"},
		{Status: 503, Header: genuine + "\r\nRetry-After: 99999999999\r\nx-oss-ec: \x1b[2J", Body: "{\"error\": 1}"},
		{Status: 200, Header: genuine + "\r\nx-oss-hash-crc64ecma: 1\r\nETag: \"e\""},
	},
}

func under(store *Store) hostile.Store {
	return hostile.Store{Public: store, Driver: func(ctx context.Context) (objectstore.Driver, error) { return store.lazy.Get(ctx) }}
}

func by(call func(ctx context.Context, u *upload) (string, error)) func(context.Context, hostile.Store) error {
	return func(ctx context.Context, s hostile.Store) error {
		d, err := s.Driver(ctx)
		if err == nil {
			_, err = call(ctx, &upload{driver: d.(*driver), Target: objectstore.Target{Key: "dir/key"}})
		}
		return s.Fail("by the driver", "dir/key", err)
	}
}

func TestHostileServers(t *testing.T) { hostile.Run(t, vendor) }

func FuzzAnswers(f *testing.F) { hostile.FuzzAnswers(f, vendor) }

func FuzzListing(f *testing.F) { hostile.FuzzListing(f, vendor) }

// What credentials-go itself asks for follows no redirect with the transport that main prepares.
func TestHostileServersOfCredentials(t *testing.T) {
	use := func(config Config) func(*testing.T, string, string) error {
		return func(t *testing.T, address, _ string) error {
			t.Helper()
			config.Region, config.STSEndpoint = "cn-hangzhou", address
			_, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", time.Minute)
			return err
		}
	}
	hostile.Credentials{Secret: hush, Serve: startBrokenSTS, Endless: "a token", Piece: "{\"Credentials\": ", Use: map[string]func(*testing.T, string, string) error{
		"assume_role": use(Config{AccessKey: "LTAIid", SecretKey: hush, SecurityToken: hush, AssumeRole: &AssumeRole{RoleARN: "r"}}),
		"a token":     use(Config{OIDC: &OIDC{RoleARN: "r", ProviderARN: "p", Token: hush}}),
		"a library": func(t *testing.T, address, elsewhere string) error {
			t.Helper()
			changeDefaultTransport(t, wire.DenyRedirects)
			t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", "https://"+address+"/credentials?token="+hush)
			return use(Config{})(t, address, elsewhere)
		},
	}}.Run(t)
}
