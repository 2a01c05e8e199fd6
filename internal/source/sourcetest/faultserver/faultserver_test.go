package faultserver_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const path = "/dir/job.jar"

// client trusts both authorities, and follows nothing.
func client(t *testing.T, s *faultserver.Server) *http.Client {
	t.Helper()
	roots := x509.NewCertPool()
	for _, file := range []string{s.CAFile, s.OtherCAFile} {
		pem, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		roots.AppendCertsFromPEM(pem)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func ask(t *testing.T, with *http.Client, method, address string, headers ...string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return send(with, request, func(int) {})
}

// send calls a function with the bytes of the body that have come so far, first when there is none.
func send(with *http.Client, request *http.Request, read func(bytes int)) answer {
	response, err := with.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer response.Body.Close()
	var body []byte
	for piece := make([]byte, 1<<10); err == nil; {
		var n int
		read(len(body))
		n, err = response.Body.Read(piece)
		body = append(body, piece[:n]...)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return answer{response.StatusCode, response.Header, string(body), err}
}

// askUntil is ask by a client that goes away as soon as the server has the request, or, where a part of the body is to come, as soon as that is here:
// what stalls is not measured by time, which a busy machine may need for the rest.
func askUntil(t *testing.T, with *http.Client, address string, arrived <-chan struct{}, bytes int) answer {
	t.Helper()
	ctx, goAway := context.WithCancel(t.Context())
	defer goAway()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if bytes == 0 {
		go func() {
			select {
			case <-arrived:
				goAway()
			case <-ctx.Done():
			}
		}()
	}
	return send(with, request, func(n int) {
		if bytes > 0 && n >= bytes {
			goAway()
		}
	})
}

func TestServes(t *testing.T) {
	s := faultserver.Start(t)
	s.Put(path, faultserver.File{Data: []byte("0123456789"), ETag: `"v1"`, LastModified: time.Unix(1e9, 0), ContentType: "a/b"})
	with := client(t, s)
	for _, server := range []string{s.URL, s.OtherURL, s.PlainURL} {
		got := ask(t, with, http.MethodGet, server+path+"?a=b", "Range", "bytes=5-", "If-Range", `"v1"`)
		if got.err != nil || got.status != http.StatusPartialContent || got.body != "56789" || got.header.Get("Etag") != `"v1"` || got.header.Get("Content-Type") != "a/b" || got.header.Get("Last-Modified") == "" {
			t.Errorf("%s: %+v", server, got)
		}
		if got := ask(t, with, http.MethodGet, server+path, "Range", "bytes=5-", "If-Range", `"v2"`); got.status != http.StatusOK || got.body != "0123456789" {
			t.Errorf("%s: %+v", server, got)
		}
		if got := ask(t, with, http.MethodHead, server+path); got.status != http.StatusOK || got.body != "" || got.header.Get("Content-Length") != "10" {
			t.Errorf("%s: %+v", server, got)
		}
	}
	requests := s.Requests()
	if r := requests[3]; len(requests) != 9 || r.Server != "other" || r.Method != http.MethodGet || r.Path != path || r.Query != "a=b" || !r.TLS ||
		!strings.HasPrefix(r.Host, "localhost:") || r.Header.Get("If-Range") != `"v1"` || r.Status != 206 || r.Sent != 5 {
		t.Errorf("%+v", r)
	}
	if requests[6].TLS || requests[6].Server != "http" {
		t.Errorf("%+v", requests[6])
	}
	s.Forget()
	s.Remove(path)
	if got := ask(t, with, http.MethodGet, s.URL+path); got.status != http.StatusNotFound || len(s.Requests()) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestFiles(t *testing.T) {
	s := faultserver.Start(t)
	with := client(t, s)
	data := []byte("0123456789")
	for name, c := range map[string]struct {
		file    faultserver.File
		headers []string // with which it is given
		refused int      // the status without; 0: it is given
	}{
		"plain":   {faultserver.File{}, nil, 0},
		"chunked": {faultserver.File{Chunked: true}, nil, 0},
		"whole":   {faultserver.File{NoRanges: true}, []string{"Range", "bytes=0-1"}, 0},
		"basic":   {faultserver.File{Username: "user", Password: "pass"}, []string{"Authorization", "Basic dXNlcjpwYXNz"}, 401},
		"bearer":  {faultserver.File{Token: "token"}, []string{"Authorization", "Bearer token"}, 401},
		"header":  {faultserver.File{HeaderName: "Private-Token", HeaderValue: "token"}, []string{"Private-Token", "token"}, 401},
	} {
		c.file.Data = data
		s.Put(path, c.file)
		got := ask(t, with, http.MethodGet, s.URL+path, c.headers...)
		if got.err != nil || got.status != http.StatusOK || got.body != string(data) || (got.header.Get("Content-Length") == "") != c.file.Chunked {
			t.Errorf("%s: %+v", name, got)
		}
		if got := ask(t, with, http.MethodGet, s.URL+path); c.refused != 0 && got.status != c.refused {
			t.Errorf("%s: %+v", name, got)
		}
	}
	s.Put(path, faultserver.File{Data: data, ClientCertificate: true})
	if got := ask(t, with, http.MethodGet, s.URL+path); got.status != http.StatusForbidden {
		t.Errorf("%+v", got)
	}
	pair, err := tls.X509KeyPair([]byte(s.ClientCert), []byte(s.ClientKey))
	if err != nil {
		t.Fatal(err)
	}
	with.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{pair}
	if got := ask(t, with, http.MethodGet, s.URL+path); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}

func TestFaults(t *testing.T) {
	s := faultserver.Start(t)
	with := client(t, s)
	changed := false
	for name, c := range map[string]struct {
		fault  faultserver.Fault
		status int
		body   string
		broken bool
		header string // a header and its value
	}{
		"none":        {faultserver.Fault{}, 200, "0123456789", false, ""},
		"reset":       {faultserver.Reset(), 0, "", true, ""},
		"reset after": {faultserver.ResetAfter(4), 200, "0123", true, ""},
		"truncate":    {faultserver.Truncate(4), 200, "0123", true, ""},
		"stall":       {faultserver.Stall(), 0, "", true, ""},
		"stall after": {faultserver.StallAfter(4), 200, "0123", true, ""},
		"answer":      {faultserver.Answer(405), 405, "method not allowed\n", false, ""},
		"page":        {faultserver.Page(200, "a"), 200, "<!doctype html>\n<html><head><title>a</title></head><body>Please log in.</body></html>\n", false, "Content-Type: text/html; charset=utf-8"},
		"redirect":    {faultserver.RedirectTo("/a"), 302, "found\n", false, "Location: /a"},
		"retry after": {faultserver.RetryAfter(503, "7"), 503, "service unavailable\n", false, "Retry-After: 7"},
		"length":      {faultserver.Length(11), 200, "0123456789", true, "Content-Length: 11"},
		"header":      {faultserver.Fault{}.With("ETag", "x"), 200, "0123456789", false, "ETag: x"},
		"no header":   {faultserver.Fault{}.With("ETag", ""), 200, "0123456789", false, "ETag: "},
		"do":          {faultserver.Fault{}.Do(func() { changed = true }), 200, "0123456789", false, ""},
	} {
		for _, server := range []string{s.URL, s.PlainURL} {
			s.Clear()
			s.Put(path, faultserver.File{Data: []byte("0123456789"), ETag: `"v1"`})
			fault, arrived := c.fault, make(chan struct{})
			if strings.HasPrefix(name, "stall") {
				fault = fault.Do(func() { close(arrived) })
			}
			s.Inject(faultserver.Match{Method: http.MethodGet, Path: path}, 2, 1, fault)
			for n := 1; n <= 3; n++ {
				var got answer
				if n == 2 && strings.HasPrefix(name, "stall") {
					got = askUntil(t, with, server+path, arrived, len(c.body))
				} else {
					got = ask(t, with, http.MethodGet, server+path)
				}
				if n != 2 {
					if got.status != 200 || got.err != nil || got.body != "0123456789" {
						t.Errorf("%s: request %d: %+v", name, n, got)
					}
					continue
				}
				key, value, _ := strings.Cut(c.header, ": ")
				if got.status != c.status || (got.err != nil) != c.broken || got.body != c.body || key != "" && got.header.Get(key) != value {
					t.Errorf("%s: %+v", name, got)
				}
				if r := s.Requests()[1]; r.Status != c.status || r.Sent != int64(len(c.body)) {
					t.Errorf("%s: %+v", name, r)
				}
			}
		}
	}
	if !changed {
		t.Error("nothing was done")
	}
}

// A fault is played on those that match only.
func TestMatches(t *testing.T) {
	s := faultserver.Start(t)
	with := client(t, s)
	s.Put(path, faultserver.File{})
	for _, match := range []faultserver.Match{{Server: "other"}, {Method: http.MethodHead}, {Path: "/other"}, {Ranged: true}} {
		s.Clear()
		s.Inject(match, 1, faultserver.Always, faultserver.Answer(500))
		if got := ask(t, with, http.MethodGet, s.URL+path); got.status != 200 {
			t.Errorf("%+v: %+v", match, got)
		}
	}
	s.Clear()
	s.Inject(faultserver.Match{Server: "https", Method: http.MethodGet, Path: path, Ranged: true}, 1, faultserver.Always, faultserver.Answer(500))
	s.Inject(faultserver.Match{}, 1, faultserver.Always, faultserver.Reset())
	if got := ask(t, with, http.MethodGet, s.URL+path, "Range", "bytes=0-"); got.status != 500 || errors.Is(got.err, io.EOF) {
		t.Errorf("%+v", got)
	}
	if n := s.Connections(); n < 5 {
		t.Errorf("%d connections", n)
	}
}
