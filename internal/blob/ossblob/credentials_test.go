package ossblob

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// startCloud starts an OSS with a Security Token Service, which is reached by https alone, and with the metadata of an instance; the
// configuration has no credentials.
func startCloud(t *testing.T) (*ossfake.Server, Config) {
	t.Helper()
	server := ossfake.Start(t, ossfake.Options{})
	sts, ca := server.StartSTS(t)
	metadata, err := url.Parse(server.StartMetadata(t, "flink-role"))
	if err != nil {
		t.Fatal(err)
	}
	roots, err := wire.Certificates(ca)
	if err != nil {
		t.Fatal(err)
	}
	changeDefaultTransport(t, func(transport *http.Transport) {
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
		transport.Proxy = func(r *http.Request) (*url.URL, error) {
			if r.URL.Hostname() == "100.100.100.200" {
				return metadata, nil
			}
			return nil, nil
		}
	})
	config := configFor(server)
	config.AccessKey, config.SecretKey, config.STSEndpoint = "", "", sts
	return server, config
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

func writeFile(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const roleARN, providerARN = "acs:ram::1:role/r", "acs:ram::1:oidc-provider/p"

// The configuration counts before the environment, and what is for this provider before what is for others.
func TestWhereCredentialsComeFrom(t *testing.T) {
	server, base := startCloud(t)
	server.AddKey(ossfake.Key{AccessKey: "config", SecretKey: "s1"})
	server.AddKey(ossfake.Key{AccessKey: "STS.static", SecretKey: "s7", SecurityToken: "t7"})
	server.AddOIDCToken("good")
	file := writeFile(t, `{"current": "first", "profiles": [
		{"name": "first", "mode": "AK", "access_key_id": "STS.static", "access_key_secret": "s7", "sts_token": "t7"},
		{"name": "second", "mode": "AK", "access_key_id": "cli", "access_key_secret": "s5"},
		{"name": "third", "mode": "StsToken", "access_key_id": "STS.static", "access_key_secret": "s7", "sts_token": "t7"}]}`)
	good, wrong := writeFile(t, "good\n"), writeFile(t, "wrong")
	const alibaba, alicloud = " ALIBABA_CLOUD_ACCESS_KEY_ID=all ALIBABA_CLOUD_ACCESS_KEY_SECRET=s2 ", " ALICLOUD_ACCESS_KEY=tf ALICLOUD_SECRET_KEY=s4 "
	const ossutil, session = " OSS_ACCESS_KEY_ID=oss OSS_ACCESS_KEY_SECRET=s3 ", " OSS_ACCESS_KEY_ID=STS.static OSS_ACCESS_KEY_SECRET=s7 OSS_SESSION_TOKEN=t7 "
	const roles, hcp = " ALIBABA_CLOUD_ROLE_ARN=" + roleARN + " ALIBABA_CLOUD_OIDC_PROVIDER_ARN=" + providerARN, " TFC_WORKLOAD_IDENTITY_TOKEN="
	hcpPath, platform := " TFC_WORKLOAD_IDENTITY_TOKEN_PATH=", " ALIBABA_CLOUD_OIDC_TOKEN_FILE="
	oidc := func(o OIDC) Config { o.RoleARN, o.ProviderARN = roleARN, providerARN; return Config{OIDC: &o} }
	key := Config{AccessKey: "config", SecretKey: "s1"}
	for name, c := range map[string]struct {
		config Config
		env    string
		want   string // what "key secret token" begins with
	}{
		"configuration":                     {key, alibaba + ossutil + alicloud, "config s1 "},
		"configured session":                {Config{AccessKey: "STS.static", SecretKey: "s7", SecurityToken: "t7"}, "", "STS.static s7 t7"},
		"no token of the environment":       {key, "ALIBABA_CLOUD_SECURITY_TOKEN=t", "config s1 "},
		"profile before the environment":    {Config{SharedCredentialsFile: file, Profile: "second"}, alibaba, "cli s5 "},
		"session of a profile":              {Config{SharedCredentialsFile: file, Profile: "third"}, "", "STS.static s7 t7"},
		"the file's current profile":        {Config{SharedCredentialsFile: file}, "", "STS.static s7 "},
		"all of Alibaba Cloud's variables":  {Config{}, alibaba + ossutil + alicloud, "all s2 "},
		"ossutil's":                         {Config{}, ossutil + alicloud, "oss s3 "},
		"the alicloud provider's":           {Config{}, alicloud, "tf s4 "},
		"session of the environment":        {Config{}, session, "STS.static s7 t7"},
		"profile of the environment":        {Config{}, "ALIBABA_CLOUD_CONFIG_FILE=" + file + " ALIBABA_CLOUD_PROFILE=second", "cli s5 "},
		"the alicloud provider's profile":   {Config{}, "ALICLOUD_SHARED_CREDENTIALS_FILE=" + file + " ALICLOUD_PROFILE=second", "cli s5 "},
		"role over a key":                   {Config{AccessKey: "config", SecretKey: "s1", AssumeRole: &AssumeRole{RoleARN: roleARN, Policy: "{}"}}, "", "STS."},
		"role over a session":               {Config{AssumeRole: &AssumeRole{RoleARN: roleARN, SessionExpiration: time.Hour, ExternalID: "x"}}, session, "STS."},
		"role over a profile":               {Config{SharedCredentialsFile: file, Profile: "third", AssumeRole: &AssumeRole{RoleARN: roleARN}}, "", "STS."},
		"role over a token":                 {Config{OIDC: oidc(OIDC{Token: "good"}).OIDC, AssumeRole: &AssumeRole{RoleARN: roleARN}}, "", "STS."},
		"token":                             {oidc(OIDC{Token: "good"}), platform + wrong + hcpPath + wrong + hcp + "wrong", "STS."},
		"token file":                        {oidc(OIDC{TokenFile: good}), platform + wrong + hcpPath + wrong + hcp + "wrong", "STS."},
		"token file of the platform":        {oidc(OIDC{}), platform + good + hcpPath + wrong, "STS."},
		"token file of HCP Terraform":       {oidc(OIDC{}), hcpPath + good + hcp + "wrong", "STS."},
		"token of HCP Terraform":            {oidc(OIDC{}), hcp + "good", "STS."},
		"token and role of the environment": {Config{}, roles + hcp + "good", "STS."},
		"role of the instance":              {Config{ECSRoleName: "flink-role"}, "ALIBABA_CLOUD_ECS_METADATA_DISABLED=", "STS."},
		"role of the instance, found":       {Config{}, "ALIBABA_CLOUD_ECS_METADATA_DISABLED=", "STS."},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, c.env)
			c.config.STSEndpoint = base.STSEndpoint
			source, err := c.config.credentials()
			if err != nil {
				t.Fatal(err)
			}
			found, err := find(source)
			if err != nil {
				t.Fatal(err)
			}
			if got := found.AccessKeyId + " " + found.AccessKeySecret + " " + found.SecurityToken; !strings.HasPrefix(got, c.want) || got == "STS.static s7 t7" && c.want == "STS." {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

// What is missing or wrong is told before anything is sent, in few words.
func TestNoCredentials(t *testing.T) {
	server, base := startCloud(t)
	broken := writeFile(t, `{"profiles": [{"access_key_secret": "`+secret+`"`)
	role := &AssumeRole{RoleARN: "r"}
	oidc := func(o OIDC) Config { o.RoleARN, o.ProviderARN = "r", "p"; return Config{OIDC: &o} }
	const roles = "ALIBABA_CLOUD_ROLE_ARN=r ALIBABA_CLOUD_OIDC_PROVIDER_ARN=p "
	for name, c := range map[string]struct {
		config Config
		env    string
		words  []string
	}{
		"none": {Config{}, "", []string{
			"access_key", "none in the environment", "profile of the CLI: there is no /nonexistent/.aliyun/config.json;", "credentials file: there is no /nonexistent/.alibabacloud/credentials",
		}},
		"half a key":               {Config{AccessKey: "LTAIhalf"}, "", []string{"access_key"}},
		"half in the environment":  {Config{}, "OSS_ACCESS_KEY_ID=LTAIhalf", []string{"access_key", "OSS_ACCESS_KEY_SECRET"}},
		"no such profile":          {Config{SharedCredentialsFile: writeFile(t, `{"profiles": [{"name": "x"}]}`), Profile: "absent"}, "", []string{"profile"}},
		"no such file":             {Config{SharedCredentialsFile: "/nonexistent/config.json"}, "", []string{"profile"}},
		"no JSON":                  {Config{SharedCredentialsFile: broken}, "", []string{"profile", "is no JSON"}},
		"no JSON, environment":     {Config{}, "ALIBABA_CLOUD_CONFIG_FILE=" + broken, []string{"access_key", "is no JSON"}},
		"a wrong token":            {oidc(OIDC{Token: secret}), "", []string{"trust policy"}},
		"no token":                 {oidc(OIDC{}), "", []string{"token"}},
		"no token file":            {oidc(OIDC{TokenFile: "/nonexistent"}), "", []string{"token"}},
		"an empty token file":      {oidc(OIDC{TokenFile: writeFile(t, " \n")}), "", []string{"is empty"}},
		"no token file, by name":   {Config{}, roles + "ALIBABA_CLOUD_OIDC_TOKEN_FILE=/nonexistent/token", []string{"/nonexistent/token"}},
		"a role by an unknown key": {Config{AccessKey: "LTAIunknown", SecretKey: secret, AssumeRole: role}, "", []string{"trust policy"}},
		"a role by a wrong secret": {Config{AccessKey: server.AccessKey, SecretKey: secret, AssumeRole: role}, "", []string{"trust policy", "SignatureDoesNotMatch"}},
		"STS out of reach":         {Config{AccessKey: "LTAIid", SecretKey: secret, SecurityToken: secret, AssumeRole: role, STSEndpoint: "127.0.0.1:1"}, "", []string{"assume_role"}},
		"a session too short":      {Config{AccessKey: "LTAIid", SecretKey: secret, AssumeRole: &AssumeRole{RoleARN: "r", SessionExpiration: time.Minute}}, "", []string{"assume_role", "900s"}},
		"a role that is not there": {Config{ECSRoleName: "another-role"}, "ALIBABA_CLOUD_ECS_METADATA_DISABLED=", []string{"ecs_role_name"}},
	} {
		t.Run(name, func(t *testing.T) {
			setenv(t, c.env)
			c.config.Endpoint, c.config.Region = base.Endpoint, base.Region
			if c.config.STSEndpoint == "" {
				c.config.STSEndpoint = base.STSEndpoint
			}
			store := newStore(t, c.config, "acme-flink")
			_, err := store.Presign(t.Context(), http.MethodGet, "key", time.Minute)
			vendor.ExpectAll(t, map[string]error{"Presign": err, "Bucket": store.Bucket(t.Context())}, blob.ErrCredentials, c.words...)
			if errors.Is(err, os.ErrNotExist) || len(server.Requests()) > 0 {
				t.Errorf("%v, and %d requests", err, len(server.Requests()))
			}
		})
	}
}

// finder is a source that is a function.
type finder func() (*providers.Credentials, error)

func (f finder) find() (*providers.Credentials, error) { return f() }

// Everybody waits for one lookup, and nobody longer than he wants.
func TestOneLookupAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, release := 0, make(chan struct{})
		ring := newKeyring(Config{})
		ring.source = finder(func() (*providers.Credentials, error) {
			asked++
			<-release
			return &providers.Credentials{}, nil
		})
		var all sync.WaitGroup
		refresh := func(ctx context.Context, want error) {
			for range 50 {
				all.Go(func() {
					if err := ring.refresh(ctx); !errors.Is(err, want) {
						t.Errorf("%v, want %v", err, want)
					}
				})
			}
			synctest.Wait()
		}
		ctx, cancel := context.WithCancel(t.Context())
		refresh(ctx, context.Canceled)
		cancel()
		all.Wait() // although the lookup has not ended
		refresh(t.Context(), nil)
		close(release)
		if all.Wait(); asked != 1 {
			t.Errorf("looked up %d times", asked)
		}
	})
}

// Credentials that cannot be renewed are used as long as they are surely good.
func TestRenewalThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, down := 0, error(nil)
		ring := newKeyring(Config{SharedCredentialsFile: "/nonexistent"}) // looked at anew after a failure
		ring.source = finder(func() (*providers.Credentials, error) {
			asked++
			return &providers.Credentials{AccessKeyId: fmt.Sprint("id-", asked)}, down
		})
		for _, step := range []struct {
			after time.Duration
			down  error
			want  string // "": a failure
		}{{0, nil, "id-1"}, {lookEvery - time.Second, nil, "id-1"}, {2 * time.Second, nil, "id-2"}, {time.Minute, errors.New("down"), "id-2"}, {2 * time.Minute, nil, ""}} {
			time.Sleep(step.after)
			down = step.down
			err := ring.refresh(t.Context())
			var failure *wire.ExplainedError
			if failed := errors.As(err, &failure) && errors.Is(failure.Err, blob.ErrCredentials); failed != (step.want == "") || ring.GetCredentials().GetAccessKeyID() != step.want {
				t.Errorf("after %s: %q, %v; want %q", step.after, ring.GetCredentials().GetAccessKeyID(), err, step.want)
			}
		}
	})
}

// answering is a server that answers as it is told; status 0: the connection breaks.
type answering func(r *http.Request) (status int, body string)

// RoundTrip implements http.RoundTripper.
func (f answering) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := f(r)
	if status == 0 {
		return nil, io.ErrUnexpectedEOF
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
}

// given is what STS gives.
const given = `{"Credentials":{"AccessKeyId":"STS.id","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2036-01-02T03:04:05Z"}}`

// exchanges are of a key with a token, and of a token.
func exchanges(transport http.RoundTripper, token string) []*exchange {
	client, form := wire.Client(transport, wire.DefaultLimits()), url.Values{"RoleArn": {"r"}}
	keys := &providers.Credentials{AccessKeyId: "LTAIid", AccessKeySecret: secret, SecurityToken: token}
	return []*exchange{
		{action: "AssumeRole", failed: "refresh session token failed", endpoint: "sts.invalid", client: client, form: form, signer: static(*keys).find},
		{action: "AssumeRoleWithOIDC", failed: "get session token failed", endpoint: "sts.invalid", client: client, form: form, token: func() (string, error) { return token, nil }},
	}
}

// A session that ends is renewed before it does, with the token that is in the file by then.
func TestRenewal(t *testing.T) {
	path := writeFile(t, "")
	source, err := Config{}.oidc(OIDC{RoleARN: roleARN, ProviderARN: providerARN, TokenFile: path})
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var sent []string
		source.(*exchange).client = &http.Client{Transport: answering(func(r *http.Request) (int, string) {
			sent = append(sent, r.PostFormValue("OIDCToken"))
			return http.StatusOK, strings.Replace(given, "2036-01-02T03:04:05Z", time.Now().UTC().Add(15*time.Minute).Format(time.RFC3339), 1)
		})}
		for i, after := range []time.Duration{0, 11 * time.Minute, 2 * time.Minute} {
			time.Sleep(after)
			os.WriteFile(path, fmt.Append(nil, "token-", i), 0o600)
			if _, err := source.find(); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(sent, []string{"token-0", "token-2"}) {
			t.Errorf("sent %q", sent)
		}
	})
}

// STS, and the way to it, fail for a moment as OSS does; what it refuses it refuses for good.
func TestSTSFailsForAMoment(t *testing.T) {
	for _, c := range []struct {
		status int // 0: the connection breaks
		body   string
		want   int
	}{
		{0, "", 3}, {503, "", 3}, {429, `{"Code": "Throttling.User", "Message": "m"}`, 3}, {503, `{"Code":"ServiceUnavailable", "Message": "m"}`, 3},
		{403, `{"Code": "NoPermission", "Message": "m"}`, 1}, {302, "", 1},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			for _, e := range exchanges(answering(func(*http.Request) (int, string) { asked++; return c.status, c.body }), "") {
				asked = 0
				if _, err := findAgain(e); err == nil || asked != c.want {
					t.Errorf("%+v: asked %d times, %v", c, asked, err)
				}
			}
		})
	}
	if _, err := find(finder(func() (*providers.Credentials, error) { panic("as credentials-go does") })); err == nil {
		t.Error("no error")
	}
}

// A gateway that repeats a request repeats what was sent in confidence: in whatever form, nobody is shown it.
func TestSTSRepeatsTheRequest(t *testing.T) {
	message := func(text string) string {
		said, _ := json.Marshal(map[string]string{"Code": "AuthenticationFail", "Message": text})
		return string(said)
	}
	for name, echo := range map[string]func(address, form, values string) string{
		"plain":               func(address, form, _ string) string { return "bad request: POST " + address + form },
		"escaped twice":       func(address, form, _ string) string { return url.QueryEscape(address + "&" + form) },
		"escaped, lower case": func(address, form, _ string) string { return strings.ToLower(address + "&" + form) },
		"the values":          func(_, _, values string) string { return values },
		"XML": func(address, _, values string) string {
			return "<?xml version='1.0'?><Error><Code>X</Code><Message>POST " + address + values
		},
		"HTML":                func(_, _, values string) string { return "<html>" + values + " {\"Code\": \"" + values },
		"a signed string":     func(_, form, values string) string { return message("server string to sign is:" + form + values) },
		"a message":           func(address, form, _ string) string { return message(address + form) },
		"a message of values": func(_, _, values string) string { return message("token " + values + " is wrong") },
		"a message, by number": func(_, _, values string) string {
			return strings.NewReplacer("/", `\/`, "+", `\u002b`, "=", `\u003D`).Replace(message(values))
		},
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
			var signature string
			for _, e := range exchanges(answering(func(r *http.Request) (int, string) {
				r.ParseForm()
				signature = r.Form.Get("Signature")
				return status, echo(r.URL.String(), r.PostForm.Encode(), r.Form.Get("SecurityToken")+signature+r.PostForm.Get("OIDCToken"))
			}), "very/secret+token==") {
				_, err := e.find()
				said := strings.ToLower(fmt.Sprint(Config{}.noCredentials(err)))
				for _, secret := range []string{"very", "secret", signature, url.QueryEscape(signature)} {
					if secret = strings.ToLower(secret); err == nil || secret != "" && strings.Contains(said, secret[:min(12, len(secret))]) {
						t.Errorf("%s, %d: %q is in %q", name, status, secret, said)
					}
				}
			}
		}
	}
}

func TestInWords(t *testing.T) {
	for want, err := range map[string]error{
		"refresh session token failed: NoPermission: You are not authorized. (request R)": errors.New(
			`refresh session token failed: {"RequestId":"R","HostId":"h","Code":"NoPermission","Message":"You are not authorized."}`),
		"get session token failed: SignatureDoesNotMatch: the signature is wrong": errors.New(
			`get session token failed: {"Code":"SignatureDoesNotMatch","Message":"Specified signature is not matched with our calculation. server string to sign is:POST&%2F&AccessKeyId%3DLTAI"}`),
		"https://sts.aliyuncs.com EOF":                       fmt.Errorf("x: %w", &url.Error{Op: "Post", URL: "https://sts.aliyuncs.com?AccessKeyId=LTAI&Signature=s", Err: errors.New("EOF")}),
		"get credentials from GET http://localhost/c failed": errors.New(`get credentials from GET http://user:secret@localhost/c?token=s failed: {"secret":"s"}`),
		"the configuration of the CLI is no JSON: '/c.json'": errors.New(`unmarshal aliyun cli config from '/c.json' failed: {"access_key_secret":"s`),
		"failed to execute external command: exit status 1":  errors.New("failed to execute external command: exit status 1\nstderr: very-secret"),
		"x: the answer is no JSON":                           errors.New("x: <html>very-secret"),
		"plain":                                              errors.New("plain"),
	} {
		if got := inWords(err); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Whatever answers in the place of Alibaba's STS: there are whole credentials with an end, or there is a failure that can be shown.
func FuzzSession(f *testing.F) {
	for _, body := range []string{
		given, strings.Replace(given, "2036-01-02T03:04:05Z", "soon", 1), strings.Replace(given, `"t"`, `""`, 1), given[:40], given + given, "",
		"null", "[]", `{"Credentials":null}`, `{"Credentials":[{}]}`, `{"Credentials":{"AccessKeyId":7}}`, strings.Repeat(`{"Credentials":`, 10_100),
		`{"Code":"EntityNotExist.Role","Message":"\u001b[2J\u202e","RequestId":"R"}`, "<html>\x1b]0;\xff", strings.Repeat("x", 5000),
	} {
		f.Add(uint16(200), "Content-Type: application/json", []byte(body))
		f.Add(uint16(404), "Content-Type: text/html", []byte(body))
	}
	f.Add(uint16(302), "Location: http://\x1belsewhere/?token", []byte(nil))
	f.Add(uint16(200), "Transfer-Encoding: chunked", []byte("5\r\n{\"a\":\r\nffffffffffffffff\r\n"))
	f.Add(uint16(200), "Content-Length: 99\r\nContent-Encoding: gzip", []byte(given))

	server := &rawserver.Server{}
	f.Cleanup(server.Wait)
	transport := &http.Transport{DialTLSContext: server.Dial, DisableKeepAlives: true, DisableCompression: true}
	store := New(Config{}, "acme")
	f.Fuzz(func(t *testing.T, status uint16, header string, body []byte) {
		if status < 200 || status > 599 { // a client waits for what comes after 1xx
			status = 200 + status%400
		}
		server.Answer(int(status), "Connection: close\r\n"+header, body)
		for _, e := range exchanges(transport, secret) {
			session, err := e.find()
			if err != nil {
				vendor.CheckFailure(t, e.action, store.Fail("HeadObject", "", Config{}.noCredentials(err)))
				if e.session != nil || session != nil {
					t.Errorf("a failure leaves %+v", session)
				}
				continue
			}
			if session.AccessKeyId == "" || session.AccessKeySecret == "" || session.SecurityToken == "" || e.expires.IsZero() || status != http.StatusOK {
				t.Errorf("%d gives %+v until %s", status, session, e.expires)
			}
			var said struct {
				Credentials struct{ Expiration time.Time }
			}
			if !strings.Contains(header, "Transfer-Encoding") && json.Unmarshal(body, &said) == nil && !said.Credentials.Expiration.Equal(e.expires) {
				t.Errorf("they end at %s, and %s is said", e.expires, said.Credentials.Expiration)
			}
		}
	})
}
