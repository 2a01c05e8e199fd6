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

// Presign asks nothing of OSS. It holds for no longer than the session that signs has left.
func (s *Store) Presign(ctx context.Context, method, key string, ttl time.Duration) (string, error) {
	r := request{operation: "Presign" + method, key: key}
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete:
	default:
		return "", fmt.Errorf("a URL cannot be signed for the method %q", method)
	}
	if ttl < time.Second || s.config.SignatureVersion != SignatureV1 && ttl > longestPresigned {
		return "", fmt.Errorf("a URL can be signed for 1 second to 7 days, and not for %s", ttl)
	}
	conn, err := s.connect()
	if err != nil {
		return "", s.fail(r, err)
	}
	if err := conn.keys.refresh(ctx); err != nil {
		return "", s.fail(r, err)
	}
	address, err := conn.sign(key, oss.HTTPMethod(method), int64(ttl/time.Second))
	if err != nil {
		return "", s.fail(r, err)
	}
	return address, nil
}
