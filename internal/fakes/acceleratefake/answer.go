package acceleratefake

import (
	"bytes"
	"encoding/xml"
	"io"
	"net/http"
	"strings"
)

// s3Error is an error in S3's words.
type s3Error struct {
	status        int
	code, message string
}

// answer is what S3 would send.
func (e *s3Error) answer() *http.Response {
	return xmlAnswer(e.status, "<Error><Code>"+e.code+"</Code><Message>"+e.message+"</Message></Error>")
}

func xmlAnswer(status int, text string) *http.Response {
	header := http.Header{"X-Amz-Request-Id": {"ACCELERATEFAKE"}}
	if text != "" {
		header.Set("Content-Type", "application/xml")
		text = xml.Header + text
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(text))}
}

var dotted = &s3Error{http.StatusBadRequest, "InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"}

// refuses says what S3 does not do at its accelerated endpoint; nil: it does it.
//
// Sources: the User Guide's "Transfer Acceleration" for the operations, "Error responses" in the API reference for the messages. The
// latter begin with "Amazon S3" there; what S3 sends begins with "S3" (aws/aws-cli#8329, aws/aws-sdk-js#1971).
func (f *Fake) refuses(bucket, key string, r *http.Request) *s3Error {
	whole := key == "" && len(r.URL.Query()) == 0
	if bucket == "" || whole && (r.Method == http.MethodPut || r.Method == http.MethodDelete) {
		return &s3Error{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}
	}
	if strings.Contains(bucket, ".") {
		return dotted
	}
	if r.Header.Get("X-Amz-Copy-Source") != "" {
		return &s3Error{http.StatusNotImplemented, "NotImplemented", "S3 Transfer Acceleration does not support cross-Region copies"}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	status := f.status[bucket]
	if f.later > 0 {
		f.later--
		status = NeverSet
	}
	switch status {
	case NeverSet:
		return &s3Error{http.StatusBadRequest, "InvalidRequest", "S3 Transfer Acceleration is not configured on this bucket"}
	case Suspended:
		return &s3Error{http.StatusBadRequest, "InvalidRequest", "S3 Transfer Acceleration is disabled on this bucket"}
	}
	return nil
}

// configuration answers GET and PUT ?accelerate, if the real server has nothing against the request.
func (f *Fake) configuration(r *http.Request, bucket string) *http.Response {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	checked := f.forward(r, io.NopCloser(bytes.NewReader(body)))
	f.mu.Lock()
	defer f.mu.Unlock()
	if checked == nil || checked.StatusCode != http.StatusNotImplemented || f.refusal == NotImplemented {
		return checked
	}
	checked.Body.Close()
	put := r.Method == http.MethodPut
	switch {
	case f.refusal == MethodNotAllowed:
		return (&s3Error{http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource."}).answer()
	case f.refusal == UnsupportedArgument:
		return (&s3Error{http.StatusBadRequest, "UnsupportedArgument", "The request contained an unsupported argument."}).answer()
	case f.refusal == AccessDenied, f.refusal == AccessDeniedToPut && put:
		return (&s3Error{http.StatusForbidden, "AccessDenied", "Access Denied"}).answer()
	case !put:
		// A bucket for which it was never set has no Status (API reference, GetBucketAccelerateConfiguration).
		text, err := xml.Marshal(accelerateConfiguration{Status: f.status[bucket]})
		if err != nil {
			panic(err)
		}
		return xmlAnswer(http.StatusOK, string(text))
	}
	var sent accelerateConfiguration
	if err := xml.Unmarshal(body, &sent); err != nil || sent.Status != Enabled && sent.Status != Suspended {
		return (&s3Error{http.StatusBadRequest, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema"}).answer()
	}
	if strings.Contains(bucket, ".") {
		return dotted.answer()
	}
	f.status[bucket] = sent.Status
	return xmlAnswer(http.StatusOK, "")
}

type accelerateConfiguration struct {
	XMLName xml.Name `xml:"http://s3.amazonaws.com/doc/2006-03-01/ AccelerateConfiguration"`
	Status  string   `xml:"Status,omitempty"`
}
