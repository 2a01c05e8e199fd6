package wire

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

// What proves that a store answered, where each answer of the store has a sign and where some have none.
func TestProof(t *testing.T) {
	const (
		page    = "<html><head><title>Log in &amp; go</title></head></html>"
		listing = `<?xml version="1.0"?><List/>`
		refusal = "<Error><Code>NoSuchKey</Code></Error>"
	)
	sign, html := http.Header{"X-Sign": {"1"}}, http.Header{"X-Sign": {"1"}, "Content-Type": {"text/html; charset=utf-8"}}
	elsewhere := http.Header{"X-Sign": {"1"}, "Location": {"https://elsewhere.example.com/?token"}}
	for _, c := range []struct {
		name   string
		proof  Proof
		status int
		header http.Header
		body   string
		says   string // "": it is proven
	}{
		{"a listing", Proof{Root: "List"}, 200, nil, listing, ""},
		{"another document", Proof{Root: "Tags"}, 200, nil, listing, "without the element Tags"},
		{"nothing in place of a document", Proof{Root: "List"}, 200, nil, "", "without the element List"},
		{"nothing, where it will do", Proof{Root: "List", Bare: true}, 200, nil, "", ""},
		{"a document in place of nothing", Proof{}, 200, nil, listing, "200 OK"},
		{"nothing in place of nothing", Proof{}, 200, nil, "", "200 OK"},
		{"nothing in place of nothing, where it will do", Proof{Bare: true}, 200, nil, "", ""},
		{"words in place of nothing", Proof{Bare: true}, 200, nil, "it works", "200 OK"},
		{"a refusal", Proof{Root: "List"}, 404, nil, refusal, ""},
		{"a refusal under 200", Proof{Root: "List"}, 200, nil, refusal, ""},
		{"a refusal of something else", Proof{Root: "List"}, 404, nil, "gone", "404 Not Found"},
		{"a bare refusal", Proof{}, 404, nil, "", "404 Not Found"},
		{"a bare refusal, where it will do", Proof{Bare: true}, 404, nil, "", ""},
		{"a redirect", Proof{}, 302, elsewhere, "", "302 Found, a redirect to https://elsewhere.example.com"},
		{"a page", Proof{Bare: true}, 404, nil, page, `titled "Log in & go"`},
		{"a page without a word", Proof{Bare: true}, 404, html, "", "text/html"},
		{"an object that is a page", Proof{Bare: true, Object: true}, 404, html, "", ""},
		{"a server that speaks TLS", Proof{}, 400, nil, "Client sent an HTTP request to an HTTPS server.", "400 Bad Request"},

		{"a sign", Proof{Sign: "X-Sign", Root: "List"}, 200, sign, listing, ""},
		{"no sign", Proof{Sign: "X-Sign", Root: "List"}, 200, nil, listing, "without x-sign"},
		{"a signed nothing", Proof{Sign: "X-Sign"}, 200, sign, "", ""},
		{"nothing without a sign", Proof{Sign: "X-Sign"}, 200, nil, "", "without x-sign"},
		{"a refusal without a sign", Proof{Sign: "X-Sign"}, 404, nil, refusal, "without x-sign"},
		{"a signed refusal in other words", Proof{Sign: "X-Sign"}, 503, sign, "busy", ""},
		{"a signed redirect", Proof{Sign: "X-Sign"}, 302, elsewhere, "", "a redirect to https://elsewhere.example.com"},
		{"a signed redirect with a reason", Proof{Sign: "X-Sign"}, 301, elsewhere, refusal, ""},
		{"a signed page", Proof{Sign: "X-Sign"}, 200, html, "", "text/html"},
	} {
		err := c.proof.Check(&http.Response{StatusCode: c.status, Header: c.header}, []byte(c.body))
		var wrong *PageError
		switch {
		case c.says == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.says != "" && (!errors.As(err, &wrong) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "token")):
			t.Errorf("%s: %v, want %q", c.name, err, c.says)
		case c.name == "a server that speaks TLS" && !wrong.PlainHTTP:
			t.Errorf("%s: %+v", c.name, wrong)
		}
	}
}

func TestReadAnswer(t *testing.T) {
	for _, status := range []int{200, 403} {
		for _, more := range []int64{0, 1} {
			body := io.LimitReader(zeros{}, MaxAnswer(status)+more)
			read, err := ReadAnswer(&http.Response{StatusCode: status, Body: io.NopCloser(body)})
			var tooLong *TooLongError
			if errors.As(err, &tooLong) != (more > 0) || more == 0 && int64(len(read)) != MaxAnswer(status) {
				t.Errorf("%d, %d more: %d bytes, %v", status, more, len(read), err)
			}
		}
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
