package ossblob

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// What OSS answers to keys, clocks, buckets and endpoints that are wrong.
func TestRefusals(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	server.CreateBucketNamed("acme-flink", ossfake.BucketOptions{})
	server.CreateBucketNamed("elsewhere", ossfake.BucketOptions{Region: "eu-central-1"})
	server.CreateBucketNamed("foreign", ossfake.BucketOptions{OwnedByOther: true})
	server.CreateBucketNamed("mainland", ossfake.BucketOptions{CNAMERequired: true})
	server.AddKey(ossfake.Key{AccessKey: "STS.good", SecretKey: "secret-good", SecurityToken: "token-good"})
	server.AddKey(ossfake.Key{AccessKey: "STS.old", SecretKey: "secret-old", SecurityToken: "token-old", Expires: time.Now().Add(-time.Hour)})
	for _, c := range []struct {
		name   string
		bucket string
		change func(*Config)
		clock  time.Duration
		err    error
		code   string
		advice string
	}{
		{name: "wrong secret", change: func(c *Config) { c.SecretKey = "secret-wrong" }, err: blob.ErrCredentials, code: "SignatureDoesNotMatch", advice: "secret_key"},
		{name: "wrong secret, V1", change: func(c *Config) { c.SecretKey, c.SignatureVersion = "secret-wrong", SignatureV1 }, err: blob.ErrCredentials, code: "SignatureDoesNotMatch", advice: "secret_key"},
		{name: "unknown key", change: func(c *Config) { c.AccessKey = "LTAIunknown" }, err: blob.ErrCredentials, code: "InvalidAccessKeyId", advice: "access_key"},
		{name: "token of another key", change: func(c *Config) { c.SecurityToken = "token-wrong" }, err: blob.ErrCredentials, code: "InvalidAccessKeyId", advice: "access_key"},
		{name: "wrong token", change: func(c *Config) {
			c.AccessKey, c.SecretKey, c.SecurityToken = "STS.good", "secret-good", "token-wrong"
		}, err: blob.ErrCredentials, code: "InvalidSecurityToken", advice: "security_token"},
		{name: "expired token", change: func(c *Config) {
			c.AccessKey, c.SecretKey, c.SecurityToken = "STS.old", "secret-old", "token-old"
		}, err: blob.ErrCredentials, code: "SecurityTokenExpired", advice: "expired"},
		{name: "clock", clock: time.Hour, err: blob.ErrCredentials, code: "RequestTimeTooSkewed", advice: "clock"},
		{name: "no bucket", bucket: "absent-bucket", err: blob.ErrNoBucket, code: "NoSuchBucket", advice: "bucket's name"},
		{name: "wrong endpoint", bucket: "elsewhere", err: blob.ErrWrongRegion, code: "AccessDenied", advice: `region = "eu-central-1"`},
		{name: "another account's", bucket: "foreign", err: fs.ErrPermission, code: "AccessDenied", advice: "another account"},
		{name: "mainland", bucket: "mainland", err: fs.ErrPermission, code: "PublicEndpointForbidden", advice: "use_cname"},
		{name: "wrong region", change: func(c *Config) { c.Region = "cn-beijing" }, err: blob.ErrWrongRegion, advice: `region = "cn-hangzhou"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			server.SetClock(c.clock)
			config := configFor(server)
			if c.change != nil {
				c.change(&config)
			}
			if c.bucket == "" {
				c.bucket = "acme-flink"
			}
			store := newStore(t, config, c.bucket)
			_, headErr := store.Head(t.Context(), "key")
			_, openErr := store.Open(t.Context(), "key", blob.ReadOptions{})
			_, putErr := put(t, store, "key", []byte("data"), blob.Cond{})
			_, largeErr := put(t, store, "key", someBytes(large), blob.Cond{})
			_, listErr := store.List(t.Context(), blob.Query{})
			for name, err := range map[string]error{"Head": headErr, "Open": openErr, "Put": putErr, "large Put": largeErr, "List": listErr} {
				failure := failureOf(t, err)
				if !errors.Is(err, c.err) || c.code != "" && failure.Code != c.code || !strings.Contains(failure.Advice, c.advice) {
					t.Errorf("%s: %v (%s)", name, err, failure.Advice)
				}
				if failure.RequestID == "" || !strings.Contains(failure.Message, "(EC 00") {
					t.Errorf("%s: no number to look up, or no request: %v", name, err)
				}
				expectNoSecret(t, err, config)
			}
		})
	}
}

// expectNoSecret: neither what is secret, nor what leads to it.
func expectNoSecret(t *testing.T, err error, config Config) {
	t.Helper()
	failure := failureOf(t, err)
	text := fmt.Sprintf("%v %s %+v %#v", err, failure.Advice, *failure, *failure)
	words := []string{"StringToSign", "SignatureProvided", "OSSAccessKeyId", "Authorization:", "OSS4-HMAC", "x-oss-signature", "Signature="}
	for _, secret := range []string{config.AccessKey, config.SecretKey, config.SecurityToken} {
		if secret != "" {
			words = append(words, secret)
		}
	}
	for _, word := range words {
		if strings.Contains(text, word) {
			t.Errorf("%q is in %s", word, text)
		}
	}
}

// Each operation says which permission it lacks.
func TestPermissions(t *testing.T) {
	b := startBehind(t, nil)
	mustPut(t, b, "key", someBytes(large))
	put := func(size int) func(*Store) error {
		return func(s *Store) error {
			_, err := put(t, s, "new", someBytes(size), blob.Cond{})
			return err
		}
	}
	setAttrs := func(s *Store) error {
		_, err := s.SetAttrs(t.Context(), "key", blob.Cond{}, func(a *blob.Attrs) { a.ContentType = fmt.Sprint("x/", time.Now().UnixNano()) })
		return err
	}
	for operation, c := range map[string]struct {
		permission string
		call       func(*Store) error
	}{
		"HeadObject":    {"oss:GetObject", func(s *Store) error { _, err := s.Head(t.Context(), "key"); return err }},
		"GetObject":     {"oss:GetObject", func(s *Store) error { _, err := s.Open(t.Context(), "key", blob.ReadOptions{}); return err }},
		"ListObjectsV2": {"oss:ListObjects", func(s *Store) error { return s.Bucket(t.Context()) }},
		"PutObject":     {"oss:PutObject", put(10)},
		"ListMultipartUploads": {"oss:ListMultipartUploads", func(s *Store) error {
			_, err := driverOf(t, s).ListUploads(t.Context(), "key", objectstore.Marker{})
			return s.Fail("", "key", err)
		}},
		"AbortMultipartUpload": {"oss:AbortMultipartUpload", func(s *Store) error {
			return s.Fail("", "key", driverOf(t, s).AbortUpload(t.Context(), "key", "id", true))
		}},
		"InitiateMultipartUpload":       {"oss:PutObject", put(large)},
		"UploadPart":                    {"oss:PutObject", put(large)},
		"CompleteMultipartUpload":       {"oss:PutObject", put(large)},
		"DeleteObject":                  {"oss:DeleteObject", func(s *Store) error { return s.Delete(t.Context(), "key", blob.Cond{}) }},
		"GetBucketCors":                 {"oss:GetBucketCors", func(s *Store) error { _, err := s.CORS(t.Context()); return err }},
		"PutBucketCors":                 {"oss:PutBucketCors", func(s *Store) error { return s.SetCORS(t.Context(), someRules) }},
		"DeleteBucketCors":              {"oss:DeleteBucketCors", func(s *Store) error { return s.SetCORS(t.Context(), blob.CORSConfig{}) }},
		"GetBucketTransferAcceleration": {"oss:GetBucketTransferAcceleration", func(s *Store) error { _, err := s.Acceleration(t.Context()); return err }},
		"PutBucketTransferAcceleration": {"oss:PutBucketTransferAcceleration", func(s *Store) error { return s.SetAcceleration(t.Context(), true) }},
		"CopyObject":                    {"oss:PutObjectTagging", setAttrs},
		"GetObjectTagging":              {"oss:GetObjectTagging", setAttrs},
		"UploadPartCopy":                {"oss:PutObject", setAttrs},
	} {
		b.server.AddKey(ossfake.Key{AccessKey: "poor", SecretKey: "s", Denied: []string{operation}})
		config := b.config
		config.AccessKey, config.SecretKey = "poor", "s"
		tuning := byParts
		if operation == "CopyObject" {
			tuning = objectstore.Tuning{}
		}
		err := c.call(newTunedStore(t, config, b.bucket, tuning))
		if !errors.Is(err, fs.ErrPermission) || failureOf(t, err).Op != operation || !strings.Contains(failureOf(t, err).Advice, c.permission) {
			t.Errorf("%s: %v", operation, err)
		}
	}
	if open := b.server.OpenUploads(b.bucket); len(open) > 0 {
		t.Errorf("left open: %q", open)
	}
}

// What the fake has no way to answer.
func TestOtherRefusals(t *testing.T) {
	for _, c := range []struct {
		status   int
		code, ec string
		err      error
		advice   string
	}{
		{403, "UserDisable", "0003-00000801", fs.ErrPermission, "bill"},
		{403, "InDebt", "", fs.ErrPermission, "bill"},
		{403, "InvalidObjectState", "0016-00000502", fs.ErrPermission, "restore"},
		{400, "KmsServiceNotEnabled", "", fs.ErrPermission, "KMS"},
		{400, "KmsSomethingElse", "", nil, "KMS key"},
		{403, "AccessDenied", "0002-00000080", blob.ErrCredentials, `"v4"`},
		{403, "SecondLevelDomainForbidden", "0048-00000002", fs.ErrPermission, "use_path_style"},
		{409, "FileImmutable", "", fs.ErrPermission, "WORM"},
		{409, "TransferAccAlreadyInUse", "0028-00000003", nil, "replication"},
		{501, "NotImplemented", "", errors.ErrUnsupported, ""},
		{405, "MethodNotAllowed", "", errors.ErrUnsupported, ""},
		{500, "InternalError", "", blob.ErrUnreachable, "later"},
		{418, "Teapot", "", nil, ""},
	} {
		store, config := answering(t, c.status, map[string]string{"X-Oss-Request-Id": "R1", "Content-Type": "application/xml"},
			fmt.Sprintf("<Error><Code>%s</Code><Message>words of OSS</Message><EC>%s</EC><OSSAccessKeyId>LTAIx</OSSAccessKeyId></Error>", c.code, c.ec))
		_, err := store.Open(t.Context(), "key", blob.ReadOptions{})
		failure := failureOf(t, err)
		if c.err != nil && !errors.Is(err, c.err) || failure.Code != c.code || !strings.Contains(failure.Advice, c.advice) || !strings.Contains(failure.Message, "words of OSS") || failure.RequestID != "R1" {
			t.Errorf("%s: %v (%s)", c.code, err, failure.Advice)
		}
		expectNoSecret(t, err, config)
	}
}

// answering is a store whose server gives one answer to everything.
func answering(t *testing.T, status int, header map[string]string, body string) (*Store, Config) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	config := reaching(server.URL, 1)
	return newStore(t, config, "acme"), config
}

// reaching is a configuration with an endpoint and so many retries.
func reaching(endpoint string, retries int) Config {
	return Config{
		Common: objectstore.Common{MaxRetries: &retries},
		Region: "cn-hangzhou", Endpoint: endpoint, AccessKey: "LTAIid", SecretKey: "very-secret",
	}
}

func TestNoCABundle(t *testing.T) {
	config := reaching("http://127.0.0.1:1", 0)
	config.CABundle = "/nonexistent.pem"
	_, err := newStore(t, config, "acme").Head(t.Context(), "key")
	if !errors.Is(err, blob.ErrSettings) || errors.Is(err, fs.ErrNotExist) || !strings.Contains(failureOf(t, err).Advice, "custom_ca_bundle") {
		t.Errorf("%v", err)
	}
}

// RAM names the action that it refuses.
func TestDeniedAction(t *testing.T) {
	store, _ := answering(t, 403, map[string]string{"X-Oss-Request-Id": "R1"},
		"<Error><Code>AccessDenied</Code><Message>no</Message><AccessDeniedDetail><AuthAction>oss:GetObject</AuthAction></AccessDeniedDetail></Error>")
	_, err := store.Open(t.Context(), "key", blob.ReadOptions{})
	if !errors.Is(err, fs.ErrPermission) || !strings.HasPrefix(failureOf(t, err).Advice, "RAM refuses oss:GetObject. Needed: ") {
		t.Errorf("%v (%s)", err, failureOf(t, err).Advice)
	}
}
