package ossfake

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// StartSTS starts the Security Token Service. Its endpoint is a host with a port and is https always, as credentials-go
// has no other way to it; caFile is the private CA of it, for SSL_CERT_FILE.
func (s *Server) StartSTS(t testing.TB) (endpoint, caFile string) {
	t.Helper()
	authority := privateca.New(t)
	return strings.TrimPrefix(listen(t, s.STS(), authority), "https://"), authority.File
}

// AddOIDCToken makes a token known to AssumeRoleWithOIDC.
func (s *Server) AddOIDCToken(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.oidc[token] = true
}

// STS plays AssumeRole and AssumeRoleWithOIDC: https://www.alibabacloud.com/help/en/ram/developer-reference/api-sts-2015-04-01-assumerole.
func (s *Server) STS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			stsRefuse(w, http.StatusBadRequest, "InvalidParameter", err.Error())
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.Form.Get("Version") != "2015-04-01" {
			stsRefuse(w, http.StatusBadRequest, "InvalidVersion", "Specified parameter Version is not valid.")
			return
		}
		var refused bool
		switch r.Form.Get("Action") {
		case "AssumeRole":
			refused = s.refuseCaller(w, r)
		case "AssumeRoleWithOIDC":
			if refused = !s.oidc[r.Form.Get("OIDCToken")] || r.Form.Get("OIDCProviderArn") == ""; refused {
				stsRefuse(w, http.StatusBadRequest, "AuthenticationFail.OIDCToken.Invalid", "This OIDC Token is invalid.")
			}
		default:
			stsRefuse(w, http.StatusNotFound, "InvalidAction.NotFound", "Specified api is not found, please check your url and method.")
			return
		}
		if !refused {
			s.assume(w, r)
		}
	})
}

// refuseCaller checks the key and the signature of the RPC style, version 1.0:
// https://www.alibabacloud.com/help/en/sdk/product-overview/rpc-mechanism.
func (s *Server) refuseCaller(w http.ResponseWriter, r *http.Request) bool {
	key, ok := s.keys[r.Form.Get("AccessKeyId")]
	switch {
	case !ok:
		stsRefuse(w, http.StatusNotFound, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
		return true
	case key.SecurityToken != r.Form.Get("SecurityToken"):
		stsRefuse(w, http.StatusBadRequest, "InvalidSecurityToken.Malformed", "Specified SecurityToken is malformed.")
		return true
	case !key.Expires.IsZero() && !key.Expires.After(s.now()):
		stsRefuse(w, http.StatusBadRequest, "InvalidSecurityToken.Expired", "Specified SecurityToken is expired.")
		return true
	}
	signed := url.Values{}
	for name, values := range r.Form {
		if name != "Signature" {
			signed[name] = values
		}
	}
	mac := hmac.New(sha1.New, []byte(key.SecretKey+"&"))
	mac.Write([]byte(r.Method + "&%2F&" + escape(strings.ReplaceAll(signed.Encode(), "+", "%20"), false)))
	want := base64.StdEncoding.EncodeToString(mac.Sum(nil))
	if subtle.ConstantTimeCompare([]byte(want), []byte(r.Form.Get("Signature"))) != 1 {
		stsRefuse(w, http.StatusBadRequest, "SignatureDoesNotMatch", "Specified signature is not matched with our calculation.")
		return true
	}
	return false
}

// assume hands out a key with a token, and knows it from now on.
func (s *Server) assume(w http.ResponseWriter, r *http.Request) {
	seconds := 3600
	if value := r.Form.Get("DurationSeconds"); value != "" {
		seconds, _ = strconv.Atoi(value)
	}
	switch {
	case r.Form.Get("RoleArn") == "":
		stsRefuse(w, http.StatusBadRequest, "MissingRoleArn", "RoleArn is mandatory for this action.")
		return
	case r.Form.Get("RoleSessionName") == "":
		stsRefuse(w, http.StatusBadRequest, "MissingRoleSessionName", "RoleSessionName is mandatory for this action.")
		return
	case seconds < 900 || seconds > 43200:
		stsRefuse(w, http.StatusBadRequest, "InvalidParameter.DurationSeconds", "The parameter DurationSeconds is wrongly formed.")
		return
	}
	key := s.temporaryKey(time.Duration(seconds) * time.Second)
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	json.NewEncoder(w).Encode(map[string]any{
		"RequestId":       rand.Text(),
		"AssumedRoleUser": map[string]string{"Arn": r.Form.Get("RoleArn"), "AssumedRoleId": "3" + r.Form.Get("RoleSessionName")},
		"Credentials":     key.asJSON(),
	})
}

// temporaryKey makes a key and a token. The caller holds the lock.
func (s *Server) temporaryKey(life time.Duration) Key {
	key := Key{
		AccessKey: "STS." + rand.Text(), SecretKey: secrettest.Secret("of a session of the OSS fake"), SecurityToken: "CAIS" + secrettest.Secret("token of a session of the OSS fake"),
		Expires: s.now().Add(life).Truncate(time.Second),
	}
	s.keys[key.AccessKey] = key
	return key
}

func (k Key) asJSON() map[string]string {
	return map[string]string{
		"AccessKeyId": k.AccessKey, "AccessKeySecret": k.SecretKey, "SecurityToken": k.SecurityToken,
		"Expiration": k.Expires.Format(time.RFC3339),
	}
}

func stsRefuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"RequestId": rand.Text(), "HostId": "sts.aliyuncs.com", "Code": code, "Message": message})
}
