package ossblob

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what signatures of STS are made with
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const (
	// stsTimeout is how long one exchange may take.
	// Who waits for it is not known here.
	stsTimeout = 15 * time.Second
	// maxSession bounds STS's answer, in bytes.
	maxSession = 1 << 20
	// renewBefore is how long a session has to be good for; the same as in the providers of credentials-go.
	renewBefore = 180 * time.Second
	// sessionLength is STS's own, and shortestSession the shortest that it gives.
	sessionLength, shortestSession = time.Hour, 15 * time.Minute
)

// exchange is a role that credentials, or a token, are exchanged for, until the session ends.
// It is not that of credentials-go 1.4.14, which follows redirects, sends the token or the signed address along, and reads answers of any
// length.
// The words of its failures are the same.
type exchange struct {
	action   string
	failed   string // how failures begin
	endpoint string
	client   *http.Client
	form     url.Values             // parameters of the action
	token    func() (string, error) // of OIDC; nil: the request is signed
	signer   func() (*providers.Credentials, error)
	session  *providers.Credentials
	expires  time.Time
}

// assumeRole exchanges credentials: https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole.
func (c Config) assumeRole(base source) (source, error) {
	role := c.AssumeRole
	e, err := c.exchange("AssumeRole", role.RoleARN, role.SessionName, role.Policy, role.SessionExpiration)
	if err != nil {
		return nil, err
	}
	e.failed, e.signer = "refresh session token failed", base.find
	if role.ExternalID != "" {
		e.form.Set("ExternalId", role.ExternalID)
	}
	return e, nil
}

// oidc exchanges a token.
// With a zero OIDC the roles are those of the environment.
// The token is read anew before each exchange: a file of the platform's is renewed more often than a run ends.
func (c Config) oidc(o OIDC) (source, error) {
	e, err := c.exchange("AssumeRoleWithOIDC", o.RoleARN, o.SessionName, o.Policy, o.SessionExpiration)
	if err != nil {
		return nil, err
	}
	provider := cmp.Or(o.ProviderARN, os.Getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"))
	if provider == "" {
		return nil, errors.New("the OIDCProviderARN is empty")
	}
	e.failed, e.token = "get session token failed", o.token
	e.form.Set("OIDCProviderArn", provider)
	return e, nil
}

func (c Config) exchange(action, role, session, policy string, length time.Duration) (*exchange, error) {
	role, length = cmp.Or(role, os.Getenv("ALIBABA_CLOUD_ROLE_ARN")), cmp.Or(length, sessionLength)
	if role == "" {
		return nil, errors.New("the RoleArn is empty")
	}
	if length < shortestSession {
		return nil, errors.New("session duration should be in the range of 900s - max session duration")
	}
	form := url.Values{"RoleArn": {role}, "RoleSessionName": {cmp.Or(session, sessionName)}, "DurationSeconds": {strconv.Itoa(int(length.Seconds()))}}
	if policy != "" {
		form.Set("Policy", policy)
	}
	return &exchange{action: action, endpoint: c.stsEndpoint(), client: stsClient(), form: form}, nil
}

// stsEndpoint is a host, with a port or not.
func (c Config) stsEndpoint() string {
	if c.STSEndpoint != "" {
		return c.STSEndpoint
	}
	region := os.Getenv("ALIBABA_CLOUD_STS_REGION")
	switch {
	case region == "":
		return "sts.aliyuncs.com"
	case strings.EqualFold(os.Getenv("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"), "true"):
		return "sts-vpc." + region + ".aliyuncs.com"
	}
	return "sts." + region + ".aliyuncs.com"
}

// stsClient keeps no connection: sessions last long.
// It trusts whom everything else of Alibaba Cloud's libraries trusts.
func stsClient() *http.Client {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if base, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = base.Clone()
	}
	if transport.TLSClientConfig != nil {
		transport.TLSClientConfig.NextProtos = nil // it may speak HTTP/2, and here nobody does
	}
	wire.Bound(transport, nil, wire.DefaultLimits())
	transport.DisableKeepAlives, transport.DisableCompression = true, true
	return wire.Client(transport, wire.DefaultLimits())
}

func (e *exchange) find() (*providers.Credentials, error) {
	if e.session != nil && time.Until(e.expires) > renewBefore {
		return e.session, nil
	}
	query := url.Values{
		"Version": {"2015-04-01"}, "Action": {e.action}, "Format": {"JSON"}, "Timestamp": {time.Now().UTC().Format("2006-01-02T15:04:05Z")},
	}
	form := maps.Clone(e.form)
	if e.token != nil {
		token, err := e.token()
		if err != nil {
			return nil, err
		}
		form.Set("OIDCToken", token)
	} else {
		keys, err := e.signer()
		if err != nil {
			return nil, err
		}
		sign(query, form, keys)
	}
	answer, err := e.send(query, form)
	if err != nil {
		return nil, err
	}
	return e.read(answer)
}

// sign adds a signature of the RPC style: https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism.
func sign(query, form url.Values, keys *providers.Credentials) {
	query.Set("SignatureMethod", "HMAC-SHA1")
	query.Set("SignatureVersion", "1.0")
	query.Set("SignatureNonce", rand.Text())
	query.Set("AccessKeyId", keys.AccessKeyId)
	if keys.SecurityToken != "" {
		query.Set("SecurityToken", keys.SecurityToken)
	}
	signed := maps.Clone(query)
	maps.Copy(signed, form)
	text := strings.NewReplacer("+", "%20", "*", "%2A", "%7E", "~").Replace(signed.Encode())
	mac := hmac.New(sha1.New, []byte(keys.AccessKeySecret+"&"))
	mac.Write([]byte(http.MethodPost + "&%2F&" + url.QueryEscape(text)))
	query.Set("Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}

func (e *exchange) send(query, form url.Values) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), stsTimeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+e.endpoint+"/?"+query.Encode(), strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := e.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, maxSession+1))
	said := func(text string) string {
		return withoutSecrets(text, query.Get("SecurityToken"), query.Get("Signature"), form.Get("OIDCToken"))
	}
	switch {
	case err != nil:
		return nil, &url.Error{Op: "Post", URL: "https://" + e.endpoint, Err: err}
	case len(answer) > maxSession:
		return nil, fmt.Errorf("%s: the answer has more than %d bytes", e.failed, maxSession)
	case response.StatusCode/100 == 3:
		return nil, fmt.Errorf("%s: the server redirects to %s, and no credential follows there", e.failed, said(wire.Origin(response.Header.Get("Location"))))
	case response.StatusCode != http.StatusOK && len(answer) == 0:
		return nil, fmt.Errorf("%s: httpStatus: %d", e.failed, response.StatusCode)
	case response.StatusCode != http.StatusOK:
		return nil, errors.New(e.failed + ": " + said(string(answer)))
	}
	return answer, nil
}

func (e *exchange) read(answer []byte) (*providers.Credentials, error) {
	var said struct {
		Credentials struct {
			providers.Credentials
			Expiration string
		}
	}
	if err := json.Unmarshal(answer, &said); err != nil {
		return nil, errors.New(e.failed + ": the answer is no JSON")
	}
	given := said.Credentials
	expires, err := time.Parse(time.RFC3339, given.Expiration)
	if err != nil || given.AccessKeyId == "" || given.AccessKeySecret == "" || given.SecurityToken == "" {
		return nil, errors.New(e.failed + ": the answer lacks something that credentials have")
	}
	e.expires, e.session = expires, &given.Credentials
	return e.session, nil
}
