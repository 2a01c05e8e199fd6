package ossblob

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"html"
	"mime"
	"net/http"
	"regexp"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"
)

// Whatever answers might be believed: a log-in page with status 200 were an empty listing, a web server's 404 an absent
// object, and a state were emptied because a proxy was asked in place of OSS. OSS puts x-oss-request-id into every answer
// ("Common response headers"), so what has none is not OSS's.

// maxXML bounds an answer that is read as a whole, in bytes. A listing of 1000 keys has about 2 MiB at the most.
const maxXML = 16 << 20

// xmlRoots are the operations that answer in XML, and the root elements that prove it.
var xmlRoots = map[string]string{
	"ListObjectsV2":                 "ListBucketResult",
	"GetBucketCors":                 "CORSConfiguration",
	"GetBucketTransferAcceleration": "TransferAccelerationConfiguration",
	"GetObjectTagging":              "Tagging",
	"GetObjectACL":                  "AccessControlPolicy",
	"CopyObject":                    "CopyObjectResult",
	"UploadPartCopy":                "CopyPartResult",
	"InitiateMultipartUpload":       "InitiateMultipartUploadResult",
	"CompleteMultipartUpload":       "CompleteMultipartUploadResult",
}

// notAStoreError is an answer that OSS does not give.
type notAStoreError struct {
	status      int
	contentType string
	title       string // of a page of HTML, shortened
	location    string // where a redirect leads: scheme and host
	lacks       string // what every such answer of OSS has
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
	if e.lacks != "" {
		text += ", without " + e.lacks
	}
	return text
}

// mayPass: a gateway in front of OSS says so when it lacks OSS for a moment.
func (e *notAStoreError) mayPass() bool {
	switch e.status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// isGenuine says whether an answer is OSS's.
func isGenuine(response *oss.Response) bool {
	return response.Headers.Get(oss.HTTPHeaderOssRequestID) != ""
}

func checkAnswer(r request, response *oss.Response, body []byte) error {
	success := response.StatusCode/100 == 2
	contentType, _, _ := mime.ParseMediaType(response.Headers.Get("Content-Type"))
	page := &notAStoreError{status: response.StatusCode, contentType: contentType}
	if response.StatusCode/100 == 3 && response.StatusCode != http.StatusNotModified {
		page.location = origin(response.Headers.Get("Location"))
	}
	name := rootElement(body)
	switch {
	case isHTML(contentType) && r.method != http.MethodHead, strings.EqualFold(name, "html"):
		page.title = title(body)
	case !isGenuine(response):
		page.lacks = "x-oss-request-id"
		page.plainHTTP = bytes.Contains(body, []byte("HTTP request to an HTTPS")) // what Go's own servers say
	case page.location != "":
	case !success, name == "Error", xmlRoots[r.operation] == name, xmlRoots[r.operation] == "":
		return nil
	default:
		page.lacks = "the element " + xmlRoots[r.operation]
	}
	return page
}

// refusal is an error of OSS. Of its XML nothing is kept but what is here: other elements repeat the key and the string that was
// signed.
type refusal struct {
	status    int
	code      string
	message   string
	requestID string
	ec        string // number of the error, which has a page of its own
	endpoint  string // the right one, where this was the wrong one
	denied    string // what RAM says about it
	header    http.Header
}

func (e *refusal) Error() string {
	return fmt.Sprintf("%d %s: %s", e.status, e.code, e.message)
}

// refusalOf reads a refusal. The answer to a HEAD carries it in a header (SDK v3.0.2, conn.go, handleResponse).
func refusalOf(response *oss.Response, body []byte) *refusal {
	e := &refusal{
		status:    response.StatusCode,
		requestID: response.Headers.Get(oss.HTTPHeaderOssRequestID),
		ec:        response.Headers.Get(oss.HTTPHeaderOssEc),
		header:    response.Headers,
	}
	if encoded := response.Headers.Get(oss.HTTPHeaderOssErr); len(body) == 0 && encoded != "" {
		body, _ = base64.StdEncoding.DecodeString(encoded) // what is no base64 is no XML either
	}
	var said struct {
		XMLName  xml.Name `xml:"Error"`
		Code     string
		Message  string
		Endpoint string
		EC       string
		Action   string `xml:"AccessDeniedDetail>AuthAction"` // from memory
	}
	if err := xml.Unmarshal(body, &said); err == nil {
		e.code, e.message, e.endpoint, e.denied = said.Code, strings.TrimSpace(said.Message), said.Endpoint, said.Action
		if said.EC != "" {
			e.ec = said.EC
		}
	}
	if e.code == "" {
		e.code = bareCodes[e.status]
	}
	return e
}

// bareCodes are for answers without a body.
var bareCodes = map[int]string{
	http.StatusNotFound:           "NotFound",
	http.StatusForbidden:          "AccessDenied",
	http.StatusPreconditionFailed: "PreconditionFailed",
	http.StatusNotModified:        "NotModified",
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
