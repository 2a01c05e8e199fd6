package httpsource

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

func head() faultserver.Match { return faultserver.Match{Method: http.MethodHead, Path: path} }

func TestDescribe(t *testing.T) {
	const byte0 = "GET bytes=0-0"
	for name, c := range map[string]struct {
		change    func(*faultserver.File)
		head      faultserver.Fault
		size      int64
		requested []string
	}{
		"by HEAD":                 {nil, faultserver.Fault{}, large, []string{"HEAD"}},
		"HEAD without a length":   {chunked, faultserver.Fault{}, -1, []string{"HEAD"}},
		"400":                     {nil, faultserver.Answer(400), large, []string{"HEAD", byte0}},
		"403":                     {nil, faultserver.Answer(403), large, []string{"HEAD", byte0}},
		"405":                     {nil, faultserver.Answer(405), large, []string{"HEAD", byte0}},
		"501":                     {nil, faultserver.Answer(501), large, []string{"HEAD", byte0}},
		"a broken connection":     {nil, faultserver.Reset(), large, []string{"HEAD", byte0}},
		"405, without ranges":     {noRanges, faultserver.Answer(405), large, []string{"HEAD", byte0}},
		"405, and nothing at all": {func(f *faultserver.File) { f.NoRanges, f.Chunked = true, true }, faultserver.Answer(405), -1, []string{"HEAD", byte0}},
		"405, an empty file":      {func(f *faultserver.File) { f.Data = nil }, faultserver.Answer(405), 0, []string{"HEAD", byte0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			s.serve(c.change)
			s.Inject(head(), 1, faultserver.Always, c.head)
			told, err := s.at(t, s.URL).Describe(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if told.Size != c.size || told.ETag != `"v1"` || told.LastModified != "Sat, 03 Feb 2024 04:05:06 GMT" || told.ContentType != "application/java-archive" || told.Beginning != nil {
				t.Errorf("%+v", told)
			}
			s.expectRequests(t, c.requested...)
		})
	}
}

// An empty file has no first byte, and some servers say so.
func TestDescribeWithoutARange(t *testing.T) {
	s := start(t, 0, nil)
	s.Inject(head(), 1, 1, faultserver.Answer(405))
	s.Inject(get(), 1, 1, faultserver.Answer(416))
	told, err := s.at(t, s.URL).Describe(t.Context())
	if err != nil || told.Size != 0 || told.ETag != `"v1"` {
		t.Errorf("%+v, %v", told, err)
	}
	s.expectRequests(t, "HEAD", "GET bytes=0-0", "GET")
}

// The body of a whole file that was not requested is not fetched.
func TestDescribeReadsNoFile(t *testing.T) {
	const huge = 24 << 20
	s := start(t, huge, nil)
	s.serve(noRanges)
	s.Inject(head(), 1, faultserver.Always, faultserver.Answer(405))
	if _, err := s.at(t, s.URL).Describe(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.at(t, s.URL).Ranges(t.Context()); err == nil {
		t.Error("ranges of a server that gives none")
	}
	for _, request := range s.Requests() {
		if request.Sent > huge/2 {
			t.Errorf("%s took %d bytes", request.Method, request.Sent)
		}
	}
}

func TestDescribeFails(t *testing.T) {
	for name, c := range map[string]struct {
		fault     faultserver.Fault
		is        error
		requested int
	}{
		"404": {faultserver.Answer(404), fs.ErrNotExist, 1},
		"401": {faultserver.Answer(401), fs.ErrPermission, 1},
		"403": {faultserver.Answer(403), fs.ErrPermission, 2},
		"405": {faultserver.Answer(405), source.ErrServer, 2},
		"503": {faultserver.Answer(503), source.ErrServer, 1 + DefaultRetries},
		"rst": {faultserver.Reset(), blob.ErrUnreachable, 1 + 1 + DefaultRetries},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 10, nil)
			s.Inject(anyRequest(), 1, faultserver.Always, c.fault)
			_, err := s.at(t, s.URL).Describe(t.Context())
			expectFailure(t, err, c.is)
			if n := len(s.Requests()); n != c.requested {
				t.Errorf("%q", s.requested())
			}
		})
	}
}

// What HEAD and the download report compare as the same.
func TestDescriptionsCompare(t *testing.T) {
	s := start(t, large, nil)
	from := s.at(t, s.URL)
	before := expect(t, from, s.data)
	now, err := from.Describe(t.Context())
	if err != nil || source.Compare(before, now) != source.Same {
		t.Errorf("%+v, %v", now, err)
	}
	s.change(0)
	if now, err = from.Describe(t.Context()); err != nil || source.Compare(before, now) != source.Different {
		t.Errorf("%+v, %v", now, err)
	}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "Text/HTML": "text/html", "text/html; charset=utf-8": "text/html", "text/html ;; broken": "text/html", " A/B ;": "a/b",
	} {
		if got := source.MediaType(text); got != want {
			t.Errorf("%q is %q", text, got)
		}
	}
}

// The first request is sent again after a pause; as long a one as the server requires.
func TestFirstRequestIsRepeated(t *testing.T) {
	for name, fault := range map[string]faultserver.Fault{
		"408": faultserver.Answer(408), "429": faultserver.Answer(429), "500": faultserver.Answer(500), "502": faultserver.Answer(502),
		"503": faultserver.Answer(503), "504": faultserver.Answer(504), "rst": faultserver.Reset(), "stall": faultserver.Stall(),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, 1000, nil)
			if name == "stall" {
				s.client.stall = patienceWithStalls
			}
			s.Inject(anyRequest(), 1, 2, fault)
			expect(t, s.at(t, s.URL), s.data)
			s.expectRequests(t, "GET", "GET", "GET")
		})
	}
	for _, status := range []int{201, 204, 206, 304, 400, 401, 402, 403, 404, 405, 409, 410, 418, 501, 505} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			s := start(t, 1000, nil)
			s.Inject(anyRequest(), 1, 1, faultserver.Answer(status))
			if _, _, err := read(t, s.at(t, s.URL)); err == nil {
				t.Errorf("%d is taken for a file", status)
			}
			s.expectRequests(t, "GET")
		})
	}
	t.Run("Retry-After", func(t *testing.T) {
		s := start(t, 1000, nil)
		s.Inject(anyRequest(), 1, 1, faultserver.RetryAfter(429, "1"))
		begin := time.Now()
		if expect(t, s.at(t, s.URL), s.data); time.Since(begin) < time.Second {
			t.Errorf("requested again after %s", time.Since(begin))
		}
	})
}

// What a header says gets into states, so it is text, and not too long.
func TestHeadersOfNoUse(t *testing.T) {
	for name, value := range map[string]string{"no text": "\"\xff\"", "long": `"` + strings.Repeat("x", 5000) + `"`} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			s.Inject(anyRequest(), 1, faultserver.Always, faultserver.Fault{}.With("ETag", value).With("Content-Type", value).With("Last-Modified", value).With("Content-Encoding", value))
			told, err := s.at(t, s.URL).Describe(t.Context())
			if err != nil || told.ETag+told.LastModified+told.ContentType+told.Encoding != "" || told.Size != large {
				t.Errorf("%+v, %v", told, err)
			}
		})
	}
}
