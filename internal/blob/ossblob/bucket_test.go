package ossblob

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/bucketsuite"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func seconds(n int32) *int32 { return &n }

func TestBucket(t *testing.T) {
	bucketsuite.Run(t, func(t *testing.T) bucketsuite.Harness {
		server := ossfake.Start(t, ossfake.Options{})
		regional, fast, bucket := faultproxy.Start(t, server.Endpoint, ""), faultproxy.Start(t, server.AccelerateEndpoint, ""), server.CreateBucket(t)
		config := configFor(server)
		config.Endpoint, config.AccelerateEndpoint = regional.URL, fast.URL
		return bucketsuite.Harness{
			Store: newStore(t, config, bucket), Regional: regional, Fast: fast, Large: large,
			OpenUploads: func() []string { return server.OpenUploads(bucket) },
			Rules: blob.CORSConfig{Rules: []blob.CORSRule{
				{AllowedOrigins: []string{"https://b.example.com"}, AllowedMethods: []string{"GET", "PUT"}, AllowedHeaders: []string{"*"}, ExposeHeaders: []string{"ETag", "x-oss-request-id"}, MaxAgeSeconds: seconds(600)},
				{AllowedOrigins: []string{"https://a.example.com", "*"}, AllowedMethods: []string{"HEAD"}, MaxAgeSeconds: seconds(0)},
				{AllowedOrigins: []string{"https://c.example.com"}, AllowedMethods: []string{"POST", "DELETE"}},
			}},
		}
	})
}

// Whether answers vary by their origin is kept with the rules.
func TestResponseVary(t *testing.T) {
	b := startBehind(t, nil)
	for _, vary := range []bool{true, false} {
		want := someRules
		want.ResponseVary = &vary
		if err := b.SetCORS(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		if got, err := b.CORS(t.Context()); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v", got, err)
		}
	}
}

// What was switched on takes a while.
func TestAccelerationThatIsNotEffectiveYet(t *testing.T) {
	b := startBehind(t, nil)
	if err := b.SetAcceleration(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	b.server.SetAccelerationEffective(b.bucket, false)
	if err := b.TryAcceleration(t.Context()); !errors.Is(err, blob.ErrNotAccelerated) || failureOf(t, err).Advice == "" {
		t.Errorf("%v", err)
	}
	absent := newStore(t, b.config, "absent-bucket")
	if err := absent.TryAcceleration(t.Context()); !errors.Is(err, blob.ErrNoBucket) {
		t.Errorf("%v", err)
	}
}

func TestAccelerationUnsupported(t *testing.T) {
	b := startBehindBucket(t, ossfake.BucketOptions{AccelerationUnsupported: true}, nil)
	if on, err := b.Acceleration(t.Context()); err != nil || on {
		t.Errorf("%t, %v", on, err)
	}
	if err := b.SetAcceleration(t.Context(), false); err != nil {
		t.Errorf("switching it off: %v", err)
	}
	err := b.SetAcceleration(t.Context(), true)
	if !errors.Is(err, errors.ErrUnsupported) || failureOf(t, err).Advice == "" {
		t.Errorf("%v", err)
	}
}

func TestAccelerationEndpoint(t *testing.T) {
	for want, config := range map[string]Config{
		"https://acme.oss-accelerate.aliyuncs.com":          {Region: "cn-hangzhou"},
		"https://acme.oss-accelerate-overseas.aliyuncs.com": {Region: "cn-hangzhou", AccelerateEndpoint: "oss-accelerate-overseas.aliyuncs.com"},
		"https://fast.example.com":                          {Region: "cn-hangzhou", Endpoint: "data.example.com", UseCNAME: true, AccelerateEndpoint: "fast.example.com"},
		"http://127.0.0.1:99":                               {Region: "cn-hangzhou", AccelerateEndpoint: "http://127.0.0.1:99"},
	} {
		if got, err := New(config, "acme").AccelerationEndpoint(t.Context()); err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

// A call that is cancelled on its way ends at once, although the SDK's own calls drop the context.
func TestCancelledOnItsWay(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "key", []byte("data"))
	for name, call := range map[string]func(context.Context) error{
		"regional":    func(ctx context.Context) error { return b.SetAcceleration(ctx, true) },
		"accelerated": b.TryAcceleration,
		"slow": func(ctx context.Context) error {
			_, err := b.SetAttrs(ctx, "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "other" })
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		hold := make(chan struct{})
		b.server.OnRequest(func(r ossfake.Request) {
			if name != "slow" || r.Operation == "CopyObject" {
				cancel()
				<-hold // the call ends all the same
			}
		})
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
		close(hold)
		b.server.OnRequest(nil)
	}
}

// Signed addresses of either version are taken, and none for longer than OSS takes them.
func TestPresignedURLs(t *testing.T) {
	for _, version := range []string{SignatureV4, SignatureV1} {
		b := startBehind(t, func(c *Config) { c.SignatureVersion = version })
		mustPut(t, b, "ä?x=1", []byte("data"))
		b.server.ClearRequests()
		address, err := b.Presign(t.Context(), http.MethodGet, "ä?x=1", time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		response, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		requests := b.server.Requests()
		if response.StatusCode != http.StatusOK || len(requests) != 1 || !requests[0].SignatureInQuery || !strings.EqualFold(requests[0].SignatureVersion, version) {
			t.Errorf("%s: %s, %+v", version, response.Status, requests)
		}
		if _, err := b.Presign(t.Context(), http.MethodGet, "key", 0); err == nil {
			t.Error("signed for no time")
		}
	}
	if _, err := New(Config{Region: "cn-hangzhou", AccessKey: "a", SecretKey: "s"}, "acme").Presign(t.Context(), http.MethodGet, "key", 8*24*time.Hour); err == nil {
		t.Error("signed for more than OSS takes")
	}
}

func TestSignatureVersions(t *testing.T) {
	for version, want := range map[string]string{"": "V4", SignatureV4: "V4", SignatureV1: "V1"} {
		b := startBehind(t, func(c *Config) { c.SignatureVersion = version; c.UserAgent = "flink/1.2" })
		mustPut(t, b, "key", someBytes(10))
		for _, r := range b.server.Requests() {
			if r.SignatureVersion != want {
				t.Errorf("%q: signed by %s", version, r.SignatureVersion)
			}
			if agent := r.Header.Get("User-Agent"); !strings.HasPrefix(agent, "flink/1.2 ") {
				t.Errorf("sent by %q", agent)
			}
		}
	}
}

func TestMoreThanAThousandKeys(t *testing.T) {
	b := startBehind(t, nil)
	var want []string
	for i := range 2345 {
		key := "dir/" + string(rune('a'+i%26)) + "+ " + strings.Repeat("x", i/26)
		b.server.Put(b.bucket, key, nil, nil)
		want = append(want, key)
	}
	slices.Sort(want)
	var got []string
	query := blob.Query{Prefix: "dir/"}
	pages := 0
	for {
		page, err := b.List(t.Context(), query)
		if err != nil {
			t.Fatal(err)
		}
		pages++
		for _, info := range page.Infos {
			got = append(got, info.Key)
		}
		if page.Next == "" {
			break
		}
		query.Token = page.Next
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d keys in %d pages", len(got), pages)
	}
	if page, err := b.List(t.Context(), blob.Query{Delimiter: "/", Max: 1}); err != nil || !slices.Equal(page.Prefixes, []string{"dir/"}) {
		t.Errorf("%+v, %v", page, err)
	}
}

// What is signed for a server of somebody else does not go to OSS's own acceleration endpoint.
func TestNoAccelerationEndpoint(t *testing.T) {
	b := startBehind(t, func(c *Config) { c.AccelerateEndpoint = "" })
	if _, err := b.AccelerationEndpoint(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v", err)
	}
	if err := b.TryAcceleration(t.Context()); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%v", err)
	}
	for _, size := range []int{100, large} {
		_, _, err := blob.Put(t.Context(), b, "key", blobtest.BytesSource(someBytes(size)), nil, blob.PutOptions{Accelerate: true})
		if !errors.Is(err, errors.ErrUnsupported) || !strings.Contains(failureOf(t, err).Advice, "accelerate_endpoint") {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	b.expectAsked(t)
}
