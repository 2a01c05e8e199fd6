package s3blob

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// slack is what connections and buffers may take of an answer beyond its limit.
const slack = 1 << 20

// An answer without an end is an error that says so, of which no more is read than the limit.
func TestEndlessAnswers(t *testing.T) {
	store, server := rawStore(t)
	server.Pause = 50 * time.Millisecond
	piece := bytes.Repeat([]byte("<Contents><Key>dir/x</Key></Contents>"), 2000)
	for _, operation := range operations() {
		if strings.HasPrefix(operation.name, "Open") || operation.method == http.MethodHead {
			continue // an object may be as long as it likes, and to a HEAD comes no body
		}
		root := operation.root
		if root == "" {
			root = "Anything"
		}
		for _, status := range []int{200, 403, 500} {
			if status != 200 {
				root = "Error"
			}
			unproven(store)
			// A HEAD that comes first is answered, too.
			send := func() error {
				server.Endless(status, "x-amz-request-id: 4711\r\nETag: \"e\"\r\nConnection: close", []byte("<"+root+">"), piece)
				return operation.send(t.Context(), store)
			}
			err := send()
			// On a busy machine the pause may not be enough for net/http to learn that the request was sent: then it has closed the connection itself.
			for again := 0; again < 10 && err != nil && strings.Contains(err.Error(), io.ErrClosedPipe.Error()); again++ {
				err = send()
			}
			if err == nil || operation.name != "SetAttrs" && !errors.Is(err, blob.ErrNotAStore) {
				t.Errorf("%s, %d: %v", operation.name, status, err)
				continue
			}
			checkFailure(t, operation.name, err)
			if operation.name != "SetAttrs" && !strings.Contains(err.Error(), "bytes, of which no more were read") {
				t.Errorf("%s, %d: %v", operation.name, status, err)
			}
			if most := int64(server.Requests()) * (wire.MaxAnswer(status) + slack); server.Sent() > most {
				t.Errorf("%s, %d: %d bytes were read in %d requests", operation.name, status, server.Sent(), server.Requests())
			}
		}
	}
}

// Neither has a header an end.
func TestEndlessHeaders(t *testing.T) {
	store, server := rawStore(t)
	for _, header := range []string{"x-amz-meta-a: ", "x-amz-meta-a: b\r\n"} {
		for _, operation := range operations() {
			unproven(store)
			server.Raw([]byte("HTTP/1.1 200 OK\r\n"+header), bytes.Repeat([]byte(header), 1000))
			err := operation.send(t.Context(), store)
			if !errors.Is(err, blob.ErrUnreachable) {
				t.Errorf("%s: %v", operation.name, err)
			}
			checkFailure(t, operation.name, err)
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

// redirects answers everything by a redirect that keeps path and query, as to another region or to http, and counts.
func redirects(t *testing.T, status int, to string) (address string, asked func() int) {
	t.Helper()
	requests := make(chan struct{}, 1000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests <- struct{}{}
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Location", to+r.URL.RequestURI())
		w.Header().Set("X-Amz-Request-Id", "4711")
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server.URL, func() int { return len(requests) }
}

var redirectStatuses = []int{301, 302, 303, 307, 308}

// A signed request is for whom it was signed for: no redirect is followed, to whatever host or scheme.
func TestRedirectsAreNotFollowed(t *testing.T) {
	other := elsewhere(t)
	for _, status := range redirectStatuses {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			address, asked := redirects(t, status, other)
			config := unretried(address)
			config.Token = secret + "-token"
			store := newStore(t, config, "bucket")
			for operation, err := range every(t, store) {
				if err == nil {
					t.Errorf("%s succeeds", operation)
				} else if strings.Contains(err.Error(), secret) || !errors.Is(err, blob.ErrNotAStore) && !errors.Is(err, blob.ErrWrongRegion) {
					t.Errorf("%s: %v", operation, err)
				}
			}
			if asked() == 0 {
				t.Error("nothing was asked")
			}
		})
	}
}

// Nor does any request follow that looks for credentials: keys, tokens and secrets are in its header, its query or its body.
func TestRedirectsOfCredentials(t *testing.T) {
	const role = "arn:aws:iam::1:role/flink"
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	other := elsewhere(t)
	for name, c := range map[string]struct {
		config Config
		env    func(address string) map[string]string
	}{
		"assume_role": {Config{AccessKey: "key", SecretKey: secret, Token: secret, AssumeRole: &AssumeRole{RoleARN: role}}, nil},
		"a token":     {Config{WebIdentity: &WebIdentity{RoleARN: role, Token: secret}}, nil},
		"a token of the environment": {Config{}, func(string) map[string]string {
			return map[string]string{"AWS_ROLE_ARN": role, "AWS_WEB_IDENTITY_TOKEN_FILE": token}
		}},
		"a container": {Config{}, func(address string) map[string]string {
			return map[string]string{"AWS_CONTAINER_CREDENTIALS_FULL_URI": address + "/credentials", "AWS_CONTAINER_AUTHORIZATION_TOKEN": secret}
		}},
		"an instance": {Config{}, func(address string) map[string]string {
			return map[string]string{"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": address}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, status := range redirectStatuses {
				address, asked := redirects(t, status, other)
				t.Setenv("AWS_ENDPOINT_URL_STS", address)
				if c.env != nil {
					for name, value := range c.env(address) {
						t.Setenv(name, value)
					}
				}
				config := c.config
				config.Endpoint, config.MaxRetries = other, aws.Int(0) // where nothing arrives either, without credentials
				t.Setenv("AWS_MAX_ATTEMPTS", "1")
				err := newStore(t, config, "bucket").Bucket(t.Context())
				if !errors.Is(err, blob.ErrCredentials) || strings.Contains(err.Error(), secret) {
					t.Errorf("%d: %v", status, err)
				}
				if asked() == 0 {
					t.Errorf("%d: nothing was asked", status)
				}
			}
		})
	}
}

// What STS answers is bounded as well.
func TestEndlessSTS(t *testing.T) {
	for _, status := range []int{200, 403} {
		sent := make(chan int, 1)
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			n := 0
			for piece := bytes.Repeat([]byte("<Message>"), 10_000); n < 100<<20; {
				m, err := w.Write(piece)
				if n += m; err != nil {
					break
				}
			}
			sent <- n
		}))
		t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
		t.Setenv("AWS_MAX_ATTEMPTS", "1")
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		config := unretried(elsewhere(t))
		config.AccessKey, config.WebIdentity = "", &WebIdentity{RoleARN: "arn:aws:iam::1:role/flink", Token: secret}
		err := newStore(t, config, "bucket").Bucket(t.Context())
		runtime.ReadMemStats(&after)
		if !errors.Is(err, blob.ErrCredentials) || strings.Contains(err.Error(), secret) || len(err.Error()) > 3000 {
			t.Errorf("%d: %.3000v", status, err)
		}
		select {
		case n := <-sent:
			if n >= 100<<20 {
				t.Errorf("%d: %d bytes were read", status, n)
			}
		case <-time.After(time.Minute):
			t.Errorf("%d: it is still read", status)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > 80<<20 {
			t.Errorf("%d: %d bytes of memory were taken", status, took)
		}
		server.Close()
	}
}
