package ossblob

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// Where a region has no acceleration it is off, and stays so.
func TestAccelerationUnsupported(t *testing.T) {
	b := startBehind(t, func(s *setup) { s.AccelerationUnsupported = true })
	on, err := b.Acceleration(t.Context())
	if offErr := b.SetAcceleration(t.Context(), false); on || err != nil || offErr != nil {
		t.Errorf("%t, %v; off: %v", on, err, offErr)
	}
	vendor.ExpectAll(t, map[string]error{"on": b.SetAcceleration(t.Context(), true)}, errors.ErrUnsupported, "no transfer acceleration")
}

// Whether there is an accelerated endpoint is found out before anything is sent: what is signed for a server of somebody else does not go to
// OSS's own.
func TestAcceleratedEndpoints(t *testing.T) {
	for want, config := range map[string]Config{
		"https://acme.oss-accelerate.aliyuncs.com":              {},
		"https://acme.oss-accelerate-overseas.aliyuncs.com:443": {Endpoint: "d.eu", UseCNAME: true, AccelerateEndpoint: "OSS-ACCELERATE-overseas.aliyuncs.com:443"},
		"https://fast.example.com":                              {Endpoint: "data.example.com", UseCNAME: true, AccelerateEndpoint: "fast.example.com"},
		"http://127.0.0.1:99":                                   {AccelerateEndpoint: "http://127.0.0.1:99"},
		"":                                                      {Endpoint: "http://127.0.0.1:1"},
	} {
		config.Region, config.AccessKey, config.SecretKey = "cn-hangzhou", "LTAIid", secret
		store := newStore(t, config, "acme")
		got, err := store.AccelerationEndpoint(t.Context())
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
		if want == "" {
			errs := map[string]error{"endpoint": err, "try": store.TryAcceleration(t.Context())}
			_, _, errs["put"] = blob.Put(t.Context(), store, "key", blobtest.BytesSource(nil), nil, blob.PutOptions{Accelerate: true})
			vendor.ExpectAll(t, errs, errors.ErrUnsupported, "accelerate_endpoint")
		}
	}
}

// However a region or an endpoint is spelt, it is the one that is meant, or a clear error.
// The bucket is in the host name, as OSS wants it, unless the endpoint can have none before it; a domain of the user's own is the bucket.
func TestPlaces(t *testing.T) {
	expect := func(t *testing.T, config Config, want string) {
		t.Helper()
		config.AccessKey, config.SecretKey = "LTAIid", secret
		got, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", time.Minute)
		if !strings.HasPrefix(want, "http") {
			vendor.ExpectAll(t, map[string]error{"Presign": err}, blob.ErrSettings, want)
			return
		}
		places, _ := placesOf(config, "acme")
		if got, _, _ := strings.Cut(got, "/key?"); err != nil || got+" "+places.region != want {
			t.Errorf("%s %s, %v; want %s", got, places.region, err, want)
		}
	}
	const hangzhou, beijing = "https://acme.oss-cn-hangzhou.aliyuncs.com cn-hangzhou", "https://acme.oss-cn-beijing.aliyuncs.com cn-beijing"
	for want, configs := range map[string][]Config{
		hangzhou: {{Region: "cn-hangzhou"}, {Region: "oss-cn-hangzhou"}, {Region: "CN-Hangzhou"}, {Endpoint: "HTTPS://ACME.OSS-CN-HANGZHOU.ALIYUNCS.COM/"}},
		beijing:  {{Endpoint: "oss-cn-beijing.aliyuncs.com"}, {Endpoint: "acme.oss-cn-beijing.aliyuncs.com"}},
		"https://acme.oss-eu-central-1-internal.aliyuncs.com eu-central-1":              {{Region: "eu-central-1", UseInternalEndpoint: true}},
		"http://acme.oss-cn-beijing-internal.aliyuncs.com cn-beijing":                   {{Endpoint: "http://oss-cn-beijing-internal.aliyuncs.com/"}},
		"https://acme.oss-cn-north-2-gov-1-internal.aliyuncs.com:443 cn-north-2-gov-1":  {{Endpoint: "oss-cn-north-2-gov-1-internal.aliyuncs.com:443"}},
		"https://acme.cn-hangzhou.oss.aliyuncs.com cn-hangzhou":                         {{Endpoint: "https://cn-hangzhou.oss.aliyuncs.com"}},
		"https://acme.oss-cn-shanghai-finance-1-pub.aliyuncs.com cn-shanghai-finance-1": {{Endpoint: "oss-cn-shanghai-finance-1-pub.aliyuncs.com"}},
		"https://data.example.com cn-beijing":                                           {{Endpoint: "data.example.com", Region: "cn-beijing", UseCNAME: true}},
		"https://[::1]:9000/acme r":                                                     {{Endpoint: "[::1]:9000", Region: "r"}},
		"https://127.0.0.1:1/acme r":                                                    {{Endpoint: "127.0.0.1:1", Region: "r"}},
		"https://localhost:8080/acme ":                                                  {{Endpoint: "localhost:8080", SignatureVersion: SignatureV1}},
		"https://s.example.com/acme r":                                                  {{Endpoint: "s.example.com", Region: "r", UsePathStyle: &[]bool{true}[0]}},
		"https://acme.oss-cn-hangzhou.aliyuncs.com cn-beijing":                          {{Endpoint: "oss-cn-hangzhou.aliyuncs.com", Region: "cn-beijing"}},
		"Set region in the provider's oss block (such as":                               {{}, {Endpoint: "data.example.com"}, {SignatureVersion: SignatureV1}},
		"Set region":              {{Region: "cn hangzhou"}, {Region: "cn-hangzhou/x"}, {Region: "cn-hangzhou.aliyuncs.com"}, {Region: "华东1"}},
		"Set endpoint":            {{Region: "r", UseCNAME: true}, {Endpoint: "acme.oss-cn-hangzhou.aliyuncs.com", UseCNAME: true}},
		"Set accelerate_endpoint": {{Region: "r", AccelerateEndpoint: "https://example.com/x"}},
		"custom_ca_bundle":        {{Region: "r", Common: objectstore.Common{CABundle: "/nonexistent.pem"}}},
	} {
		for _, config := range configs {
			expect(t, config, want)
		}
	}
	for _, endpoint := range []string{
		"ftp://example.com", "https://user:" + secret + "@example.com", "https://example.com/bucket", "https://example.com?x=" + secret, "https://:443",
		"a b", "acme.cn-hangzhou.oss-dls.aliyuncs.com", "oss-dls.aliyuncs.com", "acme.oss-accelerate.aliyuncs.com", "OSS-Accelerate-overseas.aliyuncs.com",
	} {
		expect(t, Config{Region: "r", Endpoint: endpoint}, "Set endpoint")
	}
	for env, want := range map[string]string{
		"OSS_REGION=cn-hangzhou ALICLOUD_REGION=cn-b": hangzhou, "ALIBABA_CLOUD_REGION=cn-hangzhou ALICLOUD_REGION=cn-b": hangzhou,
		"ALIBABA_CLOUD_REGION_ID=cn-hangzhou": hangzhou, "ALICLOUD_REGION=cn-hangzhou": hangzhou,
		"OSS_ENDPOINT=oss-cn-beijing.aliyuncs.com ALICLOUD_REGION=cn-b": beijing,
	} {
		t.Run(env, func(t *testing.T) {
			setenv(t, env)
			expect(t, Config{}, want)
			setenv(t, "OSS_ENDPOINT=oss-cn-c.aliyuncs.com OSS_REGION=cn-c") // the provider's own settings count before them
			expect(t, Config{Endpoint: "oss-cn-beijing.aliyuncs.com"}, beijing)
			expect(t, Config{Region: "cn-d", UseInternalEndpoint: true}, "https://acme.oss-cn-d-internal.aliyuncs.com cn-d")
		})
	}
}

// setenv sets variables that are given as NAME=value.
func setenv(t *testing.T, variables string) {
	t.Helper()
	for variable := range strings.FieldsSeq(variables) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}
