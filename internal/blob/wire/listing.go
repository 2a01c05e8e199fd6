package wire

import (
	"fmt"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// longestKey bounds a key that is listed, in bytes. S3 has 1024 at the most, OSS 1023.
const longestKey = 4096

// CheckPage says whether a page is an answer to a query: nothing on it lies elsewhere, and the next page is not this one again. What a store
// lists becomes names, addresses and deletions.
func CheckPage(q blob.Query, page blob.Page) error {
	for _, info := range page.Infos {
		if len(info.Key) > longestKey {
			return fmt.Errorf("the store lists a key of %d bytes", len(info.Key))
		}
		if !strings.HasPrefix(info.Key, q.Prefix) {
			return fmt.Errorf("asked for what begins with %q, the store lists %q", q.Prefix, cut(info.Key))
		}
		if info.Size < 0 {
			return fmt.Errorf("the store lists %q with %d bytes", cut(info.Key), info.Size)
		}
	}
	for _, prefix := range page.Prefixes {
		if !strings.HasPrefix(prefix, q.Prefix) {
			return fmt.Errorf("asked for what begins with %q, the store lists %q", q.Prefix, cut(prefix))
		}
	}
	if page.Next != "" && page.Next == q.Token {
		return fmt.Errorf("the store says that the page after this one is this one")
	}
	return nil
}

// cut shortens a key for a message.
func cut(key string) string {
	const longest = 200
	if len(key) > longest {
		return key[:longest]
	}
	return key
}
