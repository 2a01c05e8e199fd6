package ossblob

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// cloud is an OSS with a Security Token Service, which credentials-go reaches by https only.
type cloud struct {
	*ossfake.Server
	bucket string
	config Config // without credentials
}

func startCloud(t *testing.T) cloud {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{})
	sts, ca := server.StartSTS(t)
	config := configFor(server)
	config.AccessKey, config.SecretKey, config.STSEndpoint = "", "", sts
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	changeDefaultTransport(t, func(transport *http.Transport) {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	})
	return cloud{server, server.CreateBucket(t), config}
}

// changeDefaultTransport: credentials-go makes a copy of it for every request (internal/http, Do).
func changeDefaultTransport(t *testing.T, change func(*http.Transport)) {
	t.Helper()
	before := http.DefaultTransport
	changed := before.(*http.Transport).Clone()
	changed.DisableKeepAlives = true
	change(changed)
	http.DefaultTransport = changed
	t.Cleanup(func() { http.DefaultTransport = before })
}

// as is the access key that a request was signed with.
func (c cloud) as(t *testing.T, config Config) (string, error) {
	t.Helper()
	c.ClearRequests()
	if err := newStore(t, config, c.bucket).Bucket(t.Context()); err != nil {
		return "", err
	}
	_, after, _ := strings.Cut(c.Requests()[0].Header.Get("Authorization"), "Credential=")
	id, _, _ := strings.Cut(after, "/")
	return id, nil
}

func (c cloud) expectAs(t *testing.T, config Config, prefix string) {
	t.Helper()
	if id, err := c.as(t, config); err != nil || !strings.HasPrefix(id, prefix) {
		t.Errorf("as %q, %v; want %q", id, err, prefix)
	}
}

// profiles writes a configuration of the CLI.
func profiles(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWhereCredentialsComeFrom(t *testing.T) {
	c := startCloud(t)
	for _, key := range []ossfake.Key{
		{AccessKey: "LTAIconfig", SecretKey: "s1"},
		{AccessKey: "LTAIall", SecretKey: "s2"},
		{AccessKey: "LTAIoss", SecretKey: "s3"},
		{AccessKey: "LTAItf", SecretKey: "s4"},
		{AccessKey: "LTAIcli", SecretKey: "s5"},
		{AccessKey: "LTAIcurrent", SecretKey: "s6"},
		{AccessKey: "STS.static", SecretKey: "s7", SecurityToken: "t7"},
	} {
		c.AddKey(key)
	}
	file := profiles(t, `{"current": "first", "profiles": [
		{"name": "first", "mode": "AK", "access_key_id": "LTAIcurrent", "access_key_secret": "s6"},
		{"name": "second", "mode": "AK", "access_key_id": "LTAIcli", "access_key_secret": "s5"},
		{"name": "third", "mode": "StsToken", "access_key_id": "STS.static", "access_key_secret": "s7", "sts_token": "t7"}]}`)
	all := map[string]string{"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAIall", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s2"}
	ossutil := map[string]string{"OSS_ACCESS_KEY_ID": "LTAIoss", "OSS_ACCESS_KEY_SECRET": "s3"}
	terraform := map[string]string{"ALICLOUD_ACCESS_KEY": "LTAItf", "ALICLOUD_SECRET_KEY": "s4"}
	with := func(change func(*Config)) Config {
		config := c.config
		change(&config)
		return config
	}
	for _, test := range []struct {
		name   string
		config Config
		env    []map[string]string
		want   string
	}{
		{"configuration", with(func(c *Config) { c.AccessKey, c.SecretKey = "LTAIconfig", "s1" }), []map[string]string{all, ossutil, terraform}, "LTAIconfig"},
		{"configured session", with(func(c *Config) { c.AccessKey, c.SecretKey, c.SecurityToken = "STS.static", "s7", "t7" }), nil, "STS.static"},
		{"a token of the environment is not for a configured key", with(func(c *Config) { c.AccessKey, c.SecretKey = "LTAIconfig", "s1" }), []map[string]string{{"ALIBABA_CLOUD_SECURITY_TOKEN": "t"}}, "LTAIconfig"},
		{"profile before the environment", with(func(c *Config) { c.SharedCredentialsFile, c.Profile = file, "second" }), []map[string]string{all}, "LTAIcli"},
		{"session of a profile", with(func(c *Config) { c.SharedCredentialsFile, c.Profile = file, "third" }), nil, "STS.static"},
		{"the file's current profile", with(func(c *Config) { c.SharedCredentialsFile = file }), nil, "LTAIcurrent"},
		{"all of Alibaba Cloud's variables first", c.config, []map[string]string{all, ossutil, terraform}, "LTAIall"},
		{"ossutil's", c.config, []map[string]string{ossutil, terraform}, "LTAIoss"},
		{"the alicloud provider's", c.config, []map[string]string{terraform}, "LTAItf"},
		{"session of the environment", c.config, []map[string]string{{"OSS_ACCESS_KEY_ID": "STS.static", "OSS_ACCESS_KEY_SECRET": "s7", "OSS_SESSION_TOKEN": "t7"}}, "STS.static"},
		{"profile of the environment", c.config, []map[string]string{{"ALIBABA_CLOUD_CONFIG_FILE": file, "ALIBABA_CLOUD_PROFILE": "second"}}, "LTAIcli"},
		{"the alicloud provider's profile", c.config, []map[string]string{{"ALICLOUD_SHARED_CREDENTIALS_FILE": file, "ALICLOUD_PROFILE": "second"}}, "LTAIcli"},
		{"role over a key", with(func(c *Config) {
			c.AccessKey, c.SecretKey, c.AssumeRole = "LTAIconfig", "s1", &AssumeRole{RoleARN: "acs:ram::1:role/r"}
		}), nil, "STS."},
		{"role over a profile", with(func(c *Config) {
			c.SharedCredentialsFile, c.AssumeRole = file, &AssumeRole{RoleARN: "acs:ram::1:role/r", SessionExpiration: time.Hour, ExternalID: "x", Policy: "{}"}
		}), nil, "STS."},
		{
			"role over a session of the environment", with(func(c *Config) { c.AssumeRole = &AssumeRole{RoleARN: "acs:ram::1:role/r"} }),
			[]map[string]string{{"OSS_ACCESS_KEY_ID": "STS.static", "OSS_ACCESS_KEY_SECRET": "s7", "OSS_SESSION_TOKEN": "t7"}},
			"STS.",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, env := range test.env {
				for name, value := range env {
					t.Setenv(name, value)
				}
			}
			c.expectAs(t, test.config, test.want)
		})
	}
}

func TestOIDC(t *testing.T) {
	c := startCloud(t)
	for _, token := range []string{"token-config", "token-file", "token-alibaba", "token-path", "token-hcp"} {
		c.AddOIDCToken(token)
	}
	write := func(token string) string {
		path := filepath.Join(t.TempDir(), "token")
		if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	role := OIDC{RoleARN: "acs:ram::1:role/r", ProviderARN: "acs:ram::1:oidc-provider/p"}
	everywhere := map[string]string{
		"ALIBABA_CLOUD_OIDC_TOKEN_FILE": write("wrong"), "TFC_WORKLOAD_IDENTITY_TOKEN_PATH": write("wrong"), "TFC_WORKLOAD_IDENTITY_TOKEN": "wrong",
	}
	for _, test := range []struct {
		name string
		oidc OIDC
		env  map[string]string
	}{
		{"configuration", OIDC{Token: "token-config"}, everywhere},
		{"file", OIDC{TokenFile: write("token-file")}, everywhere},
		{"Alibaba's variable", OIDC{}, map[string]string{"ALIBABA_CLOUD_OIDC_TOKEN_FILE": write("token-alibaba"), "TFC_WORKLOAD_IDENTITY_TOKEN_PATH": write("wrong")}},
		{"HCP's path", OIDC{}, map[string]string{"TFC_WORKLOAD_IDENTITY_TOKEN_PATH": write("token-path"), "TFC_WORKLOAD_IDENTITY_TOKEN": "wrong"}},
		{"HCP's variable", OIDC{}, map[string]string{"TFC_WORKLOAD_IDENTITY_TOKEN": "token-hcp"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			config := c.config
			test.oidc.RoleARN, test.oidc.ProviderARN = role.RoleARN, role.ProviderARN
			config.OIDC = &test.oidc
			c.expectAs(t, config, "STS.")
			config.AssumeRole = &AssumeRole{RoleARN: "acs:ram::1:role/second"}
			c.expectAs(t, config, "STS.")
		})
	}
	t.Run("all in the environment", func(t *testing.T) {
		t.Setenv("ALIBABA_CLOUD_ROLE_ARN", role.RoleARN)
		t.Setenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", role.ProviderARN)
		t.Setenv("TFC_WORKLOAD_IDENTITY_TOKEN", "token-hcp")
		c.expectAs(t, c.config, "STS.")
	})
}

// A session that ends is renewed before it does, with the token that is in the file by then.
func TestRenewal(t *testing.T) {
	c := startCloud(t)
	path := filepath.Join(t.TempDir(), "token")
	now := time.Now()
	// A session of 15 minutes that began 13 minutes ago.
	c.SetClock(-13 * time.Minute)
	config := c.config
	config.OIDC = &OIDC{RoleARN: "acs:ram::1:role/r", ProviderARN: "acs:ram::1:oidc-provider/p", TokenFile: path, SessionExpiration: 15 * time.Minute}
	store := newStore(t, config, c.bucket)
	seen := map[string]bool{}
	for _, token := range []string{"first", "second", "third"} {
		c.AddOIDCToken(token)
		if err := os.WriteFile(path, []byte(token), 0o600); err != nil {
			t.Fatal(err)
		}
		c.ClearRequests()
		for range 3 {
			if err := store.Bucket(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		for _, r := range c.Requests() {
			seen[r.Header.Get("X-Oss-Security-Token")] = true
		}
		now = now.Add(time.Minute)
		driverOf(t, store).keys.now = func() time.Time { return now }
	}
	if len(seen) != 3 {
		t.Errorf("%d sessions, want 3", len(seen))
	}
}

func TestECSRole(t *testing.T) {
	c := startCloud(t)
	t.Setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "")
	proxy, err := url.Parse(c.StartMetadata(t, "flink-role"))
	if err != nil {
		t.Fatal(err)
	}
	changeDefaultTransport(t, func(transport *http.Transport) { transport.Proxy = http.ProxyURL(proxy) })
	c.expectAs(t, c.config, "STS.") // found by itself
	config := c.config
	config.ECSRoleName = "flink-role"
	c.expectAs(t, config, "STS.")
	config.ECSRoleName = "another-role"
	if _, err := c.as(t, config); !errors.Is(err, blob.ErrCredentials) || !strings.Contains(failureOf(t, err).Advice, "ecs_role_name") {
		t.Errorf("%v", err)
	}
}

func TestNoCredentials(t *testing.T) {
	c := startCloud(t)
	for name, test := range map[string]struct {
		change func(*Config)
		env    map[string]string
		advice string
	}{
		"none":                    {func(*Config) {}, nil, "access_key"},
		"half a key":              {func(c *Config) { c.AccessKey = "LTAIhalf" }, nil, "access_key"},
		"half in the environment": {func(*Config) {}, map[string]string{"OSS_ACCESS_KEY_ID": "LTAIhalf"}, "access_key"},
		"no such profile": {func(c *Config) {
			c.SharedCredentialsFile, c.Profile = profiles(t, `{"profiles": [{"name": "x"}]}`), "absent"
		}, nil, "profile"},
		"no such file": {func(c *Config) { c.SharedCredentialsFile = "/nonexistent/config.json" }, nil, "profile"},
		"a file that is no JSON": {func(c *Config) {
			c.SharedCredentialsFile = profiles(t, `{"profiles": [{"access_key_secret": "very-secret"`)
		}, nil, "profile"},
		"no JSON in the environment": {func(*Config) {}, map[string]string{"ALIBABA_CLOUD_CONFIG_FILE": profiles(t, `{"access_key_secret": "very-secret"`)}, "access_key"},
		"wrong token": {func(c *Config) {
			c.OIDC = &OIDC{RoleARN: "r", ProviderARN: "p", Token: "very-secret"}
		}, nil, "trust policy"},
		"no token":      {func(c *Config) { c.OIDC = &OIDC{RoleARN: "r", ProviderARN: "p"} }, nil, "token"},
		"no token file": {func(c *Config) { c.OIDC = &OIDC{RoleARN: "r", ProviderARN: "p", TokenFile: "/nonexistent"} }, nil, "token"},
		"role with an unknown key": {func(c *Config) {
			c.AccessKey, c.SecretKey, c.AssumeRole = "LTAIunknown", "very-secret", &AssumeRole{RoleARN: "r"}
		}, nil, "trust policy"},
		"role with a wrong secret": {func(config *Config) {
			config.AccessKey, config.SecretKey, config.AssumeRole = c.AccessKey, "very-secret", &AssumeRole{RoleARN: "r"}
		}, nil, "trust policy"},
		"STS out of reach": {func(c *Config) {
			c.AccessKey, c.SecretKey, c.SecurityToken, c.AssumeRole, c.STSEndpoint = "LTAIid", "very-secret", "very-secret-token", &AssumeRole{RoleARN: "r"}, "127.0.0.1:1"
		}, nil, "assume_role"},
		"a session too short": {func(c *Config) {
			c.AccessKey, c.SecretKey, c.AssumeRole = "LTAIid", "very-secret", &AssumeRole{RoleARN: "r", SessionExpiration: time.Minute}
		}, nil, "assume_role"},
	} {
		t.Run(name, func(t *testing.T) {
			for name, value := range test.env {
				t.Setenv(name, value)
			}
			config := c.config
			test.change(&config)
			c.ClearRequests()
			store := newStore(t, config, c.bucket)
			_, presignErr := store.Presign(t.Context(), http.MethodGet, "key", time.Minute)
			for _, err := range []error{store.Bucket(t.Context()), presignErr} {
				failure := failureOf(t, err)
				if !errors.Is(err, blob.ErrCredentials) || !strings.Contains(failure.Advice, test.advice) || errors.Is(err, os.ErrNotExist) {
					t.Errorf("%v (%s)", err, failure.Advice)
				}
				if text := fmt.Sprintf("%+v %+v", err, *failure); strings.Contains(text, "very-secret") || strings.Contains(text, "Signature=") {
					t.Errorf("a secret in %s", text)
				}
			}
			if len(c.Requests()) > 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestInWords(t *testing.T) {
	for want, err := range map[string]error{
		"refresh session token failed: NoPermission: You are not authorized. (request R)": errors.New(
			`refresh session token failed: {"RequestId":"R","HostId":"h","Code":"NoPermission","Message":"You are not authorized."}`),
		"get session token failed: SignatureDoesNotMatch: the signature is wrong": errors.New(
			`get session token failed: {"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3DLTAI"}`),
		"https://sts.aliyuncs.com EOF":                       fmt.Errorf("x: %w", &url.Error{Op: "Post", URL: "https://sts.aliyuncs.com?AccessKeyId=LTAI&Signature=s", Err: errors.New("EOF")}),
		"get credentials from GET http://localhost/c failed": errors.New(`get credentials from GET http://localhost/c?token=s failed: {"secret":"s"}`),
		"the configuration of the CLI is no JSON: '/c.json'": errors.New(`unmarshal aliyun cli config from '/c.json' failed: {"access_key_secret":"s`),
		"failed to execute external command: exit status 1":  errors.New("failed to execute external command: exit status 1\nstderr: very-secret"),
		"plain": errors.New("plain"),
	} {
		if got := inWords(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
