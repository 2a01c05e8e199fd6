package httpsource

import (
	"io/fs"
	"net/url"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

func hostOf(address string) string { return address[strings.Index(address, "//")+2:] }

// everything is what a host may be given, all of it with the word that must be in no message.
func everything() Host {
	return Host{Token: secret + "-token", Headers: map[string]string{"private-token": secret + "-header", "Accept-Encoding": "gzip", "range": "bytes=0-1"}}
}

// credentialsOf is what was sent of it.
func credentialsOf(r faultserver.Request) string {
	return strings.TrimSpace(r.Header.Get("Authorization") + " " + r.Header.Get("Private-Token"))
}

const allOfIt = "Bearer " + secret + "-token " + secret + "-header"

func TestCredentials(t *testing.T) {
	for name, c := range map[string]struct {
		host    func(*servers) Host
		require func(*faultserver.File)
	}{
		"basic":              {func(*servers) Host { return Host{Username: "user", Password: "hush:hush"} }, func(f *faultserver.File) { f.Username, f.Password = "user", "hush:hush" }},
		"nobody's password":  {func(*servers) Host { return Host{Password: secret} }, func(f *faultserver.File) { f.HeaderName, f.HeaderValue = "Authorization", "Basic Omh1c2g=" }},
		"bearer":             {func(*servers) Host { return Host{Token: secret} }, func(f *faultserver.File) { f.Token = secret }},
		"both":               {func(*servers) Host { return Host{Token: secret, Username: "user"} }, func(f *faultserver.File) { f.Token = secret }},
		"header":             {func(*servers) Host { return Host{Headers: map[string]string{"x-jfrog-art-api": secret}} }, func(f *faultserver.File) { f.HeaderName, f.HeaderValue = "X-JFrog-Art-Api", secret }},
		"client certificate": {func(s *servers) Host { return Host{ClientCert: s.ClientCert, ClientKey: s.ClientKey} }, func(f *faultserver.File) { f.ClientCertificate = true }},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, func(settings *Settings, s *servers) { settings.Hosts[hostOf(s.URL)] = c.host(s) })
			s.serve(c.require)
			expect(t, s.at(t, s.URL), s.data)
			if _, err := s.at(t, s.URL).Describe(t.Context()); err != nil {
				t.Error(err)
			}
			if _, err := s.at(t, s.URL).Ranges(t.Context()); err != nil {
				t.Error(err)
			}
			// Another host is given nothing.
			_, _, err := read(t, s.at(t, s.OtherURL))
			expectFailure(t, err, fs.ErrPermission, `http.credentials["`+hostOf(s.OtherURL)+`"]`)
		})
	}
}

// What a user sets does not decide which bytes come.
func TestHeadersOfOurOwn(t *testing.T) {
	s := start(t, large, func(settings *Settings, s *servers) { settings.Hosts[hostOf(s.URL)] = everything() })
	s.Inject(get(), 1, 1, faultserver.Truncate(third))
	expect(t, s.at(t, s.URL), s.data)
	for _, request := range s.Requests() {
		if request.Header.Get("Accept-Encoding") != "identity" || credentialsOf(request) != allOfIt {
			t.Errorf("%v", request.Header)
		}
	}
	s.expectRequests(t, "GET", `GET bytes=100000- if "v1"`)
}

func TestRefusedCredentials(t *testing.T) {
	s := start(t, 10, func(settings *Settings, s *servers) {
		settings.Hosts[hostOf(s.URL)] = Host{Username: "user", Password: "hush"}
	})
	s.serve(func(f *faultserver.File) { f.Username, f.Password = "user", "another" })
	_, _, err := read(t, s.at(t, s.URL))
	expectFailure(t, err, fs.ErrPermission, "401", "refused the credentials of http.credentials["+`"`+hostOf(s.URL))
	_, _, err = read(t, s.at(t, s.OtherURL))
	failure := expectFailure(t, err, fs.ErrPermission, "401", "set http.credentials["+`"`+hostOf(s.OtherURL))
	if strings.Contains(failure.Advice, "refused") {
		t.Errorf("there were none: %s", failure.Advice)
	}
}

// A page's title is reported, unless it repeats what the server was sent.
func TestTitlesThatRepeatSecrets(t *testing.T) {
	const token = "hush-7e2f-and-so-on-for-more-than-fits-into-a-title-hush-7e2f-and-so-on-for-more-than-fits-into-a-title"
	for title, told := range map[string]bool{
		"Log in":                         true,
		"The token " + token + " is old": false,
		"No such header: hush-header":    false,
		"Wrong: hush-password":           false,
		"There is no build hush":         false, // of the query
	} {
		t.Run(title, func(t *testing.T) {
			s := start(t, 10, func(settings *Settings, s *servers) {
				settings.Hosts[hostOf(s.URL)] = Host{Token: token, Headers: map[string]string{"private-token": "hush-header"}}
				settings.Hosts["another.example.com"] = Host{Username: "user", Password: "hush-password"}
			})
			s.Inject(get(), 1, 1, faultserver.Page(401, title))
			_, _, err := read(t, s.at(t, s.URL))
			if err == nil || strings.Contains(err.Error(), title[:6]) != told || !told && strings.Contains(err.Error(), secret) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Who is sent what on a way of redirects. Every host has credentials of its own.
func TestCredentialsOnTheWay(t *testing.T) {
	const plain, here, other = "http", "https", "other"
	for name, c := range map[string]struct {
		way  []string
		sent []string // who is sent credentials, in order
	}{
		"none":                    {[]string{here}, []string{here}},
		"plain, as configured":    {[]string{plain}, []string{plain}},
		"the same host":           {[]string{here, here}, []string{here, here}},
		"the same, plain":         {[]string{plain, plain}, []string{plain, plain}},
		"to another":              {[]string{here, other}, []string{here, other}},
		"and back":                {[]string{here, other, here}, []string{here, other, here}},
		"from plain":              {[]string{plain, here}, []string{plain, here}},
		"to plain":                {[]string{here, plain}, []string{here, ""}},
		"to plain and back":       {[]string{here, plain, here}, []string{here, "", ""}},
		"to plain and to another": {[]string{here, plain, other}, []string{here, "", ""}},
		"plain, there, back":      {[]string{plain, here, plain}, []string{plain, here, plain}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 1000, func(settings *Settings, s *servers) {
				for server, address := range map[string]string{plain: s.PlainURL, here: s.URL, other: s.OtherURL} {
					settings.Hosts[hostOf(address)] = Host{Token: secret + server}
				}
			})
			addresses := map[string]string{plain: s.PlainURL, here: s.URL, other: s.OtherURL}
			for i := range len(c.way) - 1 {
				next := "/hop" + string(rune('a'+i)) + "?Signature=" + secret
				if i+2 == len(c.way) {
					next = path + "?Signature=" + secret
				}
				from := path
				if i > 0 {
					from = "/hop" + string(rune('a'+i-1))
				}
				s.Inject(faultserver.Match{Path: from}, 1, 1, faultserver.RedirectTo(addresses[c.way[i+1]]+next))
			}
			expect(t, s.address(t, addresses[c.way[0]]+path+"?ref="+secret, true), s.data)
			for i, request := range s.Requests() {
				want := ""
				if c.sent[i] != "" {
					want = "Bearer " + secret + c.sent[i]
				}
				if request.Server != c.way[i] || request.Header.Get("Authorization") != want {
					t.Errorf("hop %d: %s was sent %q, want %q", i, request.Server, request.Header.Get("Authorization"), want)
				}
				if referer, ok := request.Header["Referer"]; ok {
					t.Errorf("hop %d: referred by %q", i, referer)
				}
				if request.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("hop %d: %v", i, request.Header)
				}
			}
		})
	}
}

// A host without an entry is sent nothing: neither what the first host has nor its certificate.
func TestCredentialsStayAtTheirHost(t *testing.T) {
	s := start(t, 1000, func(settings *Settings, s *servers) {
		host := everything()
		host.ClientCert, host.ClientKey = s.ClientCert, s.ClientKey
		settings.Hosts[hostOf(s.URL)] = host
	})
	s.Inject(faultserver.Match{Server: "https"}, 1, faultserver.Always, faultserver.RedirectTo(s.OtherURL+path+"?X-Amz-Signature="+secret))
	expect(t, s.at(t, s.URL), s.data)
	requests := s.Requests()
	if len(requests) != 2 || credentialsOf(requests[0]) != allOfIt || credentialsOf(requests[1]) != "" || requests[1].Host != hostOf(s.OtherURL) {
		t.Errorf("%+v", requests)
	}
	s.serve(func(f *faultserver.File) { f.ClientCertificate = true })
	_, _, err := read(t, s.at(t, s.URL))
	expectFailure(t, err, fs.ErrPermission, "from "+s.OtherURL+" after a redirect", `http.credentials["`+hostOf(s.OtherURL)+`"]`)
}

// An authority of one host is none for another.
func TestAuthoritiesByHost(t *testing.T) {
	s := start(t, 1000, func(settings *Settings, s *servers) {
		settings.CABundles = nil
		settings.Hosts[hostOf(s.URL)] = Host{CACert: readFile(t, s.CAFile)}
		settings.Hosts[hostOf(s.OtherURL)] = Host{CACert: readFile(t, s.CAFile)} // of the wrong one
	})
	expect(t, s.at(t, s.URL), s.data)
	_, _, err := read(t, s.at(t, s.OtherURL))
	expectFailure(t, err, blob.ErrUnreachable, "unknown authority", `http.credentials["`+hostOf(s.OtherURL)+`"].ca_cert_pem`, "custom_ca_bundle")
	if n := len(s.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestSettingsOfNoUse(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Settings, *servers)
		words  string
	}{
		"no file":        {func(s *Settings, _ *servers) { s.CABundles = []string{"/nonexistent/ca.pem"} }, "/nonexistent/ca.pem"},
		"no certificate": {func(s *Settings, _ *servers) { s.CABundles = []string{"client.go"} }, "client.go"},
		"no authority":   {func(s *Settings, f *servers) { s.Hosts[hostOf(f.URL)] = Host{CACert: secret} }, "ca_cert_pem"},
		"no pair": {func(s *Settings, f *servers) {
			s.Hosts[hostOf(f.URL)] = Host{ClientCert: f.ClientCert, ClientKey: secret}
		}, "client_key_pem"},
		"half a pair": {func(s *Settings, f *servers) { s.Hosts[hostOf(f.URL)] = Host{ClientKey: f.ClientKey} }, "client_cert_pem"},
		"no name of header": {func(s *Settings, f *servers) {
			s.Hosts[hostOf(f.URL)] = Host{Headers: map[string]string{"a b": secret}}
		}, "header"},
		"no header": {func(s *Settings, f *servers) {
			s.Hosts[hostOf(f.URL)] = Host{Headers: map[string]string{"a": secret + "\n"}}
		}, "header"},
		"no token": {func(s *Settings, f *servers) { s.Hosts[hostOf(f.URL)] = Host{Token: secret + "\n"} }, "header"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 10, c.change)
			_, err := s.at(t, s.URL).Describe(t.Context())
			expectFailure(t, err, blob.ErrSettings, c.words)
			if n := len(s.Requests()); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestKeyOf(t *testing.T) {
	t.Parallel()
	client := New(Settings{Hosts: map[string]Host{
		"repo.example.com": {}, "repo.example.com:8443": {}, "[::1]": {}, "[::1]:8443": {}, "other.example.com:443": {},
	}})
	for address, want := range map[string]string{
		"https://repo.example.com/":       "repo.example.com",
		"https://REPO.example.com:443/":   "repo.example.com",
		"https://repo.example.com:/":      "repo.example.com",
		"http://repo.example.com/":        "repo.example.com",
		"http://repo.example.com:80/":     "repo.example.com",
		"https://repo.example.com:8443/":  "repo.example.com:8443",
		"https://repo.example.com:8444/":  "",
		"https://a.repo.example.com/":     "",
		"https://repo.example.com.evil/":  "",
		"https://evil/repo.example.com":   "",
		"https://[::1]/":                  "[::1]",
		"https://[::1]:8443/":             "[::1]:8443",
		"https://other.example.com/":      "other.example.com:443",
		"http://other.example.com/":       "",
		"https://other.example.com:8443/": "",
	} {
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		if got := client.keyOf(parsed); got != want {
			t.Errorf("%s: %q, want %q", address, got, want)
		}
	}
}
