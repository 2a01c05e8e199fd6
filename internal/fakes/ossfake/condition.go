package ossfake

import (
	"net/http"
	"strings"
	"time"
)

// conditions are the names of the headers that make a request depend on an object's state.
type conditions struct {
	match, noneMatch, modifiedSince, unmodifiedSince string
}

var (
	readConditions = conditions{"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"}
	copyConditions = conditions{
		"X-Oss-Copy-Source-If-Match", "X-Oss-Copy-Source-If-None-Match",
		"X-Oss-Copy-Source-If-Modified-Since", "X-Oss-Copy-Source-If-Unmodified-Since",
	}
)

// checkConditions answers 412 where the object is not what was asked for, and 304 where it did not change; CopyObject
// has both of them too: https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject.
func checkConditions(header http.Header, names conditions, v *version) *Refusal {
	if value := header.Get(names.match); value != "" && !sameETag(value, v.ETag) {
		return preconditionFailed(names.match)
	}
	if since, err := time.Parse(http.TimeFormat, header.Get(names.unmodifiedSince)); err == nil && v.LastModified.After(since) {
		return preconditionFailed(names.unmodifiedSince)
	}
	if value := header.Get(names.noneMatch); value != "" && sameETag(value, v.ETag) {
		return notModified()
	}
	if since, err := time.Parse(http.TimeFormat, header.Get(names.modifiedSince)); err == nil && !v.LastModified.After(since) {
		return notModified()
	}
	return nil
}

// sameETag compares with and without quotes.
func sameETag(a, b string) bool {
	return strings.EqualFold(strings.Trim(a, `"`), strings.Trim(b, `"`))
}
