package nginx_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/nginx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestServes(t *testing.T) {
	server := nginx.Start(t, nginx.Options{Username: "user", Password: "pass:word"})
	if err := os.WriteFile(filepath.Join(server.Directory, "job.jar"), []byte("bytes"), 0o600); err != nil {
		t.Fatal(err)
	}
	pem, err := os.ReadFile(server.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	defer transport.CloseIdleConnections()
	get := func(address, password string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("user", password)
		response, err := transport.RoundTrip(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	for _, address := range []string{server.URL, server.PlainURL} {
		if status, body := get(address+"/job.jar", "pass:word"); status != http.StatusOK || body != "bytes" {
			t.Errorf("%s: %d %q", address, status, body)
		}
		if status, _ := get(address+"/job.jar", "another"); status != http.StatusUnauthorized {
			t.Errorf("%s with a wrong password: %d", address, status)
		}
		if status, _ := get(address+"/missing.jar", "pass:word"); status != http.StatusNotFound {
			t.Errorf("%s without the file: %d", address, status)
		}
	}
}
