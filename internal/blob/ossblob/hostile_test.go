package ossblob

import (
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// slack is what connections and buffers may take of an answer beyond its limit.
const slack = 1 << 20

// An answer without an end is an error, and no more is read of it than the limit.
func TestEndlessAnswers(t *testing.T) {
	store, server := rawStore(t)
	server.Pause = 50 * time.Millisecond
	piece := bytes.Repeat([]byte("<Contents><Key>dir/x</Key></Contents>"), 2000)
	for _, operation := range operations() {
		if strings.HasPrefix(operation.name, "Open") || operation.method == http.MethodHead || operation.name == "SetAttrs" {
			continue // an object may be as long as it likes, and to a HEAD comes no body
		}
		for _, status := range []int{200, 403, 500} {
			server.Endless(status, "x-oss-request-id: R1\r\nETag: \"e\"\r\nConnection: close", []byte("<X>"), piece)
			err := operation.send(t.Context(), store)
			if operation.name == "GetObjectACL" && status == 403 {
				continue // who may not know it does without
			}
			if status == 200 && (!errors.Is(err, blob.ErrNotAStore) || !strings.Contains(err.Error(), "bytes, of which no more were read")) || err == nil {
				t.Errorf("%s, %d: %v", operation.name, status, err)
				continue
			}
			checkFailure(t, operation.name, err)
			if most := int64(server.Requests()) * (wire.MaxAnswer(status) + slack); server.Sent() > most {
				t.Errorf("%s, %d: %d bytes were read in %d requests", operation.name, status, server.Sent(), server.Requests())
			}
		}
	}
}

// Neither has a header an end.
func TestEndlessHeaders(t *testing.T) {
	store, server := rawStore(t)
	for _, header := range []string{"x-oss-meta-a: ", "x-oss-meta-a: b\r\n"} {
		for _, operation := range operations() {
			server.Raw([]byte("HTTP/1.1 200 OK\r\n"+header), bytes.Repeat([]byte(header), 1000))
			err := operation.send(t.Context(), store)
			if !errors.Is(err, blob.ErrUnreachable) {
				t.Errorf("%s: %v", operation.name, err)
			}
			if most := int64(server.Requests()) * slack; server.Sent() > most {
				t.Errorf("%s: %d bytes were read in %d requests", operation.name, server.Sent(), server.Requests())
			}
		}
	}
}

// elsewhere is a server where nothing may arrive.
func elsewhere(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		t.Errorf("elsewhere arrived %s %s %v %q", r.Method, r.URL, r.Header, body)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

var redirectStatuses = []int{301, 302, 303, 307, 308}

// A signed request is for whom it was signed for: no redirect is followed, to whatever host or scheme.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := elsewhere(t)
	for _, status := range redirectStatuses {
		for _, genuine := range []string{"", "R1"} {
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked++
				io.Copy(io.Discard, r.Body)
				w.Header().Set("Location", other+r.URL.RequestURI())
				w.Header().Set("X-Oss-Request-Id", genuine)
				w.WriteHeader(status)
			}))
			config := reaching(server.URL, 0)
			config.SecurityToken = hush + "-token"
			store := newStore(t, config, "acme")
			for _, operation := range operations() {
				err := operation.send(t.Context(), store)
				if operation.name == "TryAcceleration" || operation.name == "GetObjectACL" && err == nil {
					continue
				}
				if !errors.Is(err, blob.ErrNotAStore) && !errors.Is(err, blob.ErrWrongRegion) || strings.Contains(fmt.Sprint(err), hush) {
					t.Errorf("%s, %d: %v", operation.name, status, err)
				}
			}
			if asked == 0 {
				t.Errorf("%d: nothing was asked", status)
			}
			closeIdle(store)
			server.Close()
		}
	}
}

// Nor does the exchange of a role follow, whose address is signed and whose body has the token.
func TestRedirectsOfSTS(t *testing.T) {
	other := elsewhere(t)
	for _, status := range redirectStatuses {
		base := http.DefaultTransport
		host := startBrokenSTS(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other+r.URL.RequestURI(), status)
		})
		for _, config := range []Config{
			{AccessKey: "LTAIid", SecretKey: hush, SecurityToken: hush, AssumeRole: &AssumeRole{RoleARN: "r"}},
			{OIDC: &OIDC{RoleARN: "r", ProviderARN: "p", Token: hush}},
		} {
			config.Region, config.STSEndpoint = "cn-hangzhou", host
			_, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", time.Minute)
			if !errors.Is(err, blob.ErrCredentials) || !strings.Contains(err.Error(), "redirects to "+other) || strings.Contains(err.Error(), hush) {
				t.Errorf("%d: %v", status, err)
			}
		}
		http.DefaultTransport = base
	}
}

// What credentials-go itself asks for follows neither, with the transport that main prepares.
func TestRedirectsOfALibrary(t *testing.T) {
	other := elsewhere(t)
	changeDefaultTransport(t, wire.DenyRedirects)
	for _, status := range redirectStatuses {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other, status)
		}))
		t.Setenv("ALIBABA_CLOUD_CREDENTIALS_URI", server.URL+"/credentials?token="+hush)
		_, err := New(Config{Region: "cn-hangzhou"}, "acme").Presign(t.Context(), http.MethodGet, "key", time.Minute)
		if !errors.Is(err, blob.ErrCredentials) || !strings.Contains(err.Error(), "redirects to "+other) || strings.Contains(err.Error(), hush) {
			t.Errorf("%d: %v", status, err)
		}
		server.Close()
	}
}

// What STS answers is bounded as well.
func TestEndlessSTS(t *testing.T) {
	for _, status := range []int{http.StatusOK, http.StatusForbidden} {
		sent := make(chan int, 1)
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			n := 0
			for piece := bytes.Repeat([]byte("{\"Credentials\": "), 10_000); n < 100<<20; {
				m, err := w.Write(piece)
				if n += m; err != nil {
					break
				}
			}
			sent <- n
		}))
		server.StartTLS()
		base := http.DefaultTransport
		roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		changeDefaultTransport(t, func(transport *http.Transport) {
			transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		})
		config := Config{Region: "cn-hangzhou", STSEndpoint: strings.TrimPrefix(server.URL, "https://"), OIDC: &OIDC{RoleARN: "r", ProviderARN: "p", Token: hush}}
		_, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", time.Minute)
		if !errors.Is(err, blob.ErrCredentials) || !strings.Contains(err.Error(), "more than 1048576 bytes") {
			t.Errorf("%d: %.300v", status, err)
		}
		if n := <-sent; n >= 100<<20 {
			t.Errorf("%d: %d bytes were read", status, n)
		}
		http.DefaultTransport = base
		server.Close()
	}
}
