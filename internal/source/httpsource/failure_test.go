package httpsource

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/privateca"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// What a server answers for good, for each way of asking.
func TestAnswersThatAreNoFile(t *testing.T) {
	long := strings.Repeat("very ", 100)
	for name, c := range map[string]struct {
		fault faultserver.Fault
		is    error
		words []string
	}{
		"404":        {faultserver.Answer(404), fs.ErrNotExist, []string{"404 Not Found", "source_url", "http.credentials"}},
		"410":        {faultserver.Answer(410), fs.ErrNotExist, []string{"410 Gone"}},
		"401":        {faultserver.Answer(401), fs.ErrPermission, []string{"401 Unauthorized", "http.credentials[\"127.0.0.1:"}},
		"403":        {faultserver.Answer(403), fs.ErrPermission, []string{"403 Forbidden", "http.credentials[\"127.0.0.1:"}},
		"407":        {faultserver.Answer(407), fs.ErrPermission, []string{"407", "HTTPS_PROXY"}},
		"500":        {faultserver.Answer(500), source.ErrServer, []string{"500 Internal Server Error"}},
		"429":        {faultserver.Answer(429), source.ErrServer, []string{"429 Too Many Requests"}},
		"418":        {faultserver.Answer(418), source.ErrServer, []string{"418"}},
		"206":        {faultserver.Answer(206), source.ErrServer, []string{"206"}},
		"204":        {faultserver.Answer(204), source.ErrServer, []string{"204"}},
		"a page":     {faultserver.Page(403, "Sign in & wait"), fs.ErrPermission, []string{`a page titled "Sign in & wait"`}},
		"a mirror":   {faultserver.Page(403, "No /dir/job.jar?ref=hush"), fs.ErrPermission, []string{"403 Forbidden"}},
		"a long one": {faultserver.Page(500, long), source.ErrServer, []string{`very…"`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 10, retries(0))
			s.Inject(anyRequest(), 1, faultserver.Always, c.fault)
			_, err := s.at(t, s.URL).Open(t.Context())
			failure := expectFailure(t, err, c.is, c.words...)
			if failure.Source != s.URL+path || len(err.Error()) > 300 {
				t.Errorf("%v", err)
			}
			if name != "206" {
				_, err = s.at(t, s.URL).Ranges(t.Context())
				expectFailure(t, err, c.is, c.words...)
			}
		})
	}
}

// A page in place of the file is a file as well as any: who publishes it looks at what it is.
func TestALoginPageIsDelivered(t *testing.T) {
	s := start(t, 10, nil)
	s.Inject(anyRequest(), 1, faultserver.Always, faultserver.Page(200, "Log in"))
	data, told, err := read(t, s.at(t, s.URL))
	if err != nil || told.ContentType != "text/html" || !strings.HasPrefix(string(told.Beginning), "<!doctype html>") || string(told.Beginning) != string(data) || told.ETag != "" {
		t.Errorf("%+v, %v", told, err)
	}
}

// A page is not read to its end.
func TestAHugePage(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, "<title>No way</title>")
		for {
			if _, err := w.Write(make([]byte, 64<<10)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	from, err := newClient(t, Settings{}).At(server.URL, true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = from.Open(t.Context())
	expectFailure(t, err, fs.ErrPermission, "No way")
}

// reach requests a source that has a dialler, and a proxy, of its own.
func reach(t *testing.T, address string, change func(*Client)) error {
	t.Helper()
	retries := 1
	client := newClient(t, Settings{MaxRetries: &retries})
	client.proxy = func(*http.Request) (*url.URL, error) { return nil, nil }
	change(client)
	from, err := client.At(address, true)
	if err != nil {
		t.Fatal(err)
	}
	_, err = from.Describe(t.Context())
	return err
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	authority := privateca.New(t)
	caPEM := readFile(t, authority.File)
	serve := func(config *tls.Config) string {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = silent()
		if config == nil {
			server.Start()
		} else {
			server.TLS = config
			server.StartTLS()
		}
		t.Cleanup(server.Close)
		return server.URL
	}
	plain, secure := serve(nil), serve(authority.Server.Clone())
	demanding := authority.Server.Clone()
	demanding.ClientAuth, demanding.MaxVersion = tls.RequireAnyClientCert, tls.VersionTLS12
	old := authority.Server.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	const query = "/job.jar?ref=" + secret
	fails := func(err error) func(*Client) {
		return func(c *Client) {
			c.dial = func(context.Context, string, string) (net.Conn, error) { return nil, err }
		}
	}
	trusting := func(address string) func(*Client) {
		return func(c *Client) { c.settings.Hosts = map[string]Host{hostOf(address): {CACert: caPEM}} }
	}
	for name, c := range map[string]struct {
		address string
		change  func(*Client)
		words   []string
	}{
		"no such host":          {"https://repo.example.com" + query, fails(&net.DNSError{Name: "repo.example.com", IsNotFound: true}), []string{`"repo.example.com" cannot be resolved`, "source_url"}},
		"no answer to the name": {"https://repo.example.com" + query, fails(&net.DNSError{Name: "repo.example.com", IsTimeout: true}), []string{"cannot be resolved"}},
		"nobody there":          {"https://127.0.0.1:1" + query, func(*Client) {}, []string{"connection refused", "Nothing listens", "source_url"}},
		"unknown authority":     {secure + query, func(*Client) {}, []string{"unknown authority", "ca_cert_pem", "custom_ca_bundle"}},
		"another name": {strings.Replace(secure, "127.0.0.1", "127.0.0.2", 1) + query, func(c *Client) {
			trusting(strings.Replace(secure, "127.0.0.1", "127.0.0.2", 1))(c)
			c.dial = func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, hostOf(secure))
			}
		}, []string{"127.0.0.2", "source_url"}},
		"no TLS there":        {strings.Replace(plain, "http:", "https:", 1) + query, func(*Client) {}, []string{"does not speak TLS", "content_sha256"}},
		"TLS there":           {strings.Replace(secure, "https:", "http:", 1) + query, func(*Client) {}, []string{"400"}}, // Go's server says so in an answer
		"a TLS alert for us":  {"", nil, []string{"refuses the TLS connection", "client_cert_pem"}},
		"TLS of another time": {"", nil, []string{"tls: "}},
	} {
		switch name {
		case "a TLS alert for us":
			c.address = serve(demanding) + query
			c.change = trusting(c.address[:len(c.address)-len(query)])
		case "TLS of another time":
			c.address = serve(old) + query
			c.change = trusting(c.address[:len(c.address)-len(query)])
		}
		is := blob.ErrUnreachable
		if name == "TLS there" {
			is = source.ErrServer
		}
		err := reach(t, c.address, c.change)
		failure := expectFailure(t, err, is, c.words...)
		if strings.Contains(failure.Advice, " endpoint") || strings.Contains(failure.Advice, "the store") {
			t.Errorf("%s: the advice is for a store: %s", name, failure.Advice)
		}
	}
}

// Of what nobody knows, nothing is repeated: servers and libraries quote headers and URLs.
func TestAnswersThatAreNoHTTP(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]string{
		"not at all":        "SSH-2.0-hush\r\n",
		"a TLS alert":       "\x15\x03\x01\x00\x02\x02\x28",
		"a broken header":   "HTTP/1.1 200 OK\r\nSet-Cookie hush\r\n\r\n",
		"a broken length":   "HTTP/1.1 200 OK\r\nContent-Length: hush\r\n\r\n",
		"a broken encoding": "HTTP/1.1 200 OK\r\nTransfer-Encoding: hush\r\n\r\n",
		"a broken status":   "HTTP/1.1 hush\r\n\r\n",
		"nothing":           "",
	} {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				conn.Read(make([]byte, 1<<10))
				io.WriteString(conn, answer)
				conn.Close()
			}
		}()
		err = reach(t, "http://"+listener.Addr().String()+"/job.jar?ref="+secret, func(*Client) {})
		failure := expectFailure(t, err, blob.ErrUnreachable)
		if name == "a TLS alert" && !strings.Contains(failure.Advice, "https://") {
			t.Error(failure.Advice)
		}
	}
}

func TestProxies(t *testing.T) {
	t.Parallel()
	proxy := func(answer int) func(*Client) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(answer)
		}))
		t.Cleanup(server.Close)
		address, err := url.Parse(server.URL)
		if err != nil {
			t.Fatal(err)
		}
		address.User = url.UserPassword("user", secret)
		return func(c *Client) { c.proxy = http.ProxyURL(address) }
	}
	for name, c := range map[string]struct {
		change func(*Client)
		is     error
		words  string
	}{
		"407":                {proxy(407), fs.ErrPermission, "HTTPS_PROXY"},
		"403":                {proxy(403), blob.ErrUnreachable, "the proxy answers 403"},
		"502":                {proxy(502), blob.ErrUnreachable, "the proxy answers 502"},
		"no URL":             {func(c *Client) { c.proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New(secret) } }, blob.ErrUnreachable, "is no URL of a proxy"},
		"of the environment": {func(c *Client) { c.proxy = New(Settings{}).proxy }, blob.ErrUnreachable, "proxyconnect tcp: dial tcp 127.0.0.1:1"},
		"nobody there":       {func(c *Client) { c.proxy = New(Settings{}).proxy }, blob.ErrUnreachable, "Check the proxy of the environment"},
		"no such proxy": {func(c *Client) {
			c.proxy = http.ProxyURL(&url.URL{Scheme: "http", Host: "proxy.example.com:3128", User: url.UserPassword("user", secret)})
			c.dial = func(context.Context, string, string) (net.Conn, error) {
				return nil, &net.DNSError{Name: "proxy.example.com", IsNotFound: true}
			}
		}, blob.ErrUnreachable, `of the proxy, the host "proxy.example.com" cannot be resolved`},
	} {
		err := reach(t, "https://repo.example.com/job.jar?ref="+secret, c.change)
		expectFailure(t, err, c.is, c.words)
		if err != nil && strings.Contains(err.Error(), "redirect") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// After a redirect the host that failed is named, and nothing else of the address.
func TestFailuresAfterARedirect(t *testing.T) {
	for name, c := range map[string]struct {
		to    func(*servers) string
		is    error
		words []string
	}{
		"refused":   {func(*servers) string { return "https://127.0.0.1:1" }, blob.ErrUnreachable, []string{"after a redirect to https://127.0.0.1:1:"}},
		"authority": {func(s *servers) string { return s.OtherURL }, blob.ErrUnreachable, []string{"after a redirect to https://localhost:", `http.credentials["localhost:`}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 10, func(settings *Settings, s *servers) { settings.CABundles = []string{s.CAFile} })
			s.Inject(faultserver.Match{Server: "https"}, 1, faultserver.Always, faultserver.RedirectTo(c.to(s)+"/"+secret+"?Signature="+secret))
			_, err := s.at(t, s.URL).Open(t.Context())
			expectFailure(t, err, c.is, c.words...)
		})
	}
	t.Run("credentials that are not sent", func(t *testing.T) {
		s := start(t, 10, func(settings *Settings, s *servers) { settings.Hosts[hostOf(s.PlainURL)] = everything() })
		s.Inject(faultserver.Match{Server: "https"}, 1, faultserver.Always, faultserver.RedirectTo(s.PlainURL+path))
		s.serve(func(f *faultserver.File) { f.Token = secret + "-token" })
		_, err := s.address(t, s.URL+path, true).Open(t.Context())
		expectFailure(t, err, fs.ErrPermission, "After a redirect to plain http no credentials are sent")
	})
}

// Expired certificates are reported as that.
func TestReasonsOfCertificates(t *testing.T) {
	t.Parallel()
	address := &url.URL{Scheme: "https", Host: "repo.example.com"}
	found := reasonOf(x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, address)
	if found.mayPass || !strings.Contains(found.advice, "clock") || !strings.Contains(found.message, "expired") {
		t.Errorf("%+v", found)
	}
	found = reasonOf(errors.New("x509: no such thing"), address)
	if found.mayPass || found.message != "x509: no such thing" {
		t.Errorf("%+v", found)
	}
}

// What is short, and comes byte by byte, is not waited for as long as the server likes.
func TestBytesThatDrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		from, _ := inBubble(t, 0, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", "bytes 0-999/1000")
				w.Header().Set("Content-Length", "1000")
				w.WriteHeader(http.StatusPartialContent)
			} else {
				w.WriteHeader(http.StatusUnauthorized)
			}
			for r.Context().Err() == nil {
				io.WriteString(w, " ")
				http.NewResponseController(w).Flush()
				time.Sleep(20 * time.Millisecond)
			}
		})
		from.client.stall = time.Second
		begun := time.Now()
		_, err := from.Open(t.Context())
		expectFailure(t, err, fs.ErrPermission, "401")
		_, err = from.Ranges(t.Context())
		expectFailure(t, err, source.ErrTruncated, "stopped sending")
		if took := time.Since(begun); took > (1+pieceStalls)*from.client.stall {
			t.Errorf("it took %s", took)
		}
	})
}
