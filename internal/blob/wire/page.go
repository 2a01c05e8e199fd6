package wire

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
)

// The SDKs believe whatever answers: a log-in page with status 200 is an empty listing, a web server's 404 an absent
// object, and a state is emptied because a proxy was asked in place of a store. So answers are looked at first.

const (
	// MaxXML bounds an answer that is read as a whole, in bytes. A listing of 1000 keys of 1024 bytes, each of them encoded, has about 4 MiB.
	MaxXML = 8 << 20
	// MaxRefusal bounds one that is no success.
	MaxRefusal = 1 << 20
)

// MaxAnswer is how much is read of an answer with a status.
func MaxAnswer(status int) int64 {
	if status/100 == 2 {
		return MaxXML
	}
	return MaxRefusal
}

// PageError is an answer that no object store gives.
type PageError struct {
	Status      int
	ContentType string
	Title       string // of a page of HTML, shortened
	Location    string // where a redirect leads: scheme and host
	Lacks       string // what every such answer of the store has
	Origin      string // who answered: scheme and host; "": that is known otherwise
	PlainHTTP   bool   // a TLS server says that it was spoken to without TLS
}

func (e *PageError) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.ContentType != "" {
		text += ", " + e.ContentType
	}
	if e.Title != "" {
		text += fmt.Sprintf(", titled %q", e.Title)
	}
	if e.Location != "" {
		text += ", a redirect to " + e.Location
	}
	if e.Lacks != "" {
		text += ", without " + e.Lacks
	}
	return text
}

// RetryableError reports whether it may pass: a gateway in front of a store may lack it for a moment.
// It is what aws-sdk-go-v2's retryer looks for.
func (e *PageError) RetryableError() bool {
	switch e.Status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// IsHTML is true of the content types of pages.
func IsHTML(contentType string) bool {
	return contentType == "text/html" || contentType == "application/xhtml+xml"
}

// WantsTLS recognizes what Go's own servers say to a request without TLS at a port with it.
func WantsTLS(body []byte) bool { return bytes.Contains(body, []byte("HTTP request to an HTTPS")) }

// RootElement is the local name of the first element, "" where there is none.
func RootElement(body []byte) string {
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

var titleElement = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`)
})

// Title is that of a page, with at most 100 characters.
func Title(body []byte) string {
	match := titleElement().FindSubmatch(body)
	if match == nil {
		return ""
	}
	text := []rune(strings.Join(strings.Fields(html.UnescapeString(string(match[1]))), " "))
	if len(text) > 100 {
		text = append(text[:99], '…')
	}
	return string(text)
}

// Origin is scheme and host of a URL, and nothing else that might be in it.
func Origin(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return ""
	}
	return u.Scheme + "://" + u.Host
}
