package ossblob

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/credentials-go/credentials/providers"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Whatever answers in the place of Alibaba's STS: there are whole credentials with an end, or there is a failure that can be shown.
func FuzzSession(f *testing.F) {
	const given = `{"Credentials":{"AccessKeyId":"STS.id","AccessKeySecret":"s","SecurityToken":"t","Expiration":"2036-01-02T03:04:05Z"}}`
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
	client := wire.Client(&http.Transport{DialTLSContext: server.Dial, DisableKeepAlives: true, DisableCompression: true}, wire.DefaultLimits())
	signer := func() (*providers.Credentials, error) {
		return &providers.Credentials{AccessKeyId: "LTAIid", AccessKeySecret: hush}, nil
	}
	token := func() (string, error) { return hush, nil }
	store := New(Config{}, "acme")
	f.Fuzz(func(t *testing.T, status uint16, header string, body []byte) {
		if status < 200 || status > 599 { // a client waits for what comes after 1xx
			status = 200 + status%400
		}
		server.Answer(int(status), "Connection: close\r\n"+header, body)
		for _, e := range []*exchange{
			{action: "AssumeRole", failed: "refresh session token failed", signer: signer},
			{action: "AssumeRoleWithOIDC", failed: "get session token failed", token: token},
		} {
			e.endpoint, e.client, e.form = "sts.invalid", client, url.Values{"RoleArn": {"r"}}
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
