package ossblob

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// longestPresigned is what V4 allows ("Guide to upgrading from Signature V1 to Signature V4").
const longestPresigned = 7 * 24 * time.Hour

// Presign sends nothing to OSS.
// The URL is valid for no longer than the session that signs has left.
func (s *Store) Presign(ctx context.Context, method, key string, ttl time.Duration) (string, error) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
	default:
		return "", fmt.Errorf("a URL cannot be signed for the method %q", method)
	}
	d, err := s.lazy.Get(ctx)
	if err == nil && (ttl < time.Second || d.config.SignatureVersion != SignatureV1 && ttl > longestPresigned) {
		return "", fmt.Errorf("a URL can be signed for 1 second to 7 days, and not for %s", ttl)
	}
	if err == nil {
		err = d.keys.refresh(ctx)
	}
	var address string
	if err == nil {
		address, err = d.sign(key, oss.HTTPMethod(method), int64(ttl/time.Second))
	}
	return address, s.Fail("Presign"+method, key, err)
}
