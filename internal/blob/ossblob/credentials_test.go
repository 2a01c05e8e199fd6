package ossblob

import (
	"cmp"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// startCloud starts an OSS with a Security Token Service, which is reached by https alone, and with the metadata of an instance; the
// configuration has no credentials.
func startCloud(t *testing.T) (*ossfake.Server, Config) {
	server := ossfake.Start(t, ossfake.Options{})
	sts, ca := server.StartSTS(t)
	metadata, err := url.Parse(server.StartMetadata(t, "flink-role"))
	roots, caErr := wire.Certificates(ca)
	if err != nil || caErr != nil {
		t.Fatal(err, caErr)
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
	return server, Config{Region: server.Region, Endpoint: server.Endpoint, STSEndpoint: sts}
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

const (
	roleARN, providerARN = "acs:ram::1:role/r", "acs:ram::1:oidc-provider/p"
	roles                = "ALIBABA_CLOUD_ROLE_ARN=" + roleARN + " ALIBABA_CLOUD_OIDC_PROVIDER_ARN=" + providerARN
	platform             = " ALIBABA_CLOUD_OIDC_TOKEN_FILE="
)

func oidc(o OIDC) Config {
	o.RoleARN, o.ProviderARN = roleARN, providerARN
	return Config{OIDC: &o}
}

// way is one to find credentials.
type way struct {
	config Config
	env    string
}

// The configuration counts before the environment, and of that in the order of keyVariables.
func TestWhereCredentialsComeFrom(t *testing.T) {
	server, base := startCloud(t)
	server.AddKey(ossfake.Key{AccessKey: "config", SecretKey: "s1"})
	server.AddKey(ossfake.Key{AccessKey: "session", SecretKey: "s7", SecurityToken: "t7"})
	server.AddOIDCToken("good")
	file := blobtest.WriteFile(t, []byte(`{"current": "first", "profiles": [
		{"name": "first", "mode": "StsToken", "access_key_id": "session", "access_key_secret": "s7", "sts_token": "t7"},
		{"name": "second", "mode": "AK", "access_key_id": "cli", "access_key_secret": "s5"}]}`))
	const alibaba, alicloud = " ALIBABA_CLOUD_ACCESS_KEY_ID=all ALIBABA_CLOUD_ACCESS_KEY_SECRET=s2", " ALICLOUD_ACCESS_KEY=tf ALICLOUD_SECRET_KEY=s4"
	const ossutil, session = " OSS_ACCESS_KEY_ID=oss OSS_ACCESS_KEY_SECRET=s3", "OSS_ACCESS_KEY_ID=session OSS_ACCESS_KEY_SECRET=s7 OSS_SESSION_TOKEN=t7"
	const hcp, hcpFile, onInstance = " TFC_WORKLOAD_IDENTITY_TOKEN=", " TFC_WORKLOAD_IDENTITY_TOKEN_PATH=", "ALIBABA_CLOUD_ECS_METADATA_DISABLED="
	good, wrong := blobtest.WriteFile(t, []byte("good\n")), blobtest.WriteFile(t, []byte("wrong"))
	key, second := Config{AccessKey: "config", SecretKey: "s1"}, Config{SharedCredentialsFile: file, Profile: "second"}
	role := Config{AssumeRole: &AssumeRole{RoleARN: roleARN, SessionExpiration: time.Hour, ExternalID: "x", Policy: "{}"}}
	keyWithRole, tokenWithRole := key, oidc(OIDC{Token: "good"})
	keyWithRole.AssumeRole, tokenWithRole.AssumeRole = role.AssumeRole, role.AssumeRole
	withRole := []way{{keyWithRole, ""}, {role, session}, {tokenWithRole, ""}}
	instance := []way{{Config{ECSRoleName: "flink-role"}, onInstance}, {Config{}, onInstance}}
	configured := []way{{oidc(OIDC{Token: "good"}), platform + wrong + hcpFile + wrong}, {oidc(OIDC{TokenFile: good}), platform + wrong + hcp + "wrong"}}
	found := []way{{oidc(OIDC{}), platform + good + hcpFile + wrong}, {oidc(OIDC{}), hcpFile + good + hcp + "wrong"}, {Config{}, roles + hcp + "good"}}
	for want, ways := range map[string][]way{ // what "key secret token" begins with
		"config s1 ":    {{key, alibaba + ossutil + alicloud}, {key, "ALIBABA_CLOUD_SECURITY_TOKEN=t"}},
		"session s7 t7": {{Config{AccessKey: "session", SecretKey: "s7", SecurityToken: "t7"}, ""}, {Config{SharedCredentialsFile: file}, ""}, {Config{}, session}},
		"cli s5 ": {
			{second, alibaba},
			{Config{}, "ALIBABA_CLOUD_CONFIG_FILE=" + file + " ALIBABA_CLOUD_PROFILE=second"},
			{Config{}, "ALICLOUD_SHARED_CREDENTIALS_FILE=" + file + " ALICLOUD_PROFILE=second"},
		},
		"all s2 ": {{Config{}, alibaba + ossutil + alicloud}}, "oss s3 ": {{Config{}, ossutil + alicloud}}, "tf s4 ": {{Config{}, alicloud}},
		"STS.": slices.Concat(withRole, instance, configured, found),
	} {
		for i, way := range ways {
			t.Run(fmt.Sprint(want, i), func(t *testing.T) {
				setenv(t, way.env)
				way.config.STSEndpoint = base.STSEndpoint
				ring := newKeyring(way.config)
				err := ring.refresh(t.Context())
				keys := ring.GetCredentials()
				if got := keys.GetAccessKeyID() + " " + keys.GetAccessKeySecret() + " " + keys.GetSecurityToken(); !strings.HasPrefix(got, want) {
					t.Errorf("%s, %v; want %s", got, err, want)
				}
			})
		}
	}
}

// What is missing or wrong is told before anything is sent, in few words.
func TestNoCredentials(t *testing.T) {
	server, base := startCloud(t)
	file, broken := blobtest.WriteFile(t, []byte(`{"profiles": [{"name": "x"}]}`)), blobtest.WriteFile(t, []byte(`{"access_key_secret": "`+secret+`"`))
	role := func(id string, length time.Duration, sts string) Config {
		return Config{AccessKey: id, SecretKey: secret, AssumeRole: &AssumeRole{RoleARN: "r", SessionExpiration: length}, STSEndpoint: sts}
	}
	for words, way := range map[string]way{
		"access_key, none in the environment, profile of the CLI: there is no /nonexistent/.aliyun/config.json;, " +
			"credentials file: there is no /nonexistent/.alibabacloud/credentials": {},
		"access_key, belong together":                          {Config{AccessKey: "LTAIhalf"}, ""},
		"access_key, OSS_ACCESS_KEY_SECRET":                    {Config{}, "OSS_ACCESS_KEY_ID=LTAIhalf"},
		"profile, absent":                                      {Config{SharedCredentialsFile: file, Profile: "absent"}, ""},
		"profile, /nonexistent/config.json":                    {Config{SharedCredentialsFile: "/nonexistent/config.json"}, ""},
		"profile, the configuration of the CLI is no JSON: '/": {Config{SharedCredentialsFile: broken}, ""},
		"access_key, is no JSON":                               {Config{}, "ALIBABA_CLOUD_CONFIG_FILE=" + broken},
		"trust policy, OIDCToken":                              {oidc(OIDC{Token: secret}), ""},
		"the token, there is no OIDC token":                    {oidc(OIDC{}), ""},
		"the token, there is no /nonexistent":                  {oidc(OIDC{TokenFile: "/nonexistent"}), ""},
		"the token, is empty":                                  {oidc(OIDC{TokenFile: blobtest.WriteFile(t, []byte(" \n"))}), ""},
		"/nonexistent/token":                                   {Config{}, roles + platform + "/nonexistent/token"},
		"trust policy, InvalidAccessKeyId":                     {role("LTAIunknown", 0, ""), ""},
		"trust policy, SignatureDoesNotMatch":                  {role(server.AccessKey, 0, ""), ""},
		"assume_role, connection refused":                      {role("LTAIid", 0, "127.0.0.1:1"), ""},
		"assume_role_with_oidc, 900s":                          {Config{OIDC: oidc(OIDC{Token: secret}).OIDC, AssumeRole: role("", time.Minute, "").AssumeRole}, ""},
		"ecs_role_name":                                        {Config{ECSRoleName: "another-role"}, "ALIBABA_CLOUD_ECS_METADATA_DISABLED="},
	} {
		t.Run(words, func(t *testing.T) {
			setenv(t, way.env)
			way.config.Endpoint, way.config.Region, way.config.STSEndpoint = base.Endpoint, base.Region, cmp.Or(way.config.STSEndpoint, base.STSEndpoint)
			store := newStore(t, way.config, "acme-flink")
			_, err := store.Presign(t.Context(), http.MethodGet, "key", time.Minute)
			vendor.ExpectAll(t, map[string]error{"Presign": err, "Bucket": store.Bucket(t.Context())}, blob.ErrCredentials, strings.Split(words, ", ")...)
			if errors.Is(err, os.ErrNotExist) || len(server.Requests()) > 0 {
				t.Errorf("%v, and %d requests", err, len(server.Requests()))
			}
		})
	}
}

// finder is a source that is a function.
type finder func() (*providers.Credentials, error)

func (f finder) find() (*providers.Credentials, error) { return f() }

// Everybody waits for one lookup, and nobody longer than he wants; credentials that cannot be renewed are used as long as they are surely good.
func TestKeyring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, down, release := 0, error(nil), make(chan struct{})
		ring := newKeyring(Config{SharedCredentialsFile: "/nonexistent"}) // where it looks after a failure
		ring.source = finder(func() (*providers.Credentials, error) {
			asked++
			<-release
			return &providers.Credentials{AccessKeyId: fmt.Sprint("id-", asked)}, down
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
		all.Wait()
		for _, step := range []struct {
			after time.Duration
			down  error
			want  string // "": a failure
		}{{0, nil, "id-1"}, {lookEvery - 1, nil, "id-1"}, {2, nil, "id-2"}, {time.Minute, io.EOF, "id-2"}, {2 * time.Minute, nil, ""}} {
			time.Sleep(step.after)
			down = step.down
			err := ring.refresh(t.Context())
			if id := ring.GetCredentials().GetAccessKeyID(); id != step.want || (err != nil) != (id == "") {
				t.Errorf("after %s: %q, %v; want %q", step.after, id, err, step.want)
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
	read := func() (string, error) { return token, nil }
	return []*exchange{
		{action: "AssumeRole", failed: "refresh session token failed", endpoint: "sts.invalid", client: client, form: form, signer: static(*keys).find},
		{action: "AssumeRoleWithOIDC", failed: "get session token failed", endpoint: "sts.invalid", client: client, form: form, token: read},
	}
}

// A session that ends is renewed before it does, with the token that is in the file by then.
func TestRenewal(t *testing.T) {
	path := blobtest.WriteFile(t, nil)
	source, _ := Config{}.oidc(OIDC{RoleARN: roleARN, ProviderARN: providerARN, TokenFile: path})
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
		{0, "", 3},
		{503, "", 3},
		{429, `{"Code": "Throttling.User", "Message": "m"}`, 3},
		{503, `{"Code":"ServiceUnavailable", "Message": "m"}`, 3},
		{403, `{"Code": "NoPermission", "Message": "m"}`, 1},
		{302, "", 1},
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
		"XML":                 func(address, _, values string) string { return "<Error><Message>POST " + address + values },
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
	for want, text := range map[string]string{
		"x: NoPermission: You are not authorized. (request R)": `x: {"RequestId":"R","HostId":"h","Code":"NoPermission","Message":"You are not authorized."}`,
		"x: SignatureDoesNotMatch: the signature is wrong":     `x: {"Code":"SignatureDoesNotMatch","Message":"No. server string to sign is:POST&AccessKeyId"}`,
		"get credentials from GET http://localhost/c failed":   `get credentials from GET http://user:secret@localhost/c?token=s failed: {"secret":"s"}`,
		"failed to execute external command: exit status 1":    "failed to execute external command: exit status 1\nstderr: very-secret",
		"x: the answer is no JSON":                             "x: <html>very-secret",
	} {
		if got := inWords(errors.New(text)); got != want {
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
	f.Fuzz(func(t *testing.T, status uint16, header string, body []byte) {
		if status < 200 || status > 599 { // a client waits for what comes after 1xx
			status = 200 + status%400
		}
		server.Answer(int(status), "Connection: close\r\n"+header, body)
		for _, e := range exchanges(transport, secret) {
			session, err := e.find()
			if err != nil {
				vendor.CheckFailure(t, e.action, New(Config{}, "acme").Fail("HeadObject", "", Config{}.noCredentials(err)))
			}
			isWhole := session != nil && session.AccessKeyId != "" && session.AccessKeySecret != "" && session.SecurityToken != ""
			if isWhole != (err == nil) || isWhole != (e.session != nil) || isWhole && (e.expires.IsZero() || status != http.StatusOK) {
				t.Errorf("%d gives %+v until %s, %v", status, session, e.expires, err)
			}
		}
	})
}
