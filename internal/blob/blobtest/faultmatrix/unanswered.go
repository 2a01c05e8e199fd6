package faultmatrix

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// unanswered is a store whose client comes to no server at all, and a word that its failures have.
type unanswered struct {
	open func(t *testing.T, bucket string) blob.Store
	says string
}

func (b Backend) unanswered() map[string]unanswered {
	all := map[string]unanswered{
		"no such host": {says: "cannot be resolved", open: func(t *testing.T, bucket string) blob.Store {
			return b.open(t, "http://store.invalid", bucket, "", objectstore.Tuning{Dial: unresolving()})
		}},
	}
	if !b.NoTLS {
		all["expired certificate"] = unanswered{says: "has expired", open: func(t *testing.T, bucket string) blob.Store {
			endpoint, caFile := expired(t)
			return b.open(t, endpoint, bucket, caFile, objectstore.Tuning{})
		}}
	}
	return all
}

// unresolving dials with a name service that is on loopback, and is not there.
func unresolving() func(ctx context.Context, network, address string) (net.Conn, error) {
	nobody := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, "127.0.0.1:1")
	}
	return (&net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: nobody}}).DialContext
}

// expired is a server whose certificate has expired, and which therefore nobody asks anything. The CA itself is trusted.
func expired(t testing.TB) (endpoint, caFile string) {
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
