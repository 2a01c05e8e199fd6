package s3blob

import (
	"bytes"
	"context"
	"encoding/xml"
	"fmt"
	"html"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// The SDK believes whatever answers: a log-in page with status 200 is an empty listing, a web server's 404 an absent
// object, and a state is emptied because a proxy was asked in place of a store. So answers are looked at first.

// maxXML bounds an answer that is read as a whole, in bytes. A listing of 1000 keys has about 2 MiB at the most.
const maxXML = 16 << 20

// xmlRoots are the operations that answer in XML, and the root elements that prove it.
var xmlRoots = map[string]string{
	"ListObjectsV2": "ListBucketResult",
	"GetBucketCors": "CORSConfiguration",

	"GetBucketAccelerateConfiguration": "AccelerateConfiguration",

	"GetObjectTagging":        "Tagging",
	"CopyObject":              "CopyObjectResult",
	"UploadPartCopy":          "CopyPartResult",
	"CreateMultipartUpload":   "InitiateMultipartUploadResult",
	"CompleteMultipartUpload": "CompleteMultipartUploadResult",
}

// vendorHeaders are prefixes of headers that S3 and the stores that speak its protocol send with every answer.
var vendorHeaders = []string{"X-Amz-", "X-Minio-", "X-Oss-", "X-Goog-", "X-Guploader-", "X-Cos-", "X-Obs-", "X-Rgw-"}

// notAStoreError is an answer that no object store gives.
type notAStoreError struct {
	status      int
	contentType string
	title       string // of a page of HTML, shortened
	location    string // where a redirect leads: scheme and host
	origin      string // who answered: scheme and host
	plainHTTP   bool   // a TLS server says that it was spoken to without TLS
}

func (e *notAStoreError) Error() string {
	text := fmt.Sprintf("%d %s", e.status, http.StatusText(e.status))
	if e.contentType != "" {
		text += ", " + e.contentType
	}
	if e.title != "" {
		text += fmt.Sprintf(", titled %q", e.title)
	}
	if e.location != "" {
		text += ", a redirect to " + e.location
	}
	return text
}

// RetryableError is what the SDK's retryer asks: a proxy in front of a store may lack it for a moment.
func (e *notAStoreError) RetryableError() bool {
	switch e.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// saysS3 is set in the metadata of an operation whose answer came from an S3 store beyond doubt.
type saysS3 struct{}

func addAnswerCheck(stack *middleware.Stack) error {
	check := func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
		out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
	) {
		out, metadata, err = next.HandleDeserialize(ctx, in)
		if response, ok := out.RawResponse.(*smithyhttp.Response); ok && err == nil {
			err = checkAnswer(awsmiddleware.GetOperationName(ctx), response.Response)
			metadata.Set(saysS3{}, looksLikeS3(response.Header))
		}
		return out, metadata, err
	}
	// After everything else: closest to the wire, before anything is made of the answer.
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("AnswerCheck", check), middleware.After)
}

func looksLikeS3(header http.Header) bool {
	for name := range header {
		for _, prefix := range vendorHeaders {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}

func checkAnswer(operation string, response *http.Response) error {
	success := response.StatusCode >= 200 && response.StatusCode < 300
	isObject := operation == "HeadObject" || operation == "GetObject"
	if success && isObject {
		return nil // its content type is the object's own
	}
	contentType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	answer := &notAStoreError{status: response.StatusCode, contentType: contentType}
	if response.Request != nil {
		answer.origin = origin(response.Request.URL.String())
	}
	if response.StatusCode >= 300 && response.StatusCode < 400 && response.StatusCode != http.StatusNotModified {
		if location, err := response.Location(); err == nil {
			answer.location = origin(location.String())
		}
	}

	body, err := io.ReadAll(io.LimitReader(response.Body, maxXML))
	if err != nil {
		return &smithyhttp.RequestSendError{Err: err} // the SDK repeats it, as everything that the network did
	}
	response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	root, name := xmlRoots[operation], rootElement(body)
	switch {
	case isHTML(contentType) || strings.EqualFold(name, "html"):
		answer.title = title(body)
	case name == "Error", success && name == root:
		return nil
	case success && len(body) == 0 && looksLikeS3(response.Header):
		return nil // the operation checks what it needs
	case !success && len(body) == 0 && (looksLikeS3(response.Header) || operation == "HeadObject" && answer.location == ""):
		return nil // to a HEAD nobody answers with a body; Head looks further
	case bytes.Contains(body, []byte("HTTP request to an HTTPS")):
		answer.plainHTTP = true // what Go's own servers say
	}
	return answer
}

func isHTML(contentType string) bool {
	return contentType == "text/html" || contentType == "application/xhtml+xml"
}

// rootElement is the local name of the first element, "" where there is none.
func rootElement(body []byte) string {
	decoder := xml.NewDecoder(bytes.NewReader(body))
	decoder.Strict = false
	for {
		token, err := decoder.Token()
		if err != nil {
			return ""
		}
		if start, ok := token.(xml.StartElement); ok {
			return start.Name.Local
		}
	}
}

var titleElement = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)

// title is that of a page, with at most 100 characters.
func title(body []byte) string {
	match := titleElement.FindSubmatch(body)
	if match == nil {
		return ""
	}
	text := []rune(strings.Join(strings.Fields(html.UnescapeString(string(match[1]))), " "))
	if len(text) > 100 {
		text = append(text[:99], '…')
	}
	return string(text)
}
