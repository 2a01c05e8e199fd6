package faultmatrix

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
)

// NoSuchHost is an endpoint that no name service knows.
const NoSuchHost = "http://store.invalid"

// Unresolving dials with a name service that is on loopback, and is not there.
func Unresolving() func(ctx context.Context, network, address string) (net.Conn, error) {
	nobody := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:1")
	}
	return (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: nobody}}).DialContext
}

// Expired is a server whose certificate has expired, and which therefore nobody asks anything. The CA itself is trusted.
func Expired(t testing.TB) (endpoint, caFile string) {
	t.Helper()
	authority := privateca.Expired(t)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked behind an expired certificate: %s %s", r.Method, r.URL.Path)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.TLS = authority.Server
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL, authority.File
}
