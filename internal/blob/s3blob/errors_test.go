package s3blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const secret = "a-very-secret-key"

// fakeStore answers everything in the same way.
func fakeStore(t *testing.T, handler http.HandlerFunc) *Store {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return newStore(t, unretried(server.URL), "bucket")
}

// unretried is a store at an endpoint, whose requests are sent once.
func unretried(endpoint string) Config {
	config := Config{Endpoint: endpoint, AccelerateEndpoint: endpoint, AccessKey: "key", SecretKey: secret}
	config.MaxRetries = aws.Int(0)
	return config
}

// every calls every operation of a store.
func every(t *testing.T, store *Store) map[string]error {
	t.Helper()
	ctx := t.Context()
	errs := map[string]error{"Bucket": store.Bucket(ctx), "Delete": store.Delete(ctx, "key", blob.Cond{})}
	_, errs["Head"] = store.Head(ctx, "key")
	object, err := store.Open(ctx, "key", blob.ReadOptions{})
	if err == nil {
		object.Close()
	}
	errs["Open"] = err
	_, errs["List"] = store.List(ctx, blob.Query{})
	_, errs["SetAttrs"] = store.SetAttrs(ctx, "key", blob.Cond{}, func(a *blob.Attrs) { a.Owner = "me" })
	_, errs["Put"] = put(t, store, "key", []byte("data"), blob.Cond{})
	_, errs["Put large"] = put(t, store, "key", make([]byte, 9<<20), blob.Cond{})
	_, errs["CORS"] = store.CORS(ctx)
	errs["SetCORS"] = store.SetCORS(ctx, blob.CORSConfig{Rules: []blob.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}}})
	errs["SetCORS to none"] = store.SetCORS(ctx, blob.CORSConfig{})
	_, errs["Acceleration"] = store.Acceleration(ctx)
	errs["SetAcceleration"] = store.SetAcceleration(ctx, true)
	errs["TryAcceleration"] = store.TryAcceleration(ctx)
	return errs
}

// expectAll: every operation fails with the sentinel, in words that hold what is wanted and no secret.
func expectAll(t *testing.T, errs map[string]error, sentinel error, words ...string) {
	t.Helper()
	for operation, err := range errs {
		var failure *blob.Error
		if !errors.As(err, &failure) || !errors.Is(err, sentinel) {
			t.Errorf("%s: %v; want %v", operation, err, sentinel)
			continue
		}
		if failure.Op == "" || !strings.HasPrefix(failure.URI, "s3://") || failure.Advice == "" {
			t.Errorf("%s: Op, URI or Advice is missing: %+v", operation, failure)
		}
		text := err.Error() + " " + failure.Advice
		for _, word := range words {
			if !strings.Contains(text, word) {
				t.Errorf("%s: %q lacks %q", operation, text, word)
			}
		}
		if strings.Contains(text, secret) || strings.Contains(text, "X-Amz-Signature") || len(text) > 800 {
			t.Errorf("%s: %q", operation, text)
		}
	}
}

const page = `<!DOCTYPE html><html><head><title> Sign&nbsp;in
 to ACME </title></head><body>` + "lots of text" + `</body></html>`

func TestWhatIsNoStore(t *testing.T) {
	html := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("ETag", `"5f-6"`)
			w.WriteHeader(status)
			io.WriteString(w, page)
		}
	}
	for name, handler := range map[string]http.HandlerFunc{
		"a page":                html(200),
		"a page that is absent": html(404),
		"a forbidden page":      html(403),
		"a broken gateway":      html(502),
		"a page without a type": func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			io.WriteString(w, page)
		},
		"a redirect to a log-in page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://login.example.com/?token="+secret)
			w.WriteHeader(http.StatusFound)
		},
		"plain text": func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) },
		"JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, `{"error":"no"}`)
		},
		"an empty 404": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
	} {
		t.Run(name, func(t *testing.T) { expectAll(t, every(t, fakeStore(t, handler)), blob.ErrNotAStore, "endpoint") })
	}
	err := fakeStore(t, html(200)).Bucket(t.Context())
	if !strings.Contains(err.Error(), `"Sign in to ACME"`) || strings.Contains(err.Error(), "lots") {
		t.Errorf("%v", err)
	}
}

// The headers of S3 are missing in what some stores answer: then its XML proves a store, once.
func TestAnAbsentKeyOfAnUnknownStore(t *testing.T) {
	var requests []string
	store := fakeStore(t, func(w http.ResponseWriter, r *http.Request) {
		requests = append(requests, r.Method)
		if r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		io.WriteString(w, `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`)
	})
	for range 2 {
		if _, err := store.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	if got := strings.Join(requests, " "); got != "HEAD GET HEAD" {
		t.Error(got)
	}
}

func TestARealServerRefuses(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	bucket := server.CreateBucket(t)
	t.Run("a wrong secret", func(t *testing.T) {
		config := configFor(server)
		config.SecretKey = secret
		expectAll(t, every(t, newStore(t, config, bucket)), blob.ErrCredentials, "SignatureDoesNotMatch", "secret_key", server.Endpoint)
	})
	t.Run("an unknown key", func(t *testing.T) {
		config := configFor(server)
		config.AccessKey = "unknown"
		expectAll(t, every(t, newStore(t, config, bucket)), blob.ErrCredentials, "InvalidAccessKeyId", "access_key")
	})
	t.Run("no permission", func(t *testing.T) {
		config := configFor(server)
		config.AccessKey, config.SecretKey = server.CreateUser(t)
		errs := every(t, newStore(t, config, bucket))
		delete(errs, "Acceleration") // this server has none, for nobody
		delete(errs, "SetAcceleration")
		expectAll(t, errs, fs.ErrPermission, "Needed: s3:")
	})
	t.Run("no bucket", func(t *testing.T) {
		store := newStore(t, configFor(server), "absent-bucket")
		errs := every(t, store)
		if !errors.Is(errs["Head"], fs.ErrNotExist) {
			t.Errorf("Head: %v", errs["Head"])
		}
		delete(errs, "Head")
		delete(errs, "SetAttrs") // begins with the same HEAD
		expectAll(t, errs, blob.ErrNoBucket, "NoSuchBucket")
	})
	t.Run("another region", func(t *testing.T) {
		config := configFor(server)
		config.Region = "eu-west-1"
		expectAll(t, every(t, newStore(t, config, bucket)), blob.ErrWrongRegion, "region")
	})
}

func TestConnectionsThatFail(t *testing.T) {
	plain := versitygw.Start(t, versitygw.Options{})
	secure := versitygw.Start(t, versitygw.Options{TLS: true})
	goTLS := httptest.NewTLSServer(http.NotFoundHandler())
	defer goTLS.Close()
	goTLS.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	for name, c := range map[string]struct {
		endpoint string
		words    []string
	}{
		"a private CA":                {secure.Endpoint, []string{"unknown authority", "custom_ca_bundle"}},
		"https to a port for http":    {strings.Replace(plain.Endpoint, "http:", "https:", 1), []string{"http://"}},
		"a port where nobody listens": {"http://127.0.0.1:1", []string{"connection refused"}},
		"a host that does not exist":  {"http://store.invalid", []string{"store.invalid"}},
	} {
		t.Run(name, func(t *testing.T) {
			store := newStore(t, unretried(c.endpoint), "bucket")
			expectAll(t, every(t, store), blob.ErrUnreachable, append(c.words, c.endpoint)...)
		})
	}
	for name, endpoint := range map[string]string{"versitygw": secure.Endpoint, "Go": goTLS.URL} {
		t.Run("http to a port for https, "+name, func(t *testing.T) {
			store := newStore(t, unretried(strings.Replace(endpoint, "https:", "http:", 1)), "bucket")
			err := store.Bucket(t.Context())
			var failure *blob.Error
			if !errors.As(err, &failure) {
				t.Fatalf("%v", err)
			}
			if !strings.Contains(failure.Advice, "https://") {
				t.Errorf("%v: %s", err, failure.Advice)
			}
		})
	}
	t.Run("a connection that takes too long", func(t *testing.T) {
		store := newStore(t, unretried(plain.Endpoint), "bucket", objectstore.Tuning{Dial: (&net.Dialer{Timeout: 1}).DialContext})
		errs := every(t, store)
		expectAll(t, errs, blob.ErrUnreachable, "timeout", "firewall")
		for operation, err := range errs {
			if errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%s: %v passes for the caller's own deadline", operation, err)
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		if err := newStore(t, configFor(plain), "bucket").Bucket(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's own deadline: %v", err)
		}
	})
	t.Run("what cannot become better is not repeated", func(t *testing.T) {
		config := unretried(secure.Endpoint)
		config.MaxRetries = aws.Int(20)
		var dials atomic.Int64
		store := newStore(t, config, "bucket", objectstore.Tuning{Dial: counting(&dials)})
		if err := store.Bucket(t.Context()); !errors.Is(err, blob.ErrUnreachable) || dials.Load() != 1 {
			t.Errorf("%v, after %d connections", err, dials.Load())
		}
	})
}

func TestNoURLIsInAMessage(t *testing.T) {
	store := New(Config{}, "bucket")
	for _, cause := range []error{io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}} {
		sent := &url.Error{Op: "Get", URL: "https://s3.example.com/bucket/key?X-Amz-Signature=" + secret, Err: cause}
		for _, err := range []error{sent, fmt.Errorf("wrapped: %w", sent), noCredentials(Config{}, sent)} {
			expectAll(t, map[string]error{"GetObject": store.Fail("GetObject", "key", err)}, sentinelOf(err), cause.Error())
		}
	}
}

func sentinelOf(err error) error {
	var credentials *wire.ExplainedError
	if errors.As(err, &credentials) {
		return blob.ErrCredentials
	}
	return blob.ErrUnreachable
}

func TestRedirectsToARegion(t *testing.T) {
	for name, status := range map[string]int{"moved": 301, "malformed": 400} {
		t.Run(name, func(t *testing.T) {
			expectAll(t, every(t, fakeStore(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amz-Request-Id", "4711")
				w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(status)
				io.WriteString(w, `<Error><Code>PermanentRedirect</Code><Message>elsewhere</Message></Error>`)
			})), blob.ErrWrongRegion, `region = "eu-central-1"`, "4711")
		})
	}
}

func TestCodes(t *testing.T) {
	for code, c := range map[string]struct {
		status   int
		sentinel error
		word     string
	}{
		"XAdminUserNotFound":   {403, blob.ErrCredentials, "access_key"}, // versitygw
		"RequestTimeTooSkewed": {403, blob.ErrCredentials, "clock"},
		"ExpiredToken":         {400, blob.ErrCredentials, "expired"},
		"AccessDenied":         {403, fs.ErrPermission, "s3:"},
		"NotImplemented":       {501, errors.ErrUnsupported, ""},
	} {
		t.Run(code, func(t *testing.T) {
			errs := every(t, fakeStore(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("X-Amz-Request-Id", "4711")
				w.Header().Set("Content-Type", "application/xml")
				w.WriteHeader(c.status)
				fmt.Fprintf(w, `<Error><Code>%s</Code><Message>so it is</Message></Error>`, code)
			}))
			if c.sentinel == errors.ErrUnsupported { //nolint:errorlint // the table's own value
				delete(errs, "Acceleration") // reads as off
			}
			expectAll(t, errs, c.sentinel, c.word)
		})
	}
}

func TestSuccessesWithoutSubstance(t *testing.T) {
	store := fakeStore(t, func(http.ResponseWriter, *http.Request) {}) // 200, and nothing else
	for operation, err := range every(t, store) {
		if !errors.Is(err, blob.ErrNotAStore) {
			t.Errorf("%s: %v", operation, err)
		}
	}
}

func TestCredentials(t *testing.T) {
	t.Run("none", func(t *testing.T) {
		config := unretried("http://127.0.0.1:1")
		config.AccessKey, config.SecretKey = "", ""
		store := newStore(t, config, "bucket")
		expectAll(t, every(t, store), blob.ErrCredentials, "access_key")
	})
	t.Run("no such profile", func(t *testing.T) {
		store := newStore(t, Config{Endpoint: "http://127.0.0.1:1", Profile: "absent"}, "bucket")
		expectAll(t, every(t, store), blob.ErrCredentials, "absent")
	})
	t.Run("no region", func(t *testing.T) {
		store := newStore(t, Config{AccessKey: "key", SecretKey: secret}, "bucket")
		expectAll(t, every(t, store), blob.ErrSettings, "no region", "AWS_REGION")
	})
	t.Run("no CA", func(t *testing.T) {
		config := Config{Region: "r"}
		config.CABundle = "/nonexistent.pem"
		store := newStore(t, config, "bucket")
		expectAll(t, every(t, store), blob.ErrSettings, "custom_ca_bundle")
	})
	t.Run("a shared file", func(t *testing.T) {
		server := versitygw.Start(t, versitygw.Options{})
		file := filepath.Join(t.TempDir(), "credentials")
		content := fmt.Sprintf("[flink]\naws_access_key_id = %s\naws_secret_access_key = %s\n", server.AccessKey, server.SecretKey)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		store := newStore(t, Config{Endpoint: server.Endpoint, Profile: "flink", SharedCredentialsFiles: []string{file}}, server.CreateBucket(t))
		if err := store.Bucket(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("the environment", func(t *testing.T) {
		server := versitygw.Start(t, versitygw.Options{})
		t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey)
		t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey)
		t.Setenv("AWS_ENDPOINT_URL_S3", server.Endpoint)
		store := newStore(t, Config{}, server.CreateBucket(t))
		if err := store.Bucket(t.Context()); err != nil {
			t.Error(err)
		}
		if driver, err := store.lazy.Get(t.Context()); err != nil || driver.checksums || driver.endpoint != server.Endpoint {
			t.Errorf("%+v, %v", driver, err)
		}
	})
}

// A fake STS gives the credentials of the real server for a role.
func TestRoles(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	bucket := server.CreateBucket(t)
	var form map[string][]string
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form = r.PostForm
		action := r.PostForm.Get("Action")
		if r.PostForm.Get("RoleArn") != "arn:aws:iam::1:role/flink" {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId><SecretAccessKey>%[3]s</SecretAccessKey><SessionToken></SessionToken>`+
			`<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, action, server.AccessKey, server.SecretKey)
	}))
	defer sts.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	const role = "arn:aws:iam::1:role/flink"
	for name, c := range map[string]struct {
		config Config
		want   map[string]string
	}{
		"assumed": {
			Config{AccessKey: "any", SecretKey: "any", AssumeRole: &AssumeRole{RoleARN: role, ExternalID: "ext", Policy: "{}", Duration: time.Hour}},
			map[string]string{"Action": "AssumeRole", "RoleSessionName": sessionName, "ExternalId": "ext", "Policy": "{}", "DurationSeconds": "3600"},
		},
		"with a token": {
			Config{WebIdentity: &WebIdentity{RoleARN: role, SessionName: "me", Token: "jwt"}},
			map[string]string{"Action": "AssumeRoleWithWebIdentity", "RoleSessionName": "me", "WebIdentityToken": "jwt"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Endpoint = server.Endpoint
			if err := newStore(t, c.config, bucket).Bucket(t.Context()); err != nil {
				t.Fatal(err)
			}
			for field, want := range c.want {
				if len(form[field]) != 1 || form[field][0] != want {
					t.Errorf("%s is %q, want %q", field, form[field], want)
				}
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		config := unretried(server.Endpoint)
		config.AccessKey, config.WebIdentity = "", &WebIdentity{RoleARN: "arn:aws:iam::1:role/other", Token: secret}
		expectAll(t, every(t, newStore(t, config, bucket)), blob.ErrCredentials, "not for you", "trust policy")
	})
}

func TestAFirstUseThatIsCancelledIsRepeated(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	store := newStore(t, configFor(server), server.CreateBucket(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Bucket(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := store.Bucket(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
	path := filepath.Join(t.TempDir(), "ca.pem")
	config := configFor(server)
	config.CABundle = path
	store = newStore(t, config, server.CreateBucket(t))
	if err := store.Bucket(t.Context()); !errors.Is(err, blob.ErrSettings) {
		t.Errorf("%v", err)
	}
	secure := versitygw.Start(t, versitygw.Options{TLS: true})
	pem, err := os.ReadFile(secure.CAFile)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, pem, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := store.Bucket(t.Context()); err != nil {
		t.Errorf("%v", err)
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	config := Config{AccessKey: "key", SecretKey: secret, Token: secret, WebIdentity: &WebIdentity{Token: secret}}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "config", config, "pointer", &config, "identity", config.WebIdentity)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{config, &config, *config.WebIdentity, config.WebIdentity, struct{ C Config }{config}} {
			fmt.Fprintf(&logged, verb, value)
		}
	}
	if text := logged.String(); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
		t.Error(text)
	}
}

func TestABodyThatIsCutShort(t *testing.T) {
	store := startBehind(t, nil)
	mustPut(t, store, "key", someBytes(1<<20))
	store.proxy.Inject(faultproxy.Match{Method: http.MethodGet}, faultproxy.TruncateBody, 1, 1000)
	for _, opts := range []blob.ReadOptions{{}, {Offset: 10}} {
		object, err := store.Open(t.Context(), "key", opts)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, object)
		object.Close()
		var failure *blob.Error
		if err == nil || !errors.As(err, &failure) || n == 0 {
			t.Errorf("%d bytes, %v", n, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	store.proxy.Clear()
	object, err := store.Open(ctx, "key", blob.ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer object.Close()
	cancel()
	if _, err := io.Copy(io.Discard, object); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// Where an answer without a length ends, nobody can tell whether it is whole.
func TestABodyWithoutALength(t *testing.T) {
	store, server := rawStore(t)
	for _, framing := range []string{"Connection: close\r\n\r\nhalf of an obj", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n0\r\n\r\n"} {
		server.Raw([]byte("HTTP/1.1 200 OK\r\nx-amz-request-id: 4711\r\nETag: \"e\"\r\n"+framing), nil)
		object, err := store.Open(t.Context(), "key", blob.ReadOptions{})
		if err == nil {
			_, err = io.Copy(io.Discard, object)
			object.Close()
		}
		if !errors.Is(err, blob.ErrNotAStore) || !strings.Contains(err.Error(), "without a length") {
			t.Errorf("%q: %v", framing, err)
		}
	}
}

// An upload that ended meanwhile is no object that exists, whatever the condition.
func TestAnUploadThatEnded(t *testing.T) {
	b := startBehind(t, nil)
	b.proxy.OnRequest(func(r *http.Request) {
		if id := r.URL.Query().Get("uploadId"); r.Method == http.MethodPost && id != "" {
			_, err := b.server.Client().AbortMultipartUpload(t.Context(), &s3.AbortMultipartUploadInput{Bucket: &b.bucket, Key: aws.String("key"), UploadId: &id})
			if err != nil {
				t.Error(err)
			}
		}
	})
	_, err := put(t, b, "key", someBytes(large), blob.Cond{IfAbsent: true})
	if expectAll(t, map[string]error{"Put": err}, blob.ErrChanged, "NoSuchUpload", "ended meanwhile"); errors.Is(err, fs.ErrExist) {
		t.Errorf("%v", err)
	}
}

func TestAServerThatIgnoresRanges(t *testing.T) {
	store := fakeStore(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Amz-Request-Id", "4711")
		io.WriteString(w, "0123456789")
	})
	if _, err := store.Open(t.Context(), "key", blob.ReadOptions{Offset: 5}); err == nil {
		t.Error("the start of an object was taken for its middle")
	}
}
