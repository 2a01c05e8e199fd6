package ossblob

import (
	"errors"
	"net/http"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// Throttling refuses before anything is done: every request may be sent again, those that begin and publish too.
func TestThrottled(t *testing.T) {
	for _, refusal := range []ossfake.Refusal{
		{},
		{Status: http.StatusTooManyRequests, Code: "TooManyRequests"},
		{Status: http.StatusTooManyRequests, Code: "SoonAgain"},
		{Status: http.StatusServiceUnavailable, Code: "ServiceUnavailable"},
		{Status: http.StatusServiceUnavailable, Code: "DownloadTrafficRateLimitExceeded"},
	} {
		b := startBehind(t, nil)
		for _, operation := range []string{"InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload", "HeadObject", "PutObject", "DeleteObject"} {
			b.server.Throttle(func(r ossfake.Request) bool { return r.Operation == operation }, 2, refusal)
		}
		if _, err := put(t, b, "large", someBytes(large), blob.Cond{IfAbsent: true}); err != nil {
			t.Errorf("%+v: %v", refusal, err)
		}
		b.expect(t, "large", someBytes(large))
		mustPut(t, b, "small", someBytes(1000))
		b.expect(t, "small", someBytes(1000))
		if err := b.Delete(t.Context(), "small", blob.Cond{}); err != nil {
			t.Errorf("%+v: %v", refusal, err)
		}
	}
}

var someRules = blob.CORSConfig{Rules: []blob.CORSRule{{AllowedOrigins: []string{"*"}, AllowedMethods: []string{"GET"}}}}

func TestRetriesAreCounted(t *testing.T) {
	for _, retries := range []int{0, 1, 3} {
		b := startBehind(t, func(c *Config) { c.MaxRetries = &retries })
		b.server.Throttle(nil, 100, ossfake.Refusal{})
		_, err := b.Head(t.Context(), "key")
		if !errors.Is(err, blob.ErrUnreachable) || failureOf(t, err).Advice == "" || failureOf(t, err).Code != "QpsLimitExceeded" {
			t.Errorf("%v", err)
		}
		if n := len(b.server.Requests()); n != retries+1 {
			t.Errorf("%d retries: %d requests", retries, n)
		}
	}
}
