package wire

import "strings"

// Quote is an ETag as headers have it; "" for none.
func Quote(etag string) string {
	if etag == "" {
		return ""
	}
	return `"` + etag + `"`
}

// Unquote takes the quotes from one.
func Unquote(etag string) string { return strings.Trim(etag, `"`) }
