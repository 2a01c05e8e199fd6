package ossfake_test

import (
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// httpClient reaches the server, and leaves no connection behind.
func httpClient(t *testing.T, server *ossfake.Server) *http.Client {
	t.Helper()
	transport := &http.Transport{}
	if server.CAFile != "" {
		pem, err := os.ReadFile(server.CAFile)
		if err != nil {
			t.Fatal(err)
		}
		roots := x509.NewCertPool()
		roots.AppendCertsFromPEM(pem)
		transport.TLSClientConfig = &tls.Config{RootCAs: roots}
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// client is Alibaba's own SDK v2, which nobody here wrote. It does not try again: a refusal is seen as it comes.
func client(t *testing.T, server *ossfake.Server, version oss.SignatureVersionType, change ...func(*oss.Config)) *oss.Client {
	t.Helper()
	config := oss.LoadDefaultConfig().
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey)).
		WithRegion(server.Region).
		WithEndpoint(server.Endpoint).
		WithSignatureVersion(version).
		WithRetryMaxAttempts(1).
		WithHttpClient(httpClient(t, server))
	for _, c := range change {
		c(config)
	}
	return oss.NewClient(config)
}

// versions are both signatures, by name.
var versions = map[string]oss.SignatureVersionType{"V1": oss.SignatureVersionV1, "V4": oss.SignatureVersionV4}

// must ends the test on the error of a call: must(client.PutObject(…))(t).
func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
