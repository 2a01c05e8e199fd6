package ossfake_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// trust lets http.DefaultTransport, which credentials-go copies, know a private CA. A process of its own would be told
// by SSL_CERT_FILE.
func trust(t *testing.T, caFile string) {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(must(os.ReadFile(caFile))(t))
	transport := http.DefaultTransport.(*http.Transport)
	before := transport.TLSClientConfig
	transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	t.Cleanup(func() { transport.TLSClientConfig = before })
}

// works checks that the server takes a key that was handed out, with both signatures, and refuses it after its time.
func works(t *testing.T, server *ossfake.Server, bucket string, provider providers.CredentialsProvider, life time.Duration) {
	t.Helper()
	key := must(provider.GetCredentials())(t)
	if key.SecurityToken == "" || key.AccessKeyId == server.AccessKey {
		t.Errorf("%+v", key)
	}
	for _, version := range versions {
		c := client(t, server, version, withKey(key.AccessKeyId, key.AccessKeySecret, key.SecurityToken))
		put(t, c, bucket, "key", []byte("data"))
		// The token is looked at before the time of the signature, which would be off as well.
		server.SetClock(life + time.Minute)
		refusal(c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key")}))(t, 403, "SecurityTokenExpired")
		server.SetClock(0)
	}
}

func TestAssumeRole(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	bucket := server.CreateBucket(t)
	endpoint, caFile := server.StartSTS(t)
	trust(t, caFile)
	assume := func(id, secret string) *providers.RAMRoleARNCredentialsProvider {
		return must(providers.NewRAMRoleARNCredentialsProviderBuilder().WithAccessKeyId(id).WithAccessKeySecret(secret).WithStsEndpoint(endpoint).
			WithRoleArn("acs:ram::1000000000000001:role/a b").WithRoleSessionName("session").WithDurationSeconds(900).Build())(t)
	}
	works(t, server, bucket, assume(server.AccessKey, server.SecretKey), 15*time.Minute)
	for code, provider := range map[string]*providers.RAMRoleARNCredentialsProvider{
		"SignatureDoesNotMatch": assume(server.AccessKey, "wrong"), "InvalidAccessKeyId.NotFound": assume("nobody", "x"),
	} {
		if _, err := provider.GetCredentials(); err == nil || !strings.Contains(err.Error(), code) {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

func TestAssumeRoleWithOIDC(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	bucket := server.CreateBucket(t)
	endpoint, caFile := server.StartSTS(t)
	trust(t, caFile)
	server.AddOIDCToken("the token")
	assume := func(token string) *providers.OIDCCredentialsProvider {
		path := t.TempDir() + "/token"
		if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		return must(providers.NewOIDCCredentialsProviderBuilder().WithOIDCTokenFilePath(path).WithOIDCProviderARN("acs:ram::1:oidc-provider/x").
			WithRoleArn("acs:ram::1:role/x").WithSTSEndpoint(endpoint).Build())(t)
	}
	works(t, server, bucket, assume("the token"), time.Hour)
	if _, err := assume("another").GetCredentials(); err == nil || !strings.Contains(err.Error(), "AuthenticationFail.OIDCToken.Invalid") {
		t.Error(err)
	}
}

func TestMetadataService(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "") // which the tests' script sets, so that no machine's own role is found
	server := ossfake.Start(t, ossfake.Options{})
	bucket := server.CreateBucket(t)
	proxy := server.StartMetadata(t, "role-of-instance")
	works(t, server, bucket, must(providers.NewECSRAMRoleCredentialsProviderBuilder().WithDisableIMDSv1(true).
		WithHttpOptions(&providers.HttpOptions{Proxy: proxy}).Build())(t), 6*time.Hour)
	// Without a token there is nothing.
	request := must(http.NewRequestWithContext(t.Context(), http.MethodGet, proxy+"/latest/meta-data/ram/security-credentials/", nil))(t)
	request.Host = "100.100.100.200"
	response := must(httpClient(t, server).Do(request))(t)
	response.Body.Close()
	if response.StatusCode != http.StatusForbidden {
		t.Error(response.Status)
	}
}
