package ossfake_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

func TestCORSConfiguration(t *testing.T) {
	each(t, func(t *testing.T, _ *ossfake.Server, c *oss.Client, bucket string) {
		rules := func(rules ...oss.CORSRule) error {
			_, err := c.PutBucketCors(t.Context(), &oss.PutBucketCorsRequest{Bucket: &bucket, CORSConfiguration: &oss.CORSConfiguration{CORSRules: rules, ResponseVary: oss.Ptr(true)}})
			return err
		}
		ask := &oss.GetBucketCorsRequest{Bucket: &bucket}
		refusal(c.GetBucketCors(t.Context(), ask))(t, 404, "NoSuchCORSConfiguration", "0034-00000001")
		rule := oss.CORSRule{AllowedOrigins: []string{"https://a.example"}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"x-*"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: oss.Ptr(int64(5))}
		if err := rules(slices.Repeat([]oss.CORSRule{rule}, 10)...); err != nil {
			t.Error(err)
		}
		refused(t, rules(slices.Repeat([]oss.CORSRule{rule}, 11)...), 400, "CORSRuleBeyondLimit")
		if err := rules(rule); err != nil {
			t.Error(err)
		}
		got := must(c.GetBucketCors(t.Context(), ask))(t).CORSConfiguration
		if len(got.CORSRules) != 1 || got.CORSRules[0].AllowedHeaders[0] != "x-*" || *got.CORSRules[0].MaxAgeSeconds != 5 || !*got.ResponseVary {
			t.Errorf("%+v", got)
		}
		for name, change := range map[string]func(*oss.CORSRule){
			"two stars":       func(r *oss.CORSRule) { r.AllowedOrigins = []string{"https://*.*"} },
			"a method":        func(r *oss.CORSRule) { r.AllowedMethods = []string{"PATCH"} },
			"a star exposed":  func(r *oss.CORSRule) { r.ExposeHeaders = []string{"*"} },
			"a quote":         func(r *oss.CORSRule) { r.AllowedHeaders = []string{`x-"`} },
			"an ampersand":    func(r *oss.CORSRule) { r.ExposeHeaders = []string{"a&b"} },
			"a negative time": func(r *oss.CORSRule) { r.MaxAgeSeconds = oss.Ptr(int64(-1)) },
		} {
			bad := rule
			change(&bad)
			if err := rules(bad); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		must(c.DeleteBucketCors(t.Context(), &oss.DeleteBucketCorsRequest{Bucket: &bucket}))(t)
		refusal(c.GetBucketCors(t.Context(), ask))(t, 404, "NoSuchCORSConfiguration")
	})
}

func TestPreflight(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	bucket := server.CreateBucket(t)
	c := client(t, server, oss.SignatureVersionV4)
	ask := func(method, origin, wanted, headers string) (*http.Response, int) {
		request := must(http.NewRequestWithContext(t.Context(), method, server.Endpoint+"/"+bucket+"/key", nil))(t)
		for name, value := range map[string]string{"Origin": origin, "Access-Control-Request-Method": wanted, "Access-Control-Request-Headers": headers} {
			if value != "" {
				request.Header.Set(name, value)
			}
		}
		response := must(httpClient(t, server).Do(request))(t)
		response.Body.Close()
		return response, response.StatusCode
	}
	if _, status := ask(http.MethodOptions, "https://a.example", "GET", ""); status != 403 {
		t.Errorf("without rules: %d", status)
	}
	must(c.PutBucketCors(t.Context(), &oss.PutBucketCorsRequest{Bucket: &bucket, CORSConfiguration: &oss.CORSConfiguration{
		ResponseVary: oss.Ptr(true),
		CORSRules: []oss.CORSRule{
			{AllowedOrigins: []string{"https://*.example"}, AllowedMethods: []string{"GET"}, AllowedHeaders: []string{"X-A"}, ExposeHeaders: []string{"ETag"}, MaxAgeSeconds: oss.Ptr(int64(7))},
			{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"PUT", "GET"}, AllowedHeaders: []string{"*"}},
		},
	}}))(t)
	for _, test := range []struct {
		origin, method, headers string
		status                  int
		allowed                 string
	}{
		{"https://a.example", "GET", "x-a", 200, "https://a.example"},
		{"https://a.example", "GET", "x-a, x-b", 200, "*"}, // the first rule does not allow x-b, the second does
		{"https://b.test", "PUT", "", 200, "*"},
		{"https://b.test", "DELETE", "", 403, ""},
		{"", "GET", "", 400, ""},
		{"https://b.test", "", "", 400, ""},
	} {
		response, status := ask(http.MethodOptions, test.origin, test.method, test.headers)
		if allowed := response.Header.Get("Access-Control-Allow-Origin"); status != test.status || allowed != test.allowed {
			t.Errorf("%+v: %d, allowed %q", test, status, allowed)
		}
	}
	// An actual request has the headers too, whether it succeeds or, as this one without a signature, not.
	response, status := ask(http.MethodGet, "https://a.example", "", "")
	if h := response.Header; status != 403 || h.Get("Access-Control-Allow-Origin") != "https://a.example" || h.Get("Access-Control-Expose-Headers") != "ETag" || h.Get("Vary") != "Origin" || h.Get("Access-Control-Max-Age") != "7" {
		t.Errorf("%d, %v", status, h)
	}
}
