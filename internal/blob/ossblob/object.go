package ossblob

import (
	"context"
	"net/http"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/objectstore"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
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
	info := rest.Info(key, metaPrefix, header)
	info.VersionID = version(header)
	return info
}

// Get sends one GetObject.
func (d *driver) Get(ctx context.Context, key string, r objectstore.Range, ifMatch string) (objectstore.Response, error) {
	header := map[string]string{}
	rest.Set(header, "If-Match", wire.Quote(ifMatch))
	if !r.IsWhole() {
		header["Range"] = r.Header()
		// Without it a range beyond the end is the whole object, and no error ("Range requests", x-oss-range-behavior).
		header["X-Oss-Range-Behavior"] = "standard"
	}
	answer, err := d.service.Do(ctx, rest.Request{Operation: "GetObject", Method: http.MethodGet, Key: key, Header: header, Stream: true})
	if err != nil {
		return objectstore.Response{}, err
	}
	return objectstore.Response{Info: infoOf(key, answer.Header), Body: answer.Stream, ContentRange: answer.Header.Get("Content-Range")}, nil
}

// Delete sends one DeleteObject.
func (d *driver) Delete(ctx context.Context, key, versionID string, guard objectstore.Guard) error {
	r := rest.Request{Operation: "DeleteObject", Method: http.MethodDelete, Key: key, Query: map[string]string{}, Before: guard.Look}
	rest.Set(r.Query, "versionId", versionID)
	_, err := d.service.Do(ctx, r)
	return err
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
