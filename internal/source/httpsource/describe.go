package httpsource

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// Describe asks by HEAD. Servers that know no HEAD, and addresses that are signed for GET alone, are asked for one byte.
func (s *Source) Describe(ctx context.Context) (source.Description, error) {
	response, err := s.insist(ctx, question{method: http.MethodHead}, http.StatusOK,
		http.StatusBadRequest, http.StatusForbidden, http.StatusMethodNotAllowed, http.StatusNotImplemented)
	switch {
	case errors.Is(err, errNoHead):
		response, err = s.askForOneByte(ctx)
	case err == nil && response.StatusCode != http.StatusOK:
		response.Body.Close()
		response, err = s.askForOneByte(ctx)
	}
	if err != nil {
		return source.Description{}, err
	}
	// What comes after the first byte is not read: the connection ends here.
	defer response.Body.Close()
	return describe(response), nil
}

func (s *Source) askForOneByte(ctx context.Context) (*http.Response, error) {
	const rangeless = http.StatusRequestedRangeNotSatisfiable // an empty file has no first byte
	response, err := s.insist(ctx, question{method: http.MethodGet, span: "bytes=0-0"}, http.StatusOK, http.StatusPartialContent, rangeless)
	if err != nil || response.StatusCode != rangeless {
		return response, err
	}
	response.Body.Close()
	return s.insist(ctx, question{method: http.MethodGet}, http.StatusOK)
}

// describe is what an answer tells about the whole file.
func describe(response *http.Response) source.Description {
	size := response.ContentLength
	if response.StatusCode == http.StatusPartialContent {
		size = -1
		if span, ok := wire.ParseContentRange(response.Header.Get("Content-Range")); ok {
			size = span.Total
		}
	}
	return source.Description{
		ETag:         sane(response.Header.Get("ETag")),
		LastModified: sane(response.Header.Get("Last-Modified")),
		Size:         size,
		ContentType:  source.MediaType(sane(response.Header.Get("Content-Type"))),
		Encoding:     strings.ToLower(sane(response.Header.Get("Content-Encoding"))),
	}
}

// longestTold bounds what is kept of a header, in bytes: it gets into states.
const longestTold = 1024

// sane is a header that can be kept; "" for one that is of no use there.
func sane(header string) string {
	if len(header) > longestTold || !utf8.ValidString(header) {
		return ""
	}
	return header
}

// validator is what a server is told in If-Range: a strong ETag, else the date. Weak ETags say "much the same", not "the same bytes"
// (RFC 9110, 13.1.5). "": there is none. Only where isStrong says so, it tells one version from all others.
func validator(told source.Description) string {
	if strings.HasPrefix(told.ETag, `"`) {
		return told.ETag
	}
	return told.LastModified
}

// isStrong reports whether the validator of an answer tells one version from all others. A date does only if the file was a second old by the
// server's own clock: it may have changed once more within that second (RFC 9110, 8.8.2.2).
func isStrong(header http.Header) bool {
	if strings.HasPrefix(sane(header.Get("ETag")), `"`) {
		return true
	}
	modified, err1 := http.ParseTime(header.Get("Last-Modified"))
	answered, err2 := http.ParseTime(header.Get("Date"))
	return err1 == nil && err2 == nil && answered.Sub(modified) >= time.Second
}
