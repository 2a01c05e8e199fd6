package wire

import (
	"io"
	"mime"
	"net/http"
	"strings"
)

// Proof is what tells an answer that a store gives from one that anybody gives.
type Proof struct {
	Sign   string // header that all answers of the store have; "": they have none in common
	Root   string // root element of a success in XML; "": a success has none, and needs the Sign or Bare
	Bare   bool   // an empty body will do
	Object bool   // the content type is that of an object, whatever the status is
}

// Check returns a *PageError for an answer that no store gives.
// A refusal in the store's words is one that a store gives.
func (p Proof) Check(response *http.Response, body []byte) error {
	page := pageOf(response)
	success, name := page.Status/100 == 2, RootElement(body)
	switch {
	case IsHTML(page.ContentType) && !p.Object, strings.EqualFold(name, "html"):
		page.Title = Title(body)
	case p.Sign != "" && response.Header.Get(p.Sign) == "":
		page.Lacks, page.PlainHTTP = strings.ToLower(p.Sign), WantsTLS(body)
	case name == "Error", success && name == p.Root && (name != "" || p.Sign != ""), p.Bare && len(body) == 0, p.Sign != "" && !success && page.Location == "":
		return nil
	case success && p.Root != "":
		page.Lacks = "the element " + p.Root
	default:
		page.PlainHTTP = WantsTLS(body)
	}
	return page
}

// ReadAnswer reads an answer as a whole, and closes it.
// One of more than MaxAnswer bytes is a *TooLongError.
func ReadAnswer(response *http.Response) ([]byte, error) {
	body, err := io.ReadAll(Bounded(response.Body, MaxAnswer(response.StatusCode)))
	if closeErr := response.Body.Close(); err == nil {
		err = closeErr
	}
	return body, err
}

// pageOf describes an answer by its header.
func pageOf(response *http.Response) *PageError {
	contentType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	page := &PageError{Status: response.StatusCode, ContentType: contentType}
	if response.Request != nil {
		page.Origin = Origin(response.Request.URL.String())
	}
	if page.Status/100 == 3 && page.Status != http.StatusNotModified {
		if location, err := response.Location(); err == nil {
			page.Location = Origin(location.String())
		}
	}
	return page
}
