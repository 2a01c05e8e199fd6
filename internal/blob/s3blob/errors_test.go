package s3blob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
)

// The headers of S3 are missing in what some stores answer: then its XML proves a store, once.
func TestAnAbsentKeyOfAnUnknownStore(t *testing.T) {
	requests := ""
	store := fakeStore(t, func(w http.ResponseWriter, r *http.Request) {
		if requests += r.Method + " "; r.Method == http.MethodHead {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		io.WriteString(w, `<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>`)
	})
	for range 2 {
		if _, err := store.Head(t.Context(), "key"); !errors.Is(err, fs.ErrNotExist) {
			t.Error(err)
		}
	}
	if requests != "HEAD GET HEAD " {
		t.Error(requests)
	}
}

func TestARealServerRefuses(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	bucket := server.CreateBucket(t)
	for name, c := range map[string]struct {
		change func(c *Config)
		want   error
		words  []string
	}{
		"a wrong secret": {func(c *Config) { c.SecretKey = secret }, blob.ErrCredentials, []string{"SignatureDoesNotMatch", "secret_key", server.Endpoint}},
		"an unknown key": {func(c *Config) { c.AccessKey = "unknown" }, blob.ErrCredentials, []string{"InvalidAccessKeyId", "access_key"}},
		"no permission":  {func(c *Config) { c.AccessKey, c.SecretKey = server.CreateUser(t) }, fs.ErrPermission, []string{"Needed: s3:"}},
		"another region": {func(c *Config) { c.Region = "eu-west-1" }, blob.ErrWrongRegion, []string{"region"}},
	} {
		t.Run(name, func(t *testing.T) {
			config := configFor(server)
			c.change(&config)
			errs := every(t, newStore(t, config, bucket))
			if name == "no permission" { // for the acceleration, which this server has not, nobody has any
				delete(errs, "Acceleration")
				delete(errs, "SetAcceleration")
			}
			vendor.ExpectAll(t, errs, c.want, c.words...)
		})
	}
	errs := every(t, newStore(t, configFor(server), "absent-bucket"))
	for _, operation := range []string{"Head", "SetAttrs"} { // to a HEAD comes no reason
		if err := errs[operation]; !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", operation, err)
		}
		delete(errs, operation)
	}
	vendor.ExpectAll(t, errs, blob.ErrNoBucket, "NoSuchBucket")
}

// What codes mean that no real server here gives.
func TestCodes(t *testing.T) {
	for code, c := range map[string]struct {
		status int
		region string
		want   error
		word   string
	}{
		"XAdminUserNotFound":           {403, "", blob.ErrCredentials, "access_key"}, // versitygw
		"RequestTimeTooSkewed":         {403, "", blob.ErrCredentials, "clock"},
		"ExpiredToken":                 {400, "", blob.ErrCredentials, "expired"},
		"AccessDenied":                 {403, "", fs.ErrPermission, "s3:"},
		"NotImplemented":               {501, "", errors.ErrUnsupported, ""},
		"PermanentRedirect":            {301, "eu-central-1", blob.ErrWrongRegion, `region = "eu-central-1"`},
		"AuthorizationHeaderMalformed": {400, "eu-central-1", blob.ErrWrongRegion, "4711"},
		"TemporaryRedirect":            {307, "", blob.ErrWrongRegion, "endpoint to that of the region"},
	} {
		t.Run(code, func(t *testing.T) {
			vendor.ExpectAll(t, vendor.Every(t.Context(), refusing(t, c.status, code, c.region)), c.want, c.word, "s3://bucket")
		})
	}
}

func TestNoURLIsInAMessage(t *testing.T) {
	store := New(Config{}, "bucket")
	for _, cause := range []error{io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}} {
		sent := &url.Error{Op: "Get", URL: "https://s3.example.com/bucket/key?X-Amz-Signature=" + secret, Err: cause}
		for err, sentinel := range map[error]error{
			error(sent): blob.ErrUnreachable, fmt.Errorf("wrapped: %w", sent): blob.ErrUnreachable, noCredentials(Config{}, sent): blob.ErrCredentials,
		} {
			vendor.ExpectAll(t, map[string]error{"GetObject": store.Fail("GetObject", "key", err)}, sentinel, cause.Error())
		}
	}
}

func TestNothingSecretIsPrinted(t *testing.T) {
	config := Config{AccessKey: "key", SecretKey: secret, WebIdentity: &WebIdentity{Token: secret}}
	var printed strings.Builder
	slog.New(slog.NewTextHandler(&printed, nil)).Info("x", "config", config, "pointer", &config, "identity", config.WebIdentity)
	for _, value := range []any{config, &config, *config.WebIdentity, config.WebIdentity, struct{ C Config }{config}} {
		fmt.Fprintf(&printed, "%v %+[1]v %#[1]v %[1]s %[1]q %[1]d %[1]x", value)
	}
	if text := printed.String(); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
		t.Error(text)
	}
}

func TestCredentials(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	file := blobtest.WriteFile(t, fmt.Appendf(nil, "[flink]\naws_access_key_id = %s\naws_secret_access_key = %s\n", server.AccessKey, server.SecretKey))
	keyless := unretried("http://127.0.0.1:1")
	keyless.AccessKey, keyless.SecretKey, keyless.Token = "", "", ""
	for name, c := range map[string]struct {
		config Config
		want   error // nil: the real server is reached
		words  []string
	}{
		"none":            {keyless, blob.ErrCredentials, []string{"access_key"}},
		"no such profile": {Config{Endpoint: "http://127.0.0.1:1", Profile: "absent"}, blob.ErrCredentials, []string{"absent"}},
		"no region":       {Config{AccessKey: "key", SecretKey: secret}, blob.ErrSettings, []string{"no region", "AWS_REGION"}},
		"no CA":           {Config{Region: "r", Common: objectstore.Common{CABundle: "/nonexistent.pem"}}, blob.ErrSettings, []string{"custom_ca_bundle"}},
		"a shared file":   {Config{Endpoint: server.Endpoint, Profile: "flink", SharedCredentialsFiles: []string{file}}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if c.want != nil {
				vendor.ExpectAll(t, every(t, newStore(t, c.config, "bucket")), c.want, c.words...)
			} else if err := newStore(t, c.config, server.CreateBucket(t)).Bucket(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	t.Run("the environment", func(t *testing.T) {
		t.Setenv("AWS_ACCESS_KEY_ID", server.AccessKey)
		t.Setenv("AWS_SECRET_ACCESS_KEY", server.SecretKey)
		t.Setenv("AWS_ENDPOINT_URL_S3", server.Endpoint)
		store := newStore(t, Config{}, server.CreateBucket(t))
		if err := store.Bucket(t.Context()); err != nil || store.lazy.Opened().checksums || store.lazy.Opened().endpoint != server.Endpoint {
			t.Errorf("%v, %+v", err, store.lazy.Opened())
		}
	})
}

// A fake STS gives the credentials of the real server for a role.
func TestRoles(t *testing.T) {
	const role = "arn:aws:iam::1:role/flink"
	server := versitygw.Start(t, versitygw.Options{})
	bucket := server.CreateBucket(t)
	var form url.Values
	sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.ParseForm()
		form = r.PostForm
		if form.Get("RoleArn") != role {
			w.WriteHeader(http.StatusForbidden)
			fmt.Fprint(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>not for you</Message></Error></ErrorResponse>`)
			return
		}
		fmt.Fprintf(w, `<%[1]sResponse><%[1]sResult><Credentials><AccessKeyId>%[2]s</AccessKeyId><SecretAccessKey>%[3]s</SecretAccessKey><SessionToken></SessionToken>`+
			`<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></%[1]sResult></%[1]sResponse>`, form.Get("Action"), server.AccessKey, server.SecretKey)
	}))
	defer sts.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", sts.URL)
	for name, c := range map[string]struct {
		config Config
		want   url.Values
	}{
		"assumed": {
			Config{AccessKey: "any", SecretKey: "any", AssumeRole: &AssumeRole{RoleARN: role, ExternalID: "ext", Policy: "{}", Duration: time.Hour}},
			url.Values{"Action": {"AssumeRole"}, "RoleSessionName": {sessionName}, "ExternalId": {"ext"}, "Policy": {"{}"}, "DurationSeconds": {"3600"}},
		},
		"with a token": {
			Config{WebIdentity: &WebIdentity{RoleARN: role, SessionName: "me", Token: "jwt"}},
			url.Values{"Action": {"AssumeRoleWithWebIdentity"}, "RoleSessionName": {"me"}, "WebIdentityToken": {"jwt"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.config.Endpoint = server.Endpoint
			if err := newStore(t, c.config, bucket).Bucket(t.Context()); err != nil {
				t.Fatal(err)
			}
			for field, want := range c.want {
				if form.Get(field) != want[0] {
					t.Errorf("%s is %q, want %q", field, form[field], want)
				}
			}
		})
	}
	t.Run("refused", func(t *testing.T) {
		config := unretried(server.Endpoint)
		config.AccessKey, config.WebIdentity = "", &WebIdentity{RoleARN: "arn:aws:iam::1:role/other", Token: secret}
		vendor.ExpectAll(t, every(t, newStore(t, config, bucket)), blob.ErrCredentials, "not for you", "trust policy")
	})
}
