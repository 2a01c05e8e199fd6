package ossblob

import (
	"strings"
	"testing"
)

// However a region or an endpoint is spelt, it is the one that is meant, or a clear error.
func TestSpelling(t *testing.T) {
	for _, c := range []struct {
		config           Config
		endpoint, region string
	}{
		{Config{Region: "CN-Hangzhou"}, "https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"},
		{Config{Endpoint: "HTTPS://OSS-CN-HANGZHOU.ALIYUNCS.COM/"}, "https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"},
		{Config{Endpoint: "ACME.OSS-CN-HANGZHOU.ALIYUNCS.COM"}, "https://oss-cn-hangzhou.aliyuncs.com", "cn-hangzhou"},
		{Config{Endpoint: "oss-cn-north-2-gov-1-internal.aliyuncs.com:443"}, "https://oss-cn-north-2-gov-1-internal.aliyuncs.com:443", "cn-north-2-gov-1"},
		{Config{Endpoint: "[::1]:9000", Region: "r"}, "https://[::1]:9000", "r"},
	} {
		if got, err := placesOf(c.config, "acme"); err != nil || got.endpoint != c.endpoint || got.region != c.region {
			t.Errorf("%v: %+v, %v", c.config, got, err)
		}
	}
	for _, c := range []struct {
		config Config
		advice string
	}{
		{Config{Region: "cn hangzhou"}, "Set region"},
		{Config{Region: "cn-hangzhou/x"}, "Set region"},
		{Config{Region: "cn-hangzhou.aliyuncs.com"}, "Set region"},
		{Config{Region: "华东1"}, "Set region"},
		{Config{Region: "r", Endpoint: "https://:443"}, "Set endpoint"},
		{Config{Endpoint: "cn-hangzhou.oss-dls.aliyuncs.com"}, "Set endpoint"},
		{Config{Endpoint: "oss-dls.aliyuncs.com"}, "Set endpoint"},
		{Config{Endpoint: "acme.oss-accelerate.aliyuncs.com", Region: "cn-hangzhou"}, "Set endpoint"},
		{Config{Endpoint: "OSS-Accelerate-overseas.aliyuncs.com", Region: "cn-hangzhou"}, "Set endpoint"},
		{Config{Endpoint: "acme.cn-hangzhou.oss-dls.aliyuncs.com", Region: "cn-hangzhou"}, "Set endpoint"},
		{Config{Endpoint: "oss-cn-hangzhou.aliyuncs.com", UseCNAME: true}, "Set endpoint"},
		{Config{Endpoint: "acme.oss-cn-hangzhou.aliyuncs.com", UseCNAME: true}, "Set endpoint"},
	} {
		_, err := New(c.config, "acme").Head(t.Context(), "key")
		if failure := failureOf(t, err); !strings.HasPrefix(failure.Advice, c.advice) {
			t.Errorf("%v: %v (%s)", c.config, err, failure.Advice)
		}
	}
	store := New(Config{Region: "cn-hangzhou", Endpoint: "data.example.com", UseCNAME: true, AccelerateEndpoint: "OSS-ACCELERATE-overseas.aliyuncs.com:443"}, "acme")
	if got, err := store.AccelerationEndpoint(t.Context()); got != "https://acme.oss-accelerate-overseas.aliyuncs.com:443" {
		t.Errorf("%q, %v", got, err)
	}
}
