package ossfake

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"net/http"
	"strconv"
	"time"
)

// Refusal is an error of OSS.
type Refusal struct {
	Status     int    // 503
	Code       string // "QpsLimitExceeded"
	Message    string
	EC         string        // "0026-00000001"
	RetryAfter time.Duration // becomes the header Retry-After, in whole seconds

	details []detail
	header  map[string]string
}

// detail is an element that only some errors have, such as Endpoint.
type detail struct{ name, value string }

// with adds an element to the body.
func (r *Refusal) with(name, value string) *Refusal {
	r.details = append(r.details, detail{name, value})
	return r
}

// withHeader adds a header to the answer.
func (r *Refusal) withHeader(name, value string) *Refusal {
	if r.header == nil {
		r.header = map[string]string{}
	}
	r.header[name] = value
	return r
}

// refuse turns the call's answer into an error, in the form of
// https://www.alibabacloud.com/help/en/oss/developer-reference/error-responses.
func (c *call) refuse(r *Refusal) {
	c.status = r.Status
	c.header.Del("Content-Length")
	if r.EC != "" {
		c.header.Set("X-Oss-Ec", r.EC)
	}
	if r.RetryAfter > 0 {
		c.header.Set("Retry-After", strconv.Itoa(int(r.RetryAfter.Round(time.Second)/time.Second)))
	}
	for name, value := range r.header {
		c.header.Set(name, value)
	}
	if r.Status == http.StatusNotModified {
		c.body = nil
		return
	}
	var body bytes.Buffer
	body.WriteString(xml.Header + "<Error>\n")
	element := func(name, value string) {
		body.WriteString("  <" + name + ">")
		xml.EscapeText(&body, []byte(value))
		body.WriteString("</" + name + ">\n")
	}
	element("Code", r.Code)
	element("Message", r.Message)
	element("RequestId", c.id)
	element("HostId", c.r.Host)
	for _, d := range r.details {
		element(d.name, d.value)
	}
	if r.EC != "" {
		element("EC", r.EC)
		element("RecommendDoc", "https://api.aliyun.com/troubleshoot?q="+r.EC)
	}
	body.WriteString("</Error>\n")
	c.body = body.Bytes()
	c.header.Set("Content-Type", "application/xml")
	if c.r.Method == http.MethodHead {
		// An answer to HEAD has no body: both SDKs read the error from this header.
		c.header.Set("X-Oss-Err", base64.StdEncoding.EncodeToString(c.body))
		c.header.Set("Content-Length", "0")
	}
}
