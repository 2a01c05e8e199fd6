package ossblob

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"

	"github.com/aliyun/aliyun-oss-go-sdk/oss"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/rest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// requestID is in every answer of OSS ("Common response headers"), so what has none is not OSS's.
const requestID = oss.HTTPHeaderOssRequestID

// isGenuine reports whether an answer is OSS's.
func isGenuine(header http.Header) bool { return header.Get(requestID) != "" }

// check is rest.Service.Check.
func (d *driver) check(r rest.Request, response *http.Response, body []byte) error {
	isHead, success := r.Method == http.MethodHead, response.StatusCode/100 == 2
	if err := (wire.Proof{Sign: requestID, Root: r.Root, Object: isHead}).Check(response, body); err != nil {
		var page *wire.PageError
		if errors.As(err, &page) && isHead && response.StatusCode == http.StatusBadRequest && strings.HasPrefix(d.where(r), "http://") {
			page.PlainHTTP = true // to anything else Go's servers say so in the body
		}
		return err
	}
	// A copy or a completion may fail after its 200 was sent.
	if success && wire.RootElement(body) != "Error" {
		return nil
	}
	if encoded := response.Header.Get(oss.HTTPHeaderOssErr); len(body) == 0 && encoded != "" {
		body, _ = base64.StdEncoding.DecodeString(encoded) // what is no base64 is no XML either
	}
	return refusalOf(r, response, body)
}

// said is what OSS says of an error.
// Of its XML nothing is kept but what is here: other elements repeat the key and the string that was signed.
type said struct {
	XMLName  xml.Name `xml:"Error"`
	Code     string
	Message  string
	Endpoint string // the right one, where this was the wrong one
	EC       string // number of the error, which has a page of its own in OSS's documentation
	Action   string `xml:"AccessDeniedDetail>AuthAction"` // what RAM refuses; from memory
}

// bareCodes are for answers without a body.
var bareCodes = map[int]string{
	http.StatusNotFound:           "NotFound",
	http.StatusForbidden:          "AccessDenied",
	http.StatusPreconditionFailed: "PreconditionFailed",
	http.StatusNotModified:        "NotModified",
}

// refusalOf reads a refusal.
// That of a HEAD is in a header (SDK v3.0.2, conn.go, handleResponse).
func refusalOf(r rest.Request, response *http.Response, text []byte) *wire.RefusalError {
	var e said
	if err := xml.Unmarshal(text, &e); err != nil {
		e = said{}
	}
	status := response.StatusCode
	if len(text) == 0 {
		e.Code = bareCodes[status]
	}
	if e.Code == "" {
		e.Message = fmt.Sprintf("%d %s, without a reason", status, http.StatusText(status))
	}
	e.EC = cmp.Or(e.EC, response.Header.Get(oss.HTTPHeaderOssEc))
	refusal := &wire.RefusalError{
		Status: status, Code: e.Code, Message: strings.TrimSpace(e.Message), RequestID: response.Header.Get(requestID),
		Throttled: status == http.StatusTooManyRequests || slices.Contains(throttled, e.Code), Meaning: e.meaning(r, status),
	}
	if e.EC != "" {
		refusal.Message = strings.TrimSpace(fmt.Sprintf("%s (EC %s)", refusal.Message, e.EC))
	}
	return refusal
}

// meaning is that of a refusal of which more than the code counts.
func (e said) meaning(r rest.Request, status int) wire.Meaning {
	known, isKnown := meanings[e.EC]
	if !isKnown {
		known, isKnown = meanings[e.Code]
	}
	denied := known == wire.Meaning{Err: fs.ErrPermission} || !isKnown && status == http.StatusForbidden
	expected := expectedRegion().FindStringSubmatch(e.Message)
	switch {
	case r.Accelerated && e.isNotAccelerated(status):
		return wire.Meaning{
			Err:    blob.ErrNotAccelerated,
			Advice: "Switch it on with flink_transfer_acceleration, and give it up to 30 minutes to take effect; or leave accelerate out.",
		}
	case e.Endpoint != "" && (status == http.StatusForbidden || status/100 == 3):
		return inAnotherRegion(e.Endpoint)
	case expected != nil:
		return wire.Meaning{
			Err:    blob.ErrWrongRegion,
			Advice: fmt.Sprintf("The bucket is in another region than the one that the request was signed for: set region = %q in the provider's oss block.", expected[1]),
		}
	case strings.Contains(e.Message, "does not belong to you"):
		return meanings["BucketNotBelongTo"]
	case strings.Contains(e.Message, "has expired") && e.Code == "AccessDenied":
		return wire.Meaning{Err: fs.ErrPermission, Advice: "The signed URL is past its time."}
	case denied && e.Action != "":
		return wire.Meaning{Err: fs.ErrPermission, Advice: fmt.Sprintf("RAM refuses %s. Needed: %s.", e.Action, permissions[r.Operation])}
	}
	return known
}

// inAnotherRegion is the meaning of a refusal that names the endpoint of the bucket's own region.
func inAnotherRegion(endpoint string) wire.Meaning {
	advice := fmt.Sprintf("set endpoint = %q in the provider's oss block, or the region that belongs to it.", "https://"+endpoint)
	if region := regionOfHost("https://" + endpoint); region != "" {
		advice = fmt.Sprintf("set region = %q in the provider's oss block, and leave endpoint out or set it to %q.", region, "https://"+endpoint)
	}
	return wire.Meaning{Err: blob.ErrWrongRegion, Advice: fmt.Sprintf("The bucket is reached at %s: %s", endpoint, advice)}
}

// expectedRegion is in the refusal of a signature for another region: https://www.alibabacloud.com/help/en/oss/support/0002-00000228.
var expectedRegion = pattern(`Invalid signing region .*expected '?([a-z0-9-]+)`)

// isNotAccelerated reports whether the acceleration endpoint says that the bucket has no acceleration.
// OSS documents no code for it; that the numbers of acceleration begin with 0028 is documented, and that the endpoint sends one elsewhere is
// from memory.
func (e said) isNotAccelerated(status int) bool {
	return status/100 == 4 && (strings.HasPrefix(e.EC, "0028-") || strings.Contains(e.Code, "TransferAcc") || e.Endpoint != "" ||
		strings.Contains(strings.ToLower(e.Message), "accelerat"))
}
