package ossblob

import (
	"errors"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
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
		"https://acme.oss-accelerate-overseas.aliyuncs.com:443": {Endpoint: "data.example.com", UseCNAME: true, AccelerateEndpoint: "OSS-ACCELERATE-overseas.aliyuncs.com:443"},
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
		if want != "" {
			continue
		}
		errs := map[string]error{"endpoint": err, "try": store.TryAcceleration(t.Context())}
		for name, size := range map[string]int{"small": 100, "large": 9 << 20} {
			_, _, errs[name] = blob.Put(t.Context(), store, "key", blobtest.BytesSource(blobtest.SomeBytes(size)), nil, blob.PutOptions{Accelerate: true})
		}
		vendor.ExpectAll(t, errs, errors.ErrUnsupported, "accelerate_endpoint")
	}
}

// However a region or an endpoint is spelt, it is the one that is meant, or a clear error.
func TestPlaces(t *testing.T) {
	expect := func(t *testing.T, config Config, want string) {
		t.Helper()
		got, err := placesOf(config, "acme")
		if !strings.HasPrefix(want, "http") {
			_, err = New(config, "acme").Head(t.Context(), "key")
			vendor.ExpectAll(t, map[string]error{"Head": err}, blob.ErrSettings, want)
		} else if err != nil || got.endpoint+" "+got.region != want {
			t.Errorf("%s %s, %v; want %s", got.endpoint, got.region, err, want)
		}
	}
	const hangzhou, beijing = "https://oss-cn-hangzhou.aliyuncs.com cn-hangzhou", "https://oss-cn-beijing.aliyuncs.com cn-beijing"
	for want, configs := range map[string][]Config{
		hangzhou: {{Region: "cn-hangzhou"}, {Region: "oss-cn-hangzhou"}, {Region: "CN-Hangzhou"}},
		beijing:  {{Endpoint: "oss-cn-beijing.aliyuncs.com"}, {Endpoint: "acme.oss-cn-beijing.aliyuncs.com"}, {Endpoint: "HTTPS://ACME.OSS-CN-BEIJING.ALIYUNCS.COM/"}},
		"https://oss-eu-central-1-internal.aliyuncs.com eu-central-1":              {{Region: "eu-central-1", UseInternalEndpoint: true}},
		"http://oss-cn-beijing-internal.aliyuncs.com cn-beijing":                   {{Endpoint: "http://oss-cn-beijing-internal.aliyuncs.com/"}},
		"https://oss-cn-north-2-gov-1-internal.aliyuncs.com:443 cn-north-2-gov-1":  {{Endpoint: "oss-cn-north-2-gov-1-internal.aliyuncs.com:443"}},
		"https://cn-hangzhou.oss.aliyuncs.com cn-hangzhou":                         {{Endpoint: "https://cn-hangzhou.oss.aliyuncs.com"}},
		"https://oss-cn-shanghai-finance-1-pub.aliyuncs.com cn-shanghai-finance-1": {{Endpoint: "oss-cn-shanghai-finance-1-pub.aliyuncs.com"}},
		"https://data.example.com cn-beijing":                                      {{Endpoint: "data.example.com", Region: "cn-beijing", UseCNAME: true}},
		"https://[::1]:9000 r":                                                     {{Endpoint: "[::1]:9000", Region: "r"}},
		"https://localhost:8080 ":                                                  {{Endpoint: "localhost:8080", SignatureVersion: SignatureV1}},
		"https://oss-cn-hangzhou.aliyuncs.com cn-beijing":                          {{Endpoint: "oss-cn-hangzhou.aliyuncs.com", Region: "cn-beijing"}},
		"Set region in the provider's oss block (such as":                          {{}, {Endpoint: "data.example.com"}, {SignatureVersion: SignatureV1}},
		"Set region": {{Region: "cn hangzhou"}, {Region: "cn-hangzhou/x"}, {Region: "cn-hangzhou.aliyuncs.com"}, {Region: "华东1"}},
		"Set endpoint": {
			{Region: "r", UseCNAME: true}, {Region: "r", Endpoint: "ftp://example.com"}, {Region: "r", Endpoint: "https://user:" + secret + "@example.com"},
			{Region: "r", Endpoint: "https://example.com/bucket"}, {Region: "r", Endpoint: "https://example.com?x=" + secret}, {Region: "r", Endpoint: "https://:443"},
			{Region: "r", Endpoint: "a b"}, {Region: "r", Endpoint: "acme.cn-hangzhou.oss-dls.aliyuncs.com"}, {Endpoint: "oss-dls.aliyuncs.com"},
			{Region: "r", Endpoint: "acme.oss-accelerate.aliyuncs.com"}, {Region: "r", Endpoint: "OSS-Accelerate-overseas.aliyuncs.com"},
			{Endpoint: "acme.oss-cn-hangzhou.aliyuncs.com", UseCNAME: true},
		},
		"Set accelerate_endpoint": {{Region: "r", AccelerateEndpoint: "https://example.com/x"}},
		"custom_ca_bundle":        {{Region: "r", Common: objectstore.Common{CABundle: "/nonexistent.pem"}}},
	} {
		for _, config := range configs {
			expect(t, config, want)
		}
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
			expect(t, Config{Region: "cn-d", UseInternalEndpoint: true}, "https://oss-cn-d-internal.aliyuncs.com cn-d")
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

// The bucket is in the host name, as OSS wants it, unless the endpoint can have none before it; a domain of the user's own is the bucket.
func TestAddressing(t *testing.T) {
	for want, config := range map[string]Config{
		"https://acme.oss-cn-hangzhou.aliyuncs.com/key": {},
		"https://localhost:1/acme/key":                  {Endpoint: "localhost:1"},
		"https://127.0.0.1:1/acme/key":                  {Endpoint: "127.0.0.1:1"},
		"https://s.example.com/acme/key":                {Endpoint: "s.example.com", UsePathStyle: &[]bool{true}[0]},
		"https://s.example.com/key":                     {Endpoint: "s.example.com", UseCNAME: true},
	} {
		config.Region, config.AccessKey, config.SecretKey = "cn-hangzhou", "id", "secret"
		got, err := New(config, "acme").Presign(t.Context(), "GET", "key", 60e9)
		if address, _, _ := strings.Cut(got, "?"); err != nil || address != want {
			t.Errorf("%q, %v; want %q", address, err, want)
		}
	}
	server := ossfake.Start(t, ossfake.Options{})
	server.CreateBucketNamed("acme-flink", ossfake.BucketOptions{CNAMERequired: true})
	server.BindCNAME("localhost", "acme-flink")
	config := configFor(server)
	config.Endpoint, config.UseCNAME, config.UsePathStyle = strings.Replace(server.Endpoint, "127.0.0.1", "localhost", 1), true, new(bool)
	for _, config.SignatureVersion = range []string{SignatureV4, SignatureV1} {
		blobtest.MustPut(t, newStore(t, config, "acme-flink"), "a/key", []byte("data"))
	}
	for _, r := range server.Requests() {
		if strings.Contains(r.Path, "acme-flink") {
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}

func TestCheckBucket(t *testing.T) {
	for i, name := range []string{
		"acme", "abc", "0-a", strings.Repeat("b", 63), // these are good
		"", "ab", strings.Repeat("b", 64), "my.bucket", "my_bucket", "Bucket", "bucket-", "-bucket", "bücket",
	} {
		if err := CheckBucket(name); (err == nil) != (i < 4) || err != nil && !strings.Contains(err.Error(), "it has 3 to 63 lower-case letters") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// Another bucket of the same configuration is copied from, and none that another role reaches.
func TestOnlyStoresReachedInTheSameWayAreCopied(t *testing.T) {
	config := func(role string) Config { return Config{Region: "cn-hangzhou", AssumeRole: &AssumeRole{RoleARN: role}} }
	stage, err := New(config("r"), "here").Stage(t.Context(), "key", blob.WriteOptions{Size: -1})
	if err != nil {
		t.Fatal(err)
	}
	for role, want := range map[string]bool{"r": true, "s": false} {
		if got := stage.(blob.CopyStage).CanCopy(New(config(role), "there")); got != want {
			t.Errorf("%s: %t", role, got)
		}
	}
}
