package rest

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Info is an object as most stores describe it by a header.
// The names of its metadata begin with meta; its Size is that of the body; -1: the header does not tell it.
func Info(key, meta string, header http.Header) blob.Info {
	stored := map[string]string{}
	for name := range header {
		if own, ok := strings.CutPrefix(http.CanonicalHeaderKey(name), meta); ok {
			stored[own] = header.Get(name)
		}
	}
	size := int64(-1)
	if length, err := strconv.ParseUint(header.Get("Content-Length"), 10, 63); err == nil {
		size = int64(length)
	}
	modified, _ := http.ParseTime(header.Get("Last-Modified"))
	return blob.Info{
		Key: key, Size: size, ETag: wire.Unquote(header.Get("Etag")), ModTime: modified.UTC(),
		Attrs: blob.ParseMetadata(header.Get("Content-Type"), stored),
	}
}

// Attrs are attributes as the header of a request has them: the way back from Info.
func Attrs(meta string, attrs blob.Attrs) map[string]string {
	header := map[string]string{}
	for name, value := range attrs.StoredMetadata() {
		header[meta+name] = value
	}
	Set(header, "Content-Type", attrs.ContentType)
	return header
}

// Set puts a value that is not "" into a header or a query.
func Set(into map[string]string, name, value string) {
	if value != "" {
		into[name] = value
	}
}

// Date is the clock of who answered; zero: the header does not tell it.
func Date(header http.Header) time.Time {
	date, _ := http.ParseTime(header.Get("Date"))
	return date.UTC()
}
