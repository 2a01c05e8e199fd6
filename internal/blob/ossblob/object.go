package ossblob

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
)

// Head sends one HeadObject.
func (d *driver) Head(ctx context.Context, key string) (objectstore.Found, error) {
	answer, err := d.service.Do(ctx, rest.Request{Operation: "HeadObject", Method: http.MethodHead, Key: key})
	if err != nil {
		return objectstore.Found{}, err
	}
	return objectstore.Found{Info: infoOf(key, answer.Header), Raw: answer.Header}, nil
}

const metaPrefix = "X-Oss-Meta-"

func infoOf(key string, header http.Header) blob.Info {
	stored := map[string]string{}
	for name := range header {
		if meta, ok := strings.CutPrefix(http.CanonicalHeaderKey(name), metaPrefix); ok {
			stored[meta] = header.Get(name)
		}
	}
	modified, _ := http.ParseTime(header.Get("Last-Modified"))
	return blob.Info{
		Key:       key,
		Size:      length(header),
		ETag:      unquote(header.Get("Etag")),
		VersionID: version(header),
		ModTime:   modified.UTC(),
		Attrs:     blob.ParseMetadata(header.Get("Content-Type"), stored),
	}
}

// length is that of the body; -1 where the answer has none.
func length(header http.Header) int64 {
	length, err := strconv.ParseUint(header.Get("Content-Length"), 10, 63)
	if err != nil {
		return -1
	}
	return int64(length)
}

// Get sends one GetObject.
func (d *driver) Get(ctx context.Context, key string, r objectstore.Range, ifMatch string) (objectstore.Response, error) {
	header := map[string]string{}
	set(header, "If-Match", quote(ifMatch))
	if !r.IsWhole() {
		header["Range"] = r.Header()
		// Without it a range beyond the end is the whole object, and no error ("Range requests", x-oss-range-behavior).
		header["X-Oss-Range-Behavior"] = "standard"
	}
	answer, err := d.service.Do(ctx, rest.Request{Operation: "GetObject", Method: http.MethodGet, Key: key, Header: header, Stream: true})
	if err != nil {
		return objectstore.Response{}, err
	}
	return objectstore.Response{
		Info: infoOf(key, answer.Header), Body: answer.Stream, Length: length(answer.Header), ContentRange: answer.Header.Get("Content-Range"),
	}, nil
}

// Delete sends one DeleteObject.
func (d *driver) Delete(ctx context.Context, key, versionID string, guard objectstore.Guard) error {
	r := rest.Request{Operation: "DeleteObject", Method: http.MethodDelete, Key: key, Query: map[string]string{}, Before: guard.Look}
	set(r.Query, "versionId", versionID)
	_, err := d.service.Do(ctx, r)
	return err
}

// unquote takes the quotes from an ETag.
func unquote(etag string) string { return strings.Trim(etag, `"`) }

// quote puts them back; "" for no ETag.
func quote(etag string) string {
	if etag == "" {
		return ""
	}
	return `"` + etag + `"`
}

// set puts a value that is not "" into a header or a query.
func set(into map[string]string, name, value string) {
	if value != "" {
		into[name] = value
	}
}

// version: a bucket whose versioning is suspended says "null".
func version(header http.Header) string {
	if id := header.Get("X-Oss-Version-Id"); id != "null" {
		return id
	}
	return ""
}

// date is how OSS writes times in XML.
func date(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}
	}
	return t.UTC()
}
