package httpsource

import (
	"fmt"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

func TestRedirects(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			s := start(t, large, nil)
			s.Inject(faultserver.Match{Server: "https"}, 1, faultserver.Always, faultserver.Answer(status).With("Location", s.OtherURL+path+"?X-Amz-Signature="+secret))
			s.Inject(faultserver.Match{Server: "other", Method: "GET"}, 1, 1, faultserver.Truncate(third))
			from := s.at(t, s.URL)
			expect(t, from, s.data)
			// The rest is requested where the file was: the signature of the first redirect may be over.
			s.expectRequests(t, "GET", "GET", `GET bytes=100000- if "v1"`, `GET bytes=100000- if "v1"`)
			s.Forget()
			if told, err := from.Describe(t.Context()); err != nil || told.Size != large {
				t.Errorf("%+v, %v", told, err)
			}
			s.expectRequests(t, "HEAD", "HEAD")
			r, err := from.Ranges(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if n, err := r.ReadAt(make([]byte, 10), 0); n != 10 || err != nil {
				t.Errorf("%d, %v", n, err)
			}
		})
	}
}

func TestRedirectsThatAreNotFollowed(t *testing.T) {
	const signed = "?X-Amz-Signature=" + secret
	for name, c := range map[string]struct {
		to    func(*servers) string
		words []string
	}{
		"plain http":  {func(s *servers) string { return s.PlainURL + path + signed }, []string{"plain http", "content_sha256"}},
		"another":     {func(*servers) string { return "ftp://hush.example" + path + signed }, []string{"neither https nor http"}},
		"a script":    {func(*servers) string { return "javascript:" + secret }, []string{"neither https nor http"}},
		"no host":     {func(*servers) string { return "https:///" + secret }, []string{"without a host"}},
		"userinfo":    {func(s *servers) string { return "https://user:hush@" + hostOf(s.OtherURL) + path + signed }, []string{"holds a user"}},
		"no URL":      {func(s *servers) string { return s.OtherURL + "/%zz" + signed }, []string{"no URL"}},
		"itself":      {func(s *servers) string { return s.URL + path + "?ref=" + secret }, []string{"circle"}},
		"itself, too": {func(*servers) string { return "?ref=" + secret + "#a" }, []string{"circle"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 10, nil)
			s.Inject(anyRequest(), 1, faultserver.Always, faultserver.RedirectTo(c.to(s)))
			_, _, err := read(t, s.at(t, s.URL))
			expectFailure(t, err, source.ErrRedirect, c.words...)
			if n := len(s.Requests()); n != 1 {
				t.Errorf("%d requests: %q", n, s.requested())
			}
		})
	}
}

func TestRedirectsAreCounted(t *testing.T) {
	for _, n := range []int{maxRedirects, maxRedirects + 1} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			s := start(t, 10, nil)
			for hop := range n {
				from, to := fmt.Sprintf("/hop%d", hop), fmt.Sprintf("/hop%d", hop+1)
				if hop+1 == n {
					to = path
				}
				s.Inject(faultserver.Match{Path: from}, 1, 1, faultserver.RedirectTo(to+"?a="+secret))
			}
			data, _, err := read(t, s.address(t, s.URL+"/hop0", false))
			if n == maxRedirects {
				if err != nil || string(data) != string(s.data) {
					t.Errorf("%d bytes, %v", len(data), err)
				}
				return
			}
			expectFailure(t, err, source.ErrRedirect, "more than 10 redirects")
		})
	}
}

// A longer circle is seen as soon as it closes.
func TestCircle(t *testing.T) {
	s := start(t, 10, nil)
	s.Inject(faultserver.Match{Server: "https"}, 1, faultserver.Always, faultserver.RedirectTo(s.OtherURL+"/login?back="+secret))
	s.Inject(faultserver.Match{Server: "other"}, 1, faultserver.Always, faultserver.RedirectTo(s.URL+path+"?ref="+secret))
	_, _, err := read(t, s.at(t, s.URL))
	expectFailure(t, err, source.ErrRedirect, "circle", "http.credentials")
	if n := len(s.Requests()); n != 2 {
		t.Errorf("%d requests", n)
	}
}

// A pin is what makes plain http as good as any.
func TestPinnedToPlainHTTP(t *testing.T) {
	s := start(t, 1000, nil)
	s.Inject(faultserver.Match{Server: "https"}, 1, faultserver.Always, faultserver.RedirectTo(s.PlainURL+path))
	expect(t, s.address(t, s.URL+path, true), s.data)
	_, _, err := read(t, s.address(t, s.URL+path, false))
	expectFailure(t, err, source.ErrRedirect, "plain http", "content_sha256")
}

// A redirect without an address is no redirect.
func TestRedirectWithoutALocation(t *testing.T) {
	s := start(t, 10, nil)
	s.Inject(anyRequest(), 1, 1, faultserver.Answer(302))
	_, _, err := read(t, s.at(t, s.URL))
	if failure := expectFailure(t, err, source.ErrServer, "302"); strings.Contains(failure.Message, "after a redirect") {
		t.Error(failure)
	}
}
