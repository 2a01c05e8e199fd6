package hostile

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
)

// What gets no answer says what is the matter, and what to do about it.
func (v Vendor) connections(t *testing.T) {
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	secure.StartTLS()
	defer secure.Close()
	for name, c := range map[string]struct {
		endpoint string
		words    []string
	}{
		"a private CA":                {secure.URL, []string{"unknown authority", "custom_ca_bundle", secure.URL}},
		"https to a port for http":    {strings.Replace(plain.URL, "http:", "https:", 1), []string{"http://"}},
		"a port where nobody listens": {Endpoint, []string{"connection refused", "endpoint", Endpoint}},
		"a host that does not exist":  {"http://store.invalid", []string{"store.invalid", "name service"}},
	} {
		t.Run(name, func(t *testing.T) {
			v.ExpectAll(t, v.Every(t.Context(), v.Open(t, c.endpoint, 0, nil)), blob.ErrUnreachable, c.words...)
		})
	}
	unreachable := func(err error, words ...string) {
		t.Helper()
		v.ExpectAll(t, map[string]error{"Bucket": err}, blob.ErrUnreachable, words...)
	}
	// Go's own servers say what is wrong, and others send an alert of TLS, which is no HTTP.
	alert := &rawserver.Server{}
	defer alert.Wait()
	alert.Raw([]byte("\x15\x03\x01\x00\x02\x02\x46"), nil)
	unreachable(v.Open(t, Endpoint, 0, alert.Dial).Bucket(t.Context()), "https://")
	err := v.Open(t, strings.Replace(secure.URL, "https:", "http:", 1), 0, nil).Bucket(t.Context())
	var failure *blob.Error
	if !errors.As(err, &failure) || !strings.Contains(failure.Advice, "https://") {
		t.Errorf("http to a port of Go for https: %+v", failure)
	}
	// A connection that takes too long is not the caller's own deadline.
	err = v.Open(t, plain.URL, 0, (&net.Dialer{Timeout: 1}).DialContext).Bucket(t.Context())
	if unreachable(err, "timeout", "endpoint"); errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v passes for the caller's own deadline", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	if err := v.Open(t, plain.URL, 0, nil).Bucket(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the caller's own deadline: %v", err)
	}
	// What cannot become better is not repeated.
	var dials atomic.Int64
	err = v.Open(t, secure.URL, 20, func(ctx context.Context, network, address string) (net.Conn, error) {
		dials.Add(1)
		return (&net.Dialer{}).DialContext(ctx, network, address)
	}).Bucket(t.Context())
	if unreachable(err, "custom_ca_bundle"); dials.Load() != 1 {
		t.Errorf("a private CA: %d connections", dials.Load())
	}
}
