package ossfake

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
)

// listen serves on a port of loopback until the test ends, and says where. Without an authority it is plain http.
func listen(t testing.TB, handler http.Handler, authority *privateca.CA) string {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	// A client that does not know the CA is a test's intention, and no line in its log.
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if authority == nil {
		server.Start()
	} else {
		server.TLS = authority.Server.Clone()
		server.StartTLS()
	}
	t.Cleanup(server.Close)
	return server.URL
}
