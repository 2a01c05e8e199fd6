package ossfake_test

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// tamper changes requests after they were signed.
type tamper struct {
	change func(*http.Request)
	next   http.RoundTripper
}

func (t tamper) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	t.change(r)
	return t.next.RoundTrip(r)
}

func tampered(t *testing.T, server *ossfake.Server, change func(*http.Request)) func(*oss.Config) {
	return func(c *oss.Config) {
		c.WithHttpClient(&http.Client{Transport: tamper{change, httpClient(t, server).Transport}})
	}
}

func withKey(id, secret, token string) func(*oss.Config) {
	return func(c *oss.Config) {
		c.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, token))
	}
}

func query(r *http.Request, change func(url.Values)) {
	values := r.URL.Query()
	change(values)
	r.URL.RawQuery = values.Encode()
}

func TestRefusedSignatures(t *testing.T) {
	for name, version := range versions {
		server := ossfake.Start(t, ossfake.Options{})
		bucket := server.CreateBucket(t)
		server.Put(bucket, "key", []byte("data"), nil)
		server.AddKey(ossfake.Key{AccessKey: "STS.live", SecretKey: "s", SecurityToken: "token", Expires: time.Now().Add(time.Hour)})
		server.AddKey(ossfake.Key{AccessKey: "STS.dead", SecretKey: "s", SecurityToken: "token", Expires: time.Now().Add(-time.Second)})
		server.AddKey(ossfake.Key{AccessKey: "reader", SecretKey: "s", Denied: []string{"PutObject", "HeadObject"}})
		change := func(do func(*http.Request)) []func(*oss.Config) { return []func(*oss.Config){tampered(t, server, do)} }
		type test struct {
			config []func(*oss.Config)
			offset time.Duration
			code   string
			ec     string
		}
		tests := map[string]test{
			"right":           {},
			"right token":     {config: []func(*oss.Config){withKey("STS.live", "s", "token")}},
			"wrong secret":    {[]func(*oss.Config){withKey(server.AccessKey, "wrong", "")}, 0, "SignatureDoesNotMatch", "0002-00000040"},
			"unknown key":     {[]func(*oss.Config){withKey("nobody", "s", "")}, 0, "InvalidAccessKeyId", "0002-00000902"},
			"no token":        {[]func(*oss.Config){withKey("STS.live", "s", "")}, 0, "InvalidAccessKeyId", "0002-00000003"},
			"wrong token":     {[]func(*oss.Config){withKey("STS.live", "s", "another")}, 0, "InvalidSecurityToken", "0002-00000006"},
			"a token too":     {[]func(*oss.Config){withKey(server.AccessKey, server.SecretKey, "token")}, 0, "InvalidAccessKeyId", "0002-00000002"},
			"expired token":   {[]func(*oss.Config){withKey("STS.dead", "s", "token")}, 0, "SecurityTokenExpired", "0002-00000007"},
			"denied":          {[]func(*oss.Config){withKey("reader", "s", "")}, 0, "AccessDenied", "0003-00000001"},
			"a clock behind":  {nil, 16 * time.Minute, "RequestTimeTooSkewed", "0002-00000504"},
			"a clock ahead":   {nil, -16 * time.Minute, "RequestTimeTooSkewed", "0002-00000504"},
			"14 minutes":      {nil, 14 * time.Minute, "", ""},
			"no signature":    {change(func(r *http.Request) { r.Header.Del("Authorization") }), 0, "AccessDenied", "0003-00000001"},
			"unknown form":    {change(func(r *http.Request) { r.Header.Set("Authorization", "Basic eHg=") }), 0, "InvalidArgument", ""},
			"another path":    {change(func(r *http.Request) { r.URL.Path, r.URL.RawPath = "/"+bucket+"/another", "" }), 0, "SignatureDoesNotMatch", ""},
			"another method":  {change(func(r *http.Request) { r.Method = http.MethodDelete }), 0, "SignatureDoesNotMatch", ""},
			"a sub-resource":  {change(func(r *http.Request) { query(r, func(v url.Values) { v.Set("versionId", "x") }) }), 0, "SignatureDoesNotMatch", ""},
			"a header more":   {change(func(r *http.Request) { r.Header.Set("X-Oss-Meta-A", "b") }), 0, "SignatureDoesNotMatch", ""},
			"a header else":   {change(func(r *http.Request) { r.Header.Set("X-Oss-Storage-Class", "IA") }), 0, "SignatureDoesNotMatch", ""},
			"Content-Type":    {change(func(r *http.Request) { r.Header.Set("Content-Type", "text/y") }), 0, "SignatureDoesNotMatch", ""},
			"Content-MD5":     {change(func(r *http.Request) { r.Header.Set("Content-Md5", "1B2M2Y8AsgTpgAmY7PhCfg==") }), 0, "SignatureDoesNotMatch", ""},
			"one more in URL": {change(func(r *http.Request) { query(r, func(v url.Values) { v.Set("OSSAccessKeyId", "x") }) }), 0, "InvalidArgument", "0002-00000039"},
			"signature's end": {change(func(r *http.Request) { r.Header.Set("Authorization", r.Header.Get("Authorization")[:40]) }), 0, "", "any"},
		}
		if name == "V1" {
			tests["no date"] = test{change(func(r *http.Request) { r.Header.Del("Date") }), 0, "AccessDenied", "0002-00000503"}
			tests["another date"] = test{change(func(r *http.Request) { r.Header.Set("Date", time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)) }), 0, "SignatureDoesNotMatch", ""}
		} else {
			authorization := func(from, to string) []func(*oss.Config) {
				return change(func(r *http.Request) {
					r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), from, to, 1))
				})
			}
			tests["any parameter"] = test{change(func(r *http.Request) { query(r, func(v url.Values) { v.Set("any", "x") }) }), 0, "SignatureDoesNotMatch", ""}
			tests["another region"] = test{[]func(*oss.Config){func(c *oss.Config) { c.WithRegion("eu-central-1") }}, 0, "InvalidArgument", "0002-00000228"}
			tests["another day"] = test{change(func(r *http.Request) {
				r.Header.Set("Authorization", regexp.MustCompile(`/\d{8}/`).ReplaceAllString(r.Header.Get("Authorization"), "/20260101/"))
			}), 0, "InvalidArgument", ""}
			tests["another product"] = test{authorization("/oss/", "/s3/"), 0, "InvalidArgument", "0002-00000213"}
			tests["another end"] = test{authorization("aliyun_v4_request", "aws4_request"), 0, "InvalidArgument", "0002-00000213"}
			tests["no x-oss-date"] = test{change(func(r *http.Request) { r.Header.Del("X-Oss-Date") }), 0, "SignatureDoesNotMatch", ""}
			tests["no date at all"] = test{change(func(r *http.Request) { r.Header.Del("X-Oss-Date"); r.Header.Del("Date") }), 0, "AccessDenied", "0002-00000503"}
			tests["no hash"] = test{change(func(r *http.Request) { r.Header.Del("X-Oss-Content-Sha256") }), 0, "InvalidArgument", ""}
			tests["another hash"] = test{change(func(r *http.Request) { r.Header.Set("X-Oss-Content-Sha256", strings.Repeat("0", 64)) }), 0, "InvalidArgument", "0002-00000214"}
			tests["additional headers unsigned"] = test{authorization(",Signature", ",AdditionalHeaders=host,Signature"), 0, "SignatureDoesNotMatch", ""}
			tests["additional headers"] = test{config: []func(*oss.Config){func(c *oss.Config) { c.WithAdditionalHeaders([]string{"date", "User-Agent"}) }}}
		}
		for what, test := range tests {
			t.Run(name+", "+what, func(t *testing.T) {
				server.SetClock(test.offset)
				defer server.SetClock(0)
				c := client(t, server, version, append(test.config, func(c *oss.Config) {
					c.DisableUploadCRC64Check = oss.Ptr(true)
				})...)
				before, _ := server.Object(bucket, "key")
				_, err := c.PutObject(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: oss.Ptr("key"), ContentType: oss.Ptr("text/x"), Body: bytes.NewReader([]byte(what))})
				object, _ := server.Object(bucket, "key")
				if test.code == "" && test.ec == "" {
					if err != nil || string(object.Data) != what {
						t.Errorf("%v, %q", err, object.Data)
					}
					return
				}
				if err == nil || !bytes.Equal(object.Data, before.Data) {
					t.Errorf("%v, and the object is %q", err, object.Data)
				}
				if test.code == "" {
					return
				}
				status := http.StatusForbidden
				if test.code == "InvalidArgument" {
					status = http.StatusBadRequest
				}
				if e := refused(t, err, status, test.code); test.ec != "" && e.EC != test.ec {
					t.Errorf("EC %s, want %s", e.EC, test.ec)
				}
			})
		}
	}
}

// fetch uses a signed URL as a browser or curl would.
func fetch(t *testing.T, server *ossfake.Server, method, address string, header map[string]string, body string) (status int, code, text string) {
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body)))(t)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response := must(httpClient(t, server).Do(request))(t)
	defer response.Body.Close()
	content := must(io.ReadAll(response.Body))(t)
	var refusal struct{ Code string }
	if response.StatusCode >= 300 {
		xml.Unmarshal(content, &refusal)
	}
	return response.StatusCode, refusal.Code, string(content)
}

func TestSignedURLs(t *testing.T) {
	each(t, func(t *testing.T, server *ossfake.Server, c *oss.Client, bucket string) {
		key := "a b+c/ü"
		server.AddKey(ossfake.Key{AccessKey: "STS.live", SecretKey: "s", SecurityToken: "to+ken/=="})
		v4 := strings.HasPrefix(t.Name(), "TestSignedURLs/V4")
		version := oss.SignatureVersionV1
		if v4 {
			version = oss.SignatureVersionV4
		}
		for _, c := range []*oss.Client{c, client(t, server, version, withKey("STS.live", "s", "to+ken/=="))} {
			putURL := must(c.Presign(t.Context(), &oss.PutObjectRequest{Bucket: &bucket, Key: &key, ContentType: oss.Ptr("text/x"), Metadata: map[string]string{"a": "b"}}))(t)
			header := map[string]string{"Content-Type": "text/x", "X-Oss-Meta-A": "b"}
			if status, code, _ := fetch(t, server, http.MethodPut, putURL.URL, header, "data"); status != 200 {
				t.Fatalf("%d %s", status, code)
			}
			header["X-Oss-Meta-A"] = "c"
			if status, code, _ := fetch(t, server, http.MethodPut, putURL.URL, header, "else"); status != 403 || code != "SignatureDoesNotMatch" {
				t.Errorf("another header: %d %s", status, code)
			}
			getURL := must(c.Presign(t.Context(), &oss.GetObjectRequest{Bucket: &bucket, Key: &key, ResponseContentType: oss.Ptr("text/y")}, oss.PresignExpires(time.Hour)))(t).URL
			if status, _, body := fetch(t, server, http.MethodGet, getURL, nil, ""); status != 200 || body != "data" {
				t.Errorf("%d %q", status, body)
			}
			for what, change := range map[string]func(*url.URL){
				"path": func(u *url.URL) { u.Path += "x"; u.RawPath = "" },
				"response": func(u *url.URL) {
					query(&http.Request{URL: u}, func(v url.Values) { v.Set("response-content-type", "text/html") })
				},
				"expiry": func(u *url.URL) {
					query(&http.Request{URL: u}, func(v url.Values) {
						if v4 {
							v.Set("x-oss-expires", "7200")
						} else {
							v.Set("Expires", v.Get("Expires")+"0")
						}
					})
				},
			} {
				u := must(url.Parse(getURL))(t)
				change(u)
				if status, code, _ := fetch(t, server, http.MethodGet, u.String(), nil, ""); status != 403 || code != "SignatureDoesNotMatch" {
					t.Errorf("%s: %d %s", what, status, code)
				}
			}
			if status, code, _ := fetch(t, server, http.MethodPut, getURL, nil, ""); status != 403 || code != "SignatureDoesNotMatch" {
				t.Errorf("method: %d %s", status, code)
			}
			server.SetClock(59 * time.Minute)
			if status, _, _ := fetch(t, server, http.MethodGet, getURL, nil, ""); status != 200 {
				t.Errorf("before its end: %d", status)
			}
			server.SetClock(time.Hour)
			if status, code, body := fetch(t, server, http.MethodGet, getURL, nil, ""); status != 403 || code != "AccessDenied" || !strings.Contains(body, "Request has expired.") {
				t.Errorf("after its end: %d %s", status, body)
			}
			server.SetClock(0)
			if v4 {
				week := must(url.Parse(getURL))(t)
				query(&http.Request{URL: week}, func(v url.Values) { v.Set("x-oss-expires", "604801") })
				if status, code, body := fetch(t, server, http.MethodGet, week.String(), nil, ""); status != 400 || code != "InvalidArgument" || !strings.Contains(body, "0002-00000232") {
					t.Errorf("more than a week: %d %s", status, body)
				}
			}
		}
	})
}
