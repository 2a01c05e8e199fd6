package ossblob

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"mime"
	"net/http"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// OSS puts x-oss-request-id into every answer ("Common response headers"), so what has none is not OSS's.

// xmlRoots are the operations that answer in XML, and the root elements that prove it.
var xmlRoots = map[string]string{
	"ListObjectsV2":                 "ListBucketResult",
	"ListMultipartUploads":          "ListMultipartUploadsResult",
	"GetBucketCors":                 "CORSConfiguration",
	"GetBucketTransferAcceleration": "TransferAccelerationConfiguration",
	"GetObjectTagging":              "Tagging",
	"GetObjectACL":                  "AccessControlPolicy",
	"CopyObject":                    "CopyObjectResult",
	"UploadPartCopy":                "CopyPartResult",
	"InitiateMultipartUpload":       "InitiateMultipartUploadResult",
	"CompleteMultipartUpload":       "CompleteMultipartUploadResult",
}

// isGenuine says whether an answer is OSS's.
func isGenuine(response *oss.Response) bool {
	return response.Headers.Get(oss.HTTPHeaderOssRequestID) != ""
}

func checkAnswer(r request, response *oss.Response, body []byte) error {
	success := response.StatusCode/100 == 2
	contentType, _, _ := mime.ParseMediaType(response.Headers.Get("Content-Type"))
	page := &wire.PageError{Status: response.StatusCode, ContentType: contentType}
	if response.StatusCode/100 == 3 && response.StatusCode != http.StatusNotModified {
		page.Location = wire.Origin(response.Headers.Get("Location"))
	}
	name := wire.RootElement(body)
	switch {
	case wire.IsHTML(contentType) && r.method != http.MethodHead, strings.EqualFold(name, "html"):
		page.Title = wire.Title(body)
	case !isGenuine(response):
		page.Lacks = "x-oss-request-id"
		page.PlainHTTP = wire.WantsTLS(body)
	case page.Location != "":
	case !success, name == "Error", xmlRoots[r.operation] == name, xmlRoots[r.operation] == "":
		return nil
	default:
		page.Lacks = "the element " + xmlRoots[r.operation]
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
	if len(body) == 0 {
		e.code = cmp.Or(e.code, bareCodes[e.status])
	}
	if e.code == "" {
		e.message = fmt.Sprintf("%d %s, without a reason", e.status, http.StatusText(e.status))
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
