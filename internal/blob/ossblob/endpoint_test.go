package ossblob

import (
	"errors"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestPlaces(t *testing.T) {
	for _, c := range []struct {
		config   Config
		env      map[string]string
		region   string
		endpoint string
	}{
		{config: Config{Region: "cn-hangzhou"}, region: "cn-hangzhou", endpoint: "https://oss-cn-hangzhou.aliyuncs.com"},
		{config: Config{Region: "oss-cn-hangzhou"}, region: "cn-hangzhou", endpoint: "https://oss-cn-hangzhou.aliyuncs.com"},
		{config: Config{Region: "eu-central-1", UseInternalEndpoint: true}, region: "eu-central-1", endpoint: "https://oss-eu-central-1-internal.aliyuncs.com"},
		{config: Config{Endpoint: "oss-cn-beijing.aliyuncs.com"}, region: "cn-beijing", endpoint: "https://oss-cn-beijing.aliyuncs.com"},
		{config: Config{Endpoint: "acme.oss-cn-beijing.aliyuncs.com"}, region: "cn-beijing", endpoint: "https://oss-cn-beijing.aliyuncs.com"},
		{config: Config{Endpoint: "http://oss-cn-beijing-internal.aliyuncs.com/"}, region: "cn-beijing", endpoint: "http://oss-cn-beijing-internal.aliyuncs.com"},
		{config: Config{Endpoint: "https://cn-hangzhou.oss.aliyuncs.com"}, region: "cn-hangzhou", endpoint: "https://cn-hangzhou.oss.aliyuncs.com"},
		{config: Config{Endpoint: "oss-cn-shanghai-finance-1.aliyuncs.com", Region: "cn-shanghai-finance-1"}, region: "cn-shanghai-finance-1", endpoint: "https://oss-cn-shanghai-finance-1.aliyuncs.com"},
		{config: Config{Endpoint: "oss-cn-shanghai-finance-1-pub.aliyuncs.com"}, region: "cn-shanghai-finance-1", endpoint: "https://oss-cn-shanghai-finance-1-pub.aliyuncs.com"},
		{config: Config{Endpoint: "data.example.com", Region: "cn-beijing", UseCNAME: true}, region: "cn-beijing", endpoint: "https://data.example.com"},
		{config: Config{Endpoint: "localhost:8080", SignatureVersion: SignatureV1}, region: "", endpoint: "https://localhost:8080"},
		{config: Config{Region: "cn-beijing", Endpoint: "oss-cn-hangzhou.aliyuncs.com"}, region: "cn-beijing", endpoint: "https://oss-cn-hangzhou.aliyuncs.com"},

		{env: map[string]string{"OSS_REGION": "cn-shenzhen"}, region: "cn-shenzhen", endpoint: "https://oss-cn-shenzhen.aliyuncs.com"},
		{env: map[string]string{"ALIBABA_CLOUD_REGION": "cn-a", "ALICLOUD_REGION": "cn-b"}, region: "cn-a", endpoint: "https://oss-cn-a.aliyuncs.com"},
		{env: map[string]string{"ALIBABA_CLOUD_REGION_ID": "cn-a"}, region: "cn-a", endpoint: "https://oss-cn-a.aliyuncs.com"},
		{env: map[string]string{"ALICLOUD_REGION": "cn-b"}, region: "cn-b", endpoint: "https://oss-cn-b.aliyuncs.com"},
		{env: map[string]string{"OSS_ENDPOINT": "oss-cn-c.aliyuncs.com", "ALICLOUD_REGION": "cn-b"}, region: "cn-c", endpoint: "https://oss-cn-c.aliyuncs.com"},
		{config: Config{Endpoint: "oss-cn-d.aliyuncs.com"}, env: map[string]string{"OSS_ENDPOINT": "oss-cn-c.aliyuncs.com", "OSS_REGION": "cn-c"}, region: "cn-d", endpoint: "https://oss-cn-d.aliyuncs.com"},
		// A setting of the provider's counts before the environment.
		{config: Config{Region: "cn-d", UseInternalEndpoint: true}, env: map[string]string{"OSS_ENDPOINT": "oss-cn-d.aliyuncs.com"}, region: "cn-d", endpoint: "https://oss-cn-d-internal.aliyuncs.com"},
	} {
		t.Run("", func(t *testing.T) {
			for name, value := range c.env {
				t.Setenv(name, value)
			}
			got, err := placesOf(c.config, "acme")
			if err != nil || got.region != c.region || got.endpoint != c.endpoint {
				t.Errorf("%+v %v: %+v, %v; want %q %q", c.config, c.env, got, err, c.region, c.endpoint)
			}
		})
	}
}

func TestNoRegion(t *testing.T) {
	for _, config := range []Config{{}, {Endpoint: "data.example.com"}, {Endpoint: "https://127.0.0.1:1"}, {SignatureVersion: SignatureV1}} {
		_, err := New(config, "acme").Head(t.Context(), "key")
		if !errors.Is(err, blob.ErrSettings) || !strings.Contains(failureOf(t, err).Advice, "OSS_REGION") {
			t.Errorf("%+v: %v", config, err)
		}
	}
}

func TestEndpointsThatCannotBe(t *testing.T) {
	for _, config := range []Config{
		{Endpoint: "ftp://example.com"},
		{Endpoint: "https://user:secret-word@example.com"},
		{Endpoint: "https://example.com/bucket"},
		{Endpoint: "https://example.com?x=secret-word"},
		{Endpoint: "https://"},
		{Endpoint: "a b"},
		{UseCNAME: true},
		{AccelerateEndpoint: "https://example.com/x"},
	} {
		config.Region = "cn-hangzhou"
		_, err := New(config, "acme").Head(t.Context(), "key")
		if failure := failureOf(t, err); failure.Advice == "" || strings.Contains(err.Error()+failure.Advice, "secret-word") || !errors.Is(err, blob.ErrSettings) {
			t.Errorf("%+v: %v (%s)", config, err, failure.Advice)
		}
	}
}

// A domain of the user's own is the bucket.
func TestCNAME(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	server.CreateBucketNamed("acme-flink", ossfake.BucketOptions{CNAMERequired: true})
	server.BindCNAME("localhost", "acme-flink")
	config := configFor(server)
	no := false
	config.Endpoint, config.UseCNAME, config.UsePathStyle = strings.Replace(server.Endpoint, "127.0.0.1", "localhost", 1), true, &no
	for _, version := range []string{SignatureV4, SignatureV1} {
		config.SignatureVersion = version
		store := newStore(t, config, "acme-flink")
		mustPut(t, store, "a/key", []byte("data"))
		if got := read(t, store, "a/key"); string(got) != "data" {
			t.Errorf("%q", got)
		}
	}
	for _, r := range server.Requests() {
		if strings.Contains(r.Path, "acme-flink") {
			t.Errorf("%s %s", r.Method, r.Path)
		}
	}
}

// The bucket is in the host name, as OSS wants it, unless the endpoint can have none before it.
func TestAddressing(t *testing.T) {
	yes := true
	for want, config := range map[string]Config{
		"https://acme.oss-cn-hangzhou.aliyuncs.com/key": {Region: "cn-hangzhou"},
		"https://localhost:1/acme/key":                  {Region: "cn-hangzhou", Endpoint: "localhost:1"},
		"https://127.0.0.1:1/acme/key":                  {Region: "cn-hangzhou", Endpoint: "127.0.0.1:1"},
		"https://s.example.com/acme/key":                {Region: "cn-hangzhou", Endpoint: "s.example.com", UsePathStyle: &yes},
		"https://s.example.com/key":                     {Region: "cn-hangzhou", Endpoint: "s.example.com", UseCNAME: true},
	} {
		config.AccessKey, config.SecretKey = "id", "secret"
		got, err := New(config, "acme").Presign(t.Context(), "GET", "key", 60e9)
		if address, _, _ := strings.Cut(got, "?"); err != nil || address != want {
			t.Errorf("%q, %v; want %q", address, err, want)
		}
	}
}
