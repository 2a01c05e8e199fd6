package wire

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"unicode"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/rawserver"
)

// What a server said is shown in few words that no terminal obeys.
func TestSanitize(t *testing.T) {
	failure := &blob.Error{
		Endpoint: "http://a\x1b[2J", Code: strings.Repeat("C", 5000), Message: "first\nsecond \x1b]0;title\x07 \u202egnp.exe \xff" + strings.Repeat("ä", 5000),
		RequestID: "\u009b31m", Advice: "Set region = \"\x1b\".",
	}
	Sanitize(failure)
	text := failure.Error() + failure.Advice
	if strings.ContainsFunc(text, unicode.IsControl) || strings.ContainsRune(text, '\u202e') || len(text) > 2*longestMessage {
		t.Errorf("%q", text)
	}
	for _, want := range []string{"CCC…", "first second ", "äää", "Set region = "} {
		if !strings.Contains(text, want) {
			t.Errorf("%q lacks %q", text, want)
		}
	}
	plain := blob.Error{Code: "NoSuchKey", Message: "Größe: 5 \"x\"", RequestID: "4711", Advice: "Try again."}
	same := plain
	Sanitize(&same)
	if same != plain {
		t.Errorf("%+v became %+v", plain, same)
	}
}

func TestCheckPage(t *testing.T) {
	q := blob.Query{Prefix: "dir/", Token: "t"}
	good := blob.Page{Infos: []blob.Info{{Key: "dir/"}, {Key: "dir/a", Size: 7}}, Prefixes: []string{"dir/b/"}, Next: "u"}
	if err := CheckPage(q, good); err != nil {
		t.Error(err)
	}
	for name, page := range map[string]blob.Page{
		"a key elsewhere":       {Infos: []blob.Info{{Key: "dir"}}},
		"a prefix elsewhere":    {Prefixes: []string{"other/"}},
		"a key without end":     {Infos: []blob.Info{{Key: "dir/" + strings.Repeat("x", 5000)}}},
		"a negative size":       {Infos: []blob.Info{{Key: "dir/a", Size: -1}}},
		"the same page again":   {Next: "t"},
		"a control character":   {Infos: []blob.Info{{Key: "\x1b"}}},
		"an empty key":          {Infos: []blob.Info{{}}},
		"a key that leads away": {Infos: []blob.Info{{Key: "../dir/a"}}},
	} {
		if err := CheckPage(q, page); err == nil || len(err.Error()) > 500 || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestBounded(t *testing.T) {
	for length, want := range map[int]bool{0: true, 9: true, 10: true, 11: false, 100: false} {
		body := Bounded(io.NopCloser(strings.NewReader(strings.Repeat("x", length))), 10)
		data, err := io.ReadAll(body)
		var long *TooLongError
		if want != (err == nil) || want && len(data) != length || !want && (len(data) != 10 || !errors.As(err, &long)) {
			t.Errorf("%d bytes: %d of them, %v", length, len(data), err)
		}
		if n, again := body.Read(make([]byte, 5)); n != 0 || !want && !errors.As(again, &long) {
			t.Errorf("%d bytes: then %d, %v", length, n, again)
		}
	}
}

// A client of somebody else's that follows redirects follows none with such a transport, and tells nobody where it comes from.
func TestDenyRedirects(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s arrived elsewhere, from %q", r.Method, r.URL, r.Referer())
	}))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+"/x", status)
		}))
		transport := &http.Transport{}
		DenyRedirects(transport)
		client := &http.Client{Transport: transport.Clone()} // as libraries do
		response, err := client.Post(server.URL+"?Signature=hush", "text/plain", strings.NewReader("token"))
		var redirect *RedirectError
		if !errors.As(err, &redirect) || redirect.To != elsewhere.URL || strings.Contains(redirect.Error(), "hush") {
			t.Errorf("%d: %v, %v", status, response, err)
		}
		server.Close()
	}
}

// What is no HTTP may be a piece of a signed address.
func TestNoPieceOfAnAnswerIsTold(t *testing.T) {
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\n?Signature=hush\r\n\r\n":                                   "malformed MIME header",
		"?Signature=hush\r\n\r\n":                                                      "malformed HTTP response",
		"HTTP/1.1 hush\r\n\r\n":                                                        "malformed HTTP status code",
		"HTTP/1.1 200 OK\r\nContent-Length: hush\r\n\r\n":                              "bad Content-Length",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: hush\r\n\r\n":                           "unsupported transfer encoding",
		"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\nx: hush\r\n\r\n": "http: message cannot contain multiple Content-Length headers",
	} {
		server := &rawserver.Server{}
		server.Raw([]byte(answer), nil)
		transport := &http.Transport{}
		Bound(transport, server.Dial, DefaultLimits())
		response, err := Client(transport, DefaultLimits()).Get("http://127.0.0.1:1/?Signature=hush")
		if err == nil {
			response.Body.Close()
			t.Errorf("%q is an answer", answer)
			continue
		}
		if text := RootCause(err); !strings.Contains(text, want) || strings.Contains(text, "hush") {
			t.Errorf("%q: %q, want %q", answer, text, want)
		}
		server.Wait()
	}
}

// A header without an end ends the request.
func TestHeadersAreBounded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for range 100 {
			w.Header().Add("X-Oss-Meta-Long", strings.Repeat("x", 10_000))
		}
	}))
	defer server.Close()
	transport := &http.Transport{}
	Bound(transport, nil, DefaultLimits())
	defer transport.CloseIdleConnections()
	response, err := Client(transport, DefaultLimits()).Get(server.URL)
	if err == nil {
		response.Body.Close()
		t.Error("a header of 1 MB was taken")
	}
}
