package s3blob

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
)

// fast is a store behind the fake of the acceleration.
type fast struct {
	*Store
	server *versitygw.Server
	fake   *acceleratefake.Fake
	bucket string
}

func startFast(t *testing.T, change func(*Config)) fast {
	t.Helper()
	server := versitygw.Start(t, versitygw.Options{})
	fake := acceleratefake.Start(t, server.Endpoint)
	bucket := server.CreateBucket(t)
	config := configFor(server)
	config.Endpoint, config.AccelerateEndpoint = fake.URL, fake.AccelerateURL
	config.Budget = multipart.NewBudgetOf(4, smallestPart)
	if change != nil {
		change(&config)
	}
	return fast{newStore(t, config, bucket), server, fake, bucket}
}

// took compares the requests since the last look.
func (f fast) took(t *testing.T, want ...string) {
	t.Helper()
	if got := f.fake.Take(); !slices.Equal(got, want) {
		t.Errorf("requests: %q, want %q", got, want)
	}
}

func (f fast) put(t *testing.T, data []byte) error {
	t.Helper()
	_, _, err := blob.Put(t.Context(), f.Store, "key", blobtest.BytesSource(data), blobtest.Sum(data),
		blob.PutOptions{Attrs: blob.Attrs{Owner: "me"}, Accelerate: true})
	return err
}

func (f fast) expect(t *testing.T, data []byte) {
	t.Helper()
	behind{Store: f.Store, server: f.server, bucket: f.bucket}.expect(t, "key", data)
}

func TestAcceleration(t *testing.T) {
	store := startFast(t, nil)
	if on, err := store.Acceleration(t.Context()); on || err != nil {
		t.Errorf("never set: %t, %v; want off", on, err)
	}
	store.took(t, "GET ?accelerate")
	for _, want := range []bool{false, true, false, true} {
		if err := store.SetAcceleration(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if on, err := store.Acceleration(t.Context()); err != nil || on != want {
			t.Errorf("after it was set to %t: %t, %v", want, on, err)
		}
		store.took(t, "PUT ?accelerate", "GET ?accelerate")
		if err := store.TryAcceleration(t.Context()); (err == nil) != want || !want && !errors.Is(err, blob.ErrNotAccelerated) {
			t.Errorf("tried while it is %t: %v", want, err)
		}
		store.took(t, "fast GET ?list-type")
	}
	if got := store.fake.Status(store.bucket); got != acceleratefake.Enabled {
		t.Errorf("%q", got)
	}
	if endpoint, err := store.AccelerationEndpoint(t.Context()); endpoint != store.fake.AccelerateURL || err != nil {
		t.Errorf("%q, %v", endpoint, err)
	}
	store.took(t)
}

func TestAccelerationWhereThereIsNone(t *testing.T) {
	store := startFast(t, nil)
	for _, refusal := range []acceleratefake.Refusal{acceleratefake.MethodNotAllowed, acceleratefake.UnsupportedArgument, acceleratefake.NotImplemented} {
		store.fake.Refuse(refusal)
		if on, err := store.Acceleration(t.Context()); on || err != nil {
			t.Errorf("%s: %t, %v; want off", refusal, on, err)
		}
		if err := store.SetAcceleration(t.Context(), false); err != nil {
			t.Errorf("%s: off: %v", refusal, err)
		}
		err := store.SetAcceleration(t.Context(), true)
		var failure *blob.Error
		if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &failure) || !strings.Contains(failure.Advice, "no transfer acceleration") {
			t.Errorf("%s: on: %v", refusal, err)
		}
	}
	store.fake.Refuse(acceleratefake.AccessDenied)
	_, err := store.Acceleration(t.Context())
	expectAll(t, map[string]error{"read": err}, fs.ErrPermission, "s3:GetAccelerateConfiguration")
	expectAll(t, map[string]error{"off": store.SetAcceleration(t.Context(), false)}, fs.ErrPermission, "s3:PutAccelerateConfiguration")
}

func TestAcceleratedUpload(t *testing.T) {
	store := startFast(t, nil)
	store.fake.Set(store.bucket, acceleratefake.Enabled)
	small, large := someBytes(1000), someBytes(2*smallestPart+1000)
	if err := store.put(t, small); err != nil {
		t.Fatal(err)
	}
	store.took(t, "fast PUT")
	store.expect(t, small)
	store.took(t, "GET")
	if err := store.put(t, large); err != nil {
		t.Fatal(err)
	}
	store.took(t, "GET ?uploads", "POST ?uploads", "fast PUT ?uploadId ?partNumber", "fast PUT ?uploadId ?partNumber", "fast PUT ?uploadId ?partNumber", "POST ?uploadId")
	store.expect(t, large)
	mustPut(t, store.Store, "key", small)
	mustPut(t, store.Store, "key", large)
	for _, request := range store.fake.Requests() {
		if request.Accelerated {
			t.Errorf("%s, and nobody asked for acceleration", request)
		}
	}
}

func TestAcceleratedUploadWhereItIsOff(t *testing.T) {
	store := startFast(t, nil)
	for _, status := range []string{acceleratefake.NeverSet, acceleratefake.Suspended} {
		store.fake.Set(store.bucket, status)
		for _, data := range [][]byte{someBytes(1000), someBytes(2*smallestPart + 1000)} {
			store.fake.Take()
			err := store.put(t, data)
			var failure *blob.Error
			if !errors.Is(err, blob.ErrNotAccelerated) || !errors.As(err, &failure) || failure.Endpoint != store.fake.AccelerateURL {
				t.Errorf("%s, %d bytes: %v", status, len(data), err)
			}
			parts := map[string]int{}
			for _, request := range store.fake.Requests() {
				if request.Accelerated {
					parts[request.Path+request.Query.Get("partNumber")]++
				}
			}
			for part, times := range parts {
				if times > 1 {
					t.Errorf("%s was sent %d times", part, times)
				}
			}
			if len(parts) == 0 {
				t.Error("nothing was sent")
			}
			if _, err := store.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("there is an object: %v", err)
			}
			if open := store.server.OpenUploads(t, store.bucket); len(open) > 0 {
				t.Errorf("open uploads: %v", open)
			}
		}
	}
}

// Whether there is an accelerated endpoint is found out before anything is sent.
func TestAcceleratedEndpoints(t *testing.T) {
	on := func(yes bool) *bool { return &yes }
	for name, c := range map[string]struct {
		bucket string
		config Config
		env    map[string]string
		want   string // "": there is none
		word   string
	}{
		"AWS":                        {config: Config{Region: "eu-central-1"}, want: "https://acme.s3-accelerate.amazonaws.com"},
		"AWS, path style":            {config: Config{Region: "eu-central-1", UsePathStyle: on(true)}, want: "https://acme.s3-accelerate.amazonaws.com"},
		"AWS, endpoint of a region":  {config: Config{Region: "eu-central-1", Endpoint: "https://s3.eu-central-1.amazonaws.com"}, want: "https://acme.s3-accelerate.amazonaws.com"},
		"dual stack":                 {config: Config{Region: "eu-central-1", AccelerateEndpoint: "https://s3-accelerate.dualstack.amazonaws.com", UsePathStyle: on(true)}, want: "https://acme.s3-accelerate.dualstack.amazonaws.com"},
		"dual stack, by environment": {config: Config{Region: "eu-central-1"}, env: map[string]string{"AWS_USE_DUALSTACK_ENDPOINT": "true"}, want: "https://acme.s3-accelerate.dualstack.amazonaws.com"},
		"China":                      {config: Config{Region: "cn-north-1"}, word: "region"},
		"another store":              {config: Config{Endpoint: "https://minio.example.com:9000"}, word: "accelerate_endpoint"},
		"another store that has it":  {config: Config{Endpoint: "https://minio.example.com:9000", AccelerateEndpoint: "https://fast.example.com:9001/"}, want: "https://fast.example.com:9001"},
		"the same with host names":   {config: Config{Endpoint: "https://store.example.com", AccelerateEndpoint: "https://fast.example.com", UsePathStyle: on(false)}, want: "https://acme.fast.example.com"},
		"a dot":                      {bucket: "acme.flink", config: Config{Region: "eu-central-1"}, word: "dot"},
		"a dot in another store":     {bucket: "acme.flink", config: Config{Endpoint: "https://minio.example.com", AccelerateEndpoint: "https://fast.example.com"}, word: "dot"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range c.env {
				t.Setenv(variable, value)
			}
			c.config.AccessKey, c.config.SecretKey, c.config.MaxRetries = "key", secret, aws.Int(0)
			var dialed []string
			store := newStore(t, c.config, cmp.Or(c.bucket, "acme"), objectstore.Tuning{Dial: func(_ context.Context, _, address string) (net.Conn, error) {
				dialed = append(dialed, address)
				return nil, errors.New("no network here")
			}})
			got, err := store.AccelerationEndpoint(t.Context())
			if len(dialed) > 0 {
				t.Errorf("it asked %v", dialed)
			}
			_, _, putErr := blob.Put(t.Context(), store, "key", blobtest.BytesSource(nil), blobtest.Sum(nil), blob.PutOptions{Accelerate: true})
			tryErr := store.TryAcceleration(t.Context())
			if c.want == "" {
				for _, err := range []error{err, putErr, tryErr} {
					var failure *blob.Error
					if !errors.Is(err, errors.ErrUnsupported) || !errors.As(err, &failure) || !strings.Contains(err.Error()+failure.Advice, c.word) {
						t.Errorf("%v, want %q", err, c.word)
					}
				}
				if len(dialed) > 0 {
					t.Errorf("it asked %v", dialed)
				}
				return
			}
			if got != c.want || err != nil {
				t.Errorf("%q, %v; want %q", got, err, c.want)
			}
			host := strings.TrimPrefix(c.want, "https://")
			if !strings.Contains(host, ":") {
				host += ":443"
			}
			if !slices.Equal(dialed, []string{host, host}) {
				t.Errorf("a PUT and a try went to %v, want %s: %v, %v", dialed, host, putErr, tryErr)
			}
		})
	}
}

func TestSwitchingABucketWithADotOn(t *testing.T) {
	store := newStore(t, unretried("http://127.0.0.1:1"), "acme.flink")
	if err := store.SetAcceleration(t.Context(), true); !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(err.Error(), "dot") {
		t.Errorf("%v", err)
	}
}

// What S3 says of a bucket that cannot be accelerated, and of other requests that are not valid.
func TestInvalidRequests(t *testing.T) {
	for message, want := range map[string]error{
		"S3 Transfer Acceleration is not configured on this bucket":            blob.ErrNotAccelerated,
		"Amazon S3 Transfer Acceleration is disabled on this bucket.":          blob.ErrNotAccelerated,
		"Amazon S3 Transfer Acceleration is not supported on this bucket.":     errors.ErrUnsupported,
		"The Amazon S3 Transfer Acceleration endpoint supports only virtual …": errors.ErrUnsupported,
	} {
		var asked atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.Header().Set("Content-Type", "application/xml")
			w.WriteHeader(http.StatusBadRequest)
			w.Write([]byte("<Error><Code>InvalidRequest</Code><Message>" + message + "</Message></Error>"))
		}))
		t.Cleanup(server.Close)
		store := newStore(t, Config{Endpoint: server.URL, AccelerateEndpoint: server.URL, AccessKey: "key", SecretKey: secret}, "bucket")
		if err := store.TryAcceleration(t.Context()); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", message, err, want)
		}
		if n := asked.Load(); n != 1 {
			t.Errorf("%q: asked %d times", message, n)
		}
	}
	if accelerationMeaning("Missing required header") != (wire.Meaning{}) {
		t.Error("any invalid request is taken for one about the acceleration")
	}
}
