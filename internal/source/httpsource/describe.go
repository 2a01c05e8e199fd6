package httpsource

import (
	"context"
	"errors"
	"net/http"
	"strings"

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
		if span, ok := spanOf(response.Header); ok {
			size = span.total
		}
	}
	return source.Description{
		ETag:         response.Header.Get("ETag"),
		LastModified: response.Header.Get("Last-Modified"),
		Size:         size,
		ContentType:  mediaType(response.Header),
	}
}

// validator is what a server is told in If-Range: a strong ETag, else the date. Weak ETags say "much the same", not "the same bytes"
// (RFC 9110, 13.1.5). "": there is none.
func validator(told source.Description) string {
	if strings.HasPrefix(told.ETag, `"`) {
		return told.ETag
	}
	return told.LastModified
}
