package wire

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// longestKey bounds a key that is listed, in bytes. S3 has 1024 at the most, OSS 1023.
const longestKey = 4096

// Names decodes the names in a listing.
// XML cannot hold every key: a store that does as it was asked encodes them as in a URL, and says so.
type Names struct {
	Encoded bool  // the listing says so
	Err     error // the first name that is not encoded as announced; nil: none
}

// Decode is the name; "" where it is not encoded as announced.
func (n *Names) Decode(text string) string {
	if !n.Encoded {
		return text
	}
	name, err := url.QueryUnescape(text)
	if err != nil && n.Err == nil {
		n.Err = Strange("a name is not encoded as announced: %s", err)
	}
	return name
}

// CheckPage reports whether a page is an answer to a query: nothing on it lies elsewhere, and the next page is not this one again. What a store
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
