package s3blob

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// What is refused of a bucket's configuration: what met another change, or was one too many, may be tried again.
// Regions and stores without acceleration say so in several ways, and it is off there.
func TestRefusalsOfAConfiguration(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		want   error
		word   string
	}{
		"OperationAborted": {409, blob.ErrUnreachable, "at this moment"}, "Conflict": {409, blob.ErrUnreachable, "at this moment"},
		"ThrottlingException": {400, blob.ErrUnreachable, "overloaded"},
		"NotImplemented":      {501, errors.ErrUnsupported, "cors_rule"}, "MethodNotAllowed": {405, errors.ErrUnsupported, "cors_rule"},
		"UnsupportedArgument": {400, errors.ErrUnsupported, "cors_rule"},
	} {
		store := refusing(t, c.status, code, "")
		_, err := store.CORS(t.Context())
		vendor.ExpectAll(t, map[string]error{"CORS": err, "SetCORS": store.SetCORS(t.Context(), blob.CORSConfig{})}, c.want, c.word)
		on, err := store.Acceleration(t.Context())
		offErr, onErr := store.SetAcceleration(t.Context(), false), store.SetAcceleration(t.Context(), true)
		if !errors.Is(c.want, errors.ErrUnsupported) {
			vendor.ExpectAll(t, map[string]error{"Acceleration": err, "off": offErr, "on": onErr}, c.want, c.word)
			continue
		}
		if on || err != nil || offErr != nil {
			t.Errorf("%s: %t, %v; off: %v", code, on, err, offErr)
		}
		vendor.ExpectAll(t, map[string]error{"on": onErr}, errors.ErrUnsupported, "no transfer acceleration")
	}
}

// Whether there is an accelerated endpoint is found out before anything is sent.
func TestAcceleratedEndpoints(t *testing.T) {
	const eu, minio = "eu-central-1", "https://minio.example.com:9000"
	for name, c := range map[string]struct {
		config Config
		env    string // that is set to true
		want   string // without https://; "": there is none
		word   string
	}{
		"AWS":                        {config: Config{Region: eu}, want: "acme.s3-accelerate.amazonaws.com"},
		"AWS, path style":            {config: Config{Region: eu, UsePathStyle: aws.Bool(true)}, want: "acme.s3-accelerate.amazonaws.com"},
		"AWS, endpoint of a region":  {config: Config{Region: eu, Endpoint: "https://s3.eu-central-1.amazonaws.com"}, want: "acme.s3-accelerate.amazonaws.com"},
		"dual stack":                 {config: Config{Region: eu, AccelerateEndpoint: "https://s3-accelerate.dualstack.amazonaws.com", UsePathStyle: aws.Bool(true)}, want: "acme.s3-accelerate.dualstack.amazonaws.com"},
		"dual stack, by environment": {config: Config{Region: eu}, env: "AWS_USE_DUALSTACK_ENDPOINT", want: "acme.s3-accelerate.dualstack.amazonaws.com"},
		"China":                      {config: Config{Region: "cn-north-1"}, word: "region"},
		"another store":              {config: Config{Endpoint: minio}, word: "accelerate_endpoint"},
		"another store that has it":  {config: Config{Endpoint: minio, AccelerateEndpoint: "https://fast.example.com:9001/"}, want: "fast.example.com:9001"},
		"the same with host names":   {config: Config{Endpoint: minio, AccelerateEndpoint: "https://fast.example.com", UsePathStyle: aws.Bool(false)}, want: "acme.fast.example.com"},
		"a dot":                      {config: Config{Region: eu}, word: "dot"},
		"a dot in another store":     {config: Config{Endpoint: minio, AccelerateEndpoint: "https://fast.example.com"}, word: "dot"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.env != "" {
				t.Setenv(c.env, "true")
			}
			bucket := "acme"
			if c.word == "dot" {
				bucket = "acme.flink"
			}
			c.config.AccessKey, c.config.SecretKey, c.config.MaxRetries = "key", secret, new(int)
			var dialed []string
			store := newStore(t, c.config, bucket, objectstore.Tuning{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialed = append(dialed, strings.TrimSuffix(address, ":443"))
				return nil, errors.New("no network here")
			}})
			got, err := store.AccelerationEndpoint(t.Context())
			if len(dialed) > 0 || strings.TrimPrefix(got, "https://") != c.want {
				t.Errorf("%q, %v, and it sent to %v; want %q", got, err, dialed, c.want)
			}
			_, _, putErr := blob.Put(t.Context(), store, "key", blobtest.BytesSource(nil), blobtest.Sum(nil), blob.PutOptions{Accelerate: true})
			errs := map[string]error{"endpoint": err, "put": putErr, "try": store.TryAcceleration(t.Context())}
			want := []string{c.want, c.want}
			if c.word == "dot" {
				errs["switch"] = store.SetAcceleration(t.Context(), true)
			}
			if c.want == "" {
				want = nil
				vendor.ExpectAll(t, errs, errors.ErrUnsupported, c.word)
			}
			if !slices.Equal(dialed, want) {
				t.Errorf("a PUT and a try went to %v, want %v: %v", dialed, want, errs)
			}
		})
	}
}

// What S3 says of a bucket that cannot be accelerated, and of other requests that are not valid.
func TestInvalidRequests(t *testing.T) {
	for message, want := range map[string]error{
		"S3 Transfer Acceleration is not configured on this bucket":            blob.ErrNotAccelerated,
		"Amazon S3 Transfer Acceleration is disabled on this bucket.":          blob.ErrNotAccelerated,
		"Amazon S3 Transfer Acceleration is not supported on this bucket.":     errors.ErrUnsupported,
		"The Amazon S3 Transfer Acceleration endpoint supports only virtual …": errors.ErrUnsupported,
		"Missing required header": nil,
	} {
		refused := &wire.RefusalError{Code: "InvalidRequest", Message: message}
		if (&driver{}).explain(refused, ""); !errors.Is(refused.Meaning.Err, want) {
			t.Errorf("%q: %v, want %v", message, refused.Meaning.Err, want)
		}
	}
}
