package ossblob

import (
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

type panicking struct{}

func (panicking) find() (*providers.Credentials, error) {
	var expiration *string
	return &providers.Credentials{AccessKeyId: *expiration}, nil //nolint:govet // what credentials-go does
}

// startBrokenSTS answers as it is told, by https.
func startBrokenSTS(t *testing.T, answer http.HandlerFunc) (host string) {
	t.Helper()
	server := httptest.NewTLSServer(answer)
	t.Cleanup(server.Close)
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	changeDefaultTransport(t, func(transport *http.Transport) {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	})
	return strings.TrimPrefix(server.URL, "https://")
}

// Whatever STS answers, it is an error that says no secret, and not the end of the process. The request is repeated in an answer
// as servers and gateways do.
func TestStrangeAnswersOfSTS(t *testing.T) {
	for name, answer := range map[string]func(w http.ResponseWriter, echo string){
		"no expiration": func(w http.ResponseWriter, echo string) {
			fmt.Fprintf(w, `{"Credentials": {"AccessKeyId": "a", "AccessKeySecret": %q, "SecurityToken": %q}}`, echo, echo)
		},
		"no secret": func(w http.ResponseWriter, echo string) {
			fmt.Fprintf(w, `{"Credentials": {"SecurityToken": %q}}`, echo)
		},
		"expires soon": func(w http.ResponseWriter, echo string) { fmt.Fprintf(w, `{"Credentials": %q}`, echo) },
		"no JSON":      func(w http.ResponseWriter, echo string) { fmt.Fprint(w, echo) },
		"XML": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "<?xml version='1.0'?><Error><Code>X</Code><Message>server string to sign is:POST %s</Message></Error>", echo)
		},
		"HTML": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprintf(w, "<html>%s {\"Code\": %q}", echo, echo)
		},
		"JSON": func(w http.ResponseWriter, echo string) {
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, `{"Code": "SignatureDoesNotMatch", "Message": "server string to sign is:%s"}`, echo)
		},
	} {
		t.Run(name, func(t *testing.T) {
			host := startBrokenSTS(t, func(w http.ResponseWriter, r *http.Request) {
				r.ParseForm()
				answer(w, r.Form.Encode()+" very-secret")
			})
			for _, config := range []Config{
				{AccessKey: "LTAI", SecretKey: "very-secret-key", SecurityToken: "very-secret-token", AssumeRole: &AssumeRole{RoleARN: "r"}},
				{OIDC: &OIDC{RoleARN: "r", ProviderARN: "p", Token: "very-secret-oidc"}},
			} {
				config.Region, config.STSEndpoint = "cn-hangzhou", host
				_, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", 60e9)
				if failure := failureOf(t, err); !errors.Is(err, blob.ErrCredentials) || strings.Contains(fmt.Sprintf("%v %+v", err, *failure), "very-secret") {
					t.Errorf("%v", err)
				}
			}
		})
	}
	if _, err := find(panicking{}); err == nil {
		t.Error("no error")
	}
	for _, text := range []string{"get credentials from GET http://user:very-secret@localhost/c?t=very-secret failed", "x: <html>very-secret"} {
		if got := inWords(errors.New(text)); strings.Contains(got, "very-secret") {
			t.Errorf("%q", got)
		}
	}
}

// A gateway that repeats a request repeats what was sent in confidence: in whatever form, nobody is shown it.
func TestSTSRepeatsTheRequest(t *testing.T) {
	const token = "very/secret+token=="
	for name, echo := range map[string]func(r *http.Request) string{
		"the address":         func(r *http.Request) string { return "bad request: POST " + r.URL.String() },
		"the form":            func(r *http.Request) string { return "bad request: " + r.PostForm.Encode() },
		"escaped twice":       func(r *http.Request) string { return url.QueryEscape(r.URL.RawQuery + "&" + r.PostForm.Encode()) },
		"escaped, lower case": func(r *http.Request) string { return strings.ToLower(r.URL.RawQuery + "&" + r.PostForm.Encode()) },
		"the values": func(r *http.Request) string {
			return r.URL.Query().Get("SecurityToken") + r.URL.Query().Get("Signature") + r.PostForm.Get("OIDCToken")
		},
		"a message": func(r *http.Request) string { return message(r.URL.String() + r.PostForm.Encode()) },
		"a message of values": func(r *http.Request) string {
			return message("token " + r.URL.Query().Get("SecurityToken") + r.PostForm.Get("OIDCToken") + " is wrong")
		},
		"a message, by number": func(r *http.Request) string {
			return strings.NewReplacer("/", `\/`, "+", `\u002b`, "=", `\u003D`).Replace(message(r.URL.Query().Get("SecurityToken") + r.PostForm.Get("OIDCToken")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			var secrets []string
			host := startBrokenSTS(t, func(w http.ResponseWriter, r *http.Request) {
				r.ParseForm()
				secrets = []string{"very", "secret"}
				if signature := r.URL.Query().Get("Signature"); signature != "" {
					secrets = append(secrets, strings.ToLower(signature[:12]), strings.ToLower(url.QueryEscape(signature)[:12]))
				}
				w.WriteHeader(http.StatusBadRequest)
				fmt.Fprint(w, echo(r))
			})
			for _, config := range []Config{
				{AccessKey: "LTAI", SecretKey: "key", SecurityToken: token, AssumeRole: &AssumeRole{RoleARN: "r"}},
				{OIDC: &OIDC{RoleARN: "r", ProviderARN: "p", Token: token}},
			} {
				config.Region, config.STSEndpoint = "cn-hangzhou", host
				_, err := New(config, "acme").Presign(t.Context(), http.MethodGet, "key", 60e9)
				failure := failureOf(t, err)
				said := strings.ToLower(fmt.Sprintf("%v %+v", err, *failure))
				if !errors.Is(err, blob.ErrCredentials) || len(secrets) == 0 {
					t.Fatalf("%v", err)
				}
				for _, secret := range secrets {
					if strings.Contains(said, secret) {
						t.Errorf("%q is in %q", secret, said)
					}
				}
			}
		})
	}
}

func message(text string) string {
	said, _ := json.Marshal(map[string]string{"Code": "AuthenticationFail", "Message": text})
	return string(said)
}

// STS, and the way to it, fail for a moment as OSS does; what it refuses it refuses for good.
func TestSTSFailsForAMoment(t *testing.T) {
	c := startCloud(t)
	base := http.DefaultTransport
	for _, test := range []struct {
		status int // 0: the connection breaks
		body   string
		passes bool
	}{
		{0, "", true},
		{http.StatusTooManyRequests, `{"Code": "Throttling.User", "Message": "m"}`, true},
		{http.StatusServiceUnavailable, `{"Code":"ServiceUnavailable", "Message": "m"}`, true},
		{http.StatusForbidden, `{"Code": "NoPermission", "Message": "m"}`, false},
	} {
		http.DefaultTransport = base
		var asked atomic.Int32
		flaky := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if asked.Add(1); test.status == 0 {
				panic(http.ErrAbortHandler)
			}
			w.WriteHeader(test.status)
			fmt.Fprint(w, test.body)
		})
		host := startBrokenSTS(t, flaky)
		config := c.config
		config.AccessKey, config.SecretKey, config.AssumeRole, config.STSEndpoint = c.AccessKey, c.SecretKey, &AssumeRole{RoleARN: "r"}, host
		if _, err := New(config, c.bucket).Presign(t.Context(), http.MethodGet, "key", 60e9); !errors.Is(err, blob.ErrCredentials) {
			t.Errorf("%d: %v", test.status, err)
		}
		want := int32(1)
		if test.passes {
			want = 3
		}
		if n := asked.Load(); n != want {
			t.Errorf("%d %s: asked %d times, want %d", test.status, test.body, n, want)
		}
	}
	http.DefaultTransport = base
}

// What the environment names and cannot be had is told.
func TestAnOIDCTokenThatIsNotThere(t *testing.T) {
	t.Setenv("ALIBABA_CLOUD_ROLE_ARN", "r")
	t.Setenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", "p")
	t.Setenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE", "/nonexistent/token")
	_, err := New(Config{Region: "cn-hangzhou"}, "acme").Presign(t.Context(), http.MethodGet, "key", 60e9)
	if !errors.Is(err, blob.ErrCredentials) || !strings.Contains(err.Error(), "/nonexistent/token") {
		t.Errorf("%v", err)
	}
}

// What was looked for and is not there is said in few words.
func TestNothingIsThere(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("ALIBABA_CLOUD_CREDENTIALS_FILE", "")
	t.Setenv("ALIBABA_CLOUD_CONFIG_FILE", "")
	_, err := newStore(t, Config{Region: "cn-hangzhou"}, "acme").Head(t.Context(), "key")
	failure := failureOf(t, err)
	for _, want := range []string{
		"none in the environment",
		"profile of the CLI: there is no " + home + "/.aliyun/config.json;",
		"credentials file: there is no " + home + "/.alibabacloud/credentials",
	} {
		if !strings.Contains(failure.Message, want) {
			t.Errorf("%q does not say %q", failure.Message, want)
		}
	}
}
