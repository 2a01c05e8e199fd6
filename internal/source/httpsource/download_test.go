package httpsource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

const (
	large = 300_000
	third = large / 3
)

func TestDownload(t *testing.T) {
	s := start(t, large, func(settings *Settings, _ *servers) { settings.UserAgent = "terraform-provider-flink/test" })
	told := expect(t, s.at(t, s.URL), s.data)
	if told.ETag != `"v1"` || told.LastModified != "Sat, 03 Feb 2024 04:05:06 GMT" || told.Size != large || told.ContentType != "application/java-archive" ||
		string(told.Beginning) != string(s.data[:source.BeginningSize]) {
		t.Errorf("%+v", told)
	}
	s.expectRequests(t, "GET")
	request := s.Requests()[0]
	if request.Header.Get("Accept-Encoding") != "identity" || request.Header.Get("User-Agent") != "terraform-provider-flink/test" || request.Query != "ref="+secret {
		t.Errorf("%+v", request)
	}
}

func TestContentIsDescribed(t *testing.T) {
	s := start(t, 3000, nil)
	content, err := s.at(t, s.URL).Open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	described := content.(source.Described)
	if told := described.Describe(); told.Beginning != nil || told.Size != 3000 || content.Size() != 3000 {
		t.Errorf("before it is read: %+v", told)
	}
	if _, err := io.ReadFull(content, make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	before := described.Describe()
	if string(before.Beginning) != string(s.data[:10]) {
		t.Errorf("10 bytes on: %q", before.Beginning)
	}
	if _, err := io.ReadFull(content, make([]byte, 2000)); err != nil {
		t.Fatal(err)
	}
	content.Close()
	if told := described.Describe(); string(told.Beginning) != string(s.data[:source.BeginningSize]) || len(before.Beginning) != 10 {
		t.Errorf("after it was closed: %d bytes", len(told.Beginning))
	}
	if _, err := content.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("read after it was closed: %v", err)
	}
}

func TestLengths(t *testing.T) {
	for _, size := range []int{0, 1, large} {
		for _, chunked := range []bool{false, true} {
			t.Run(fmt.Sprint(size, chunked), func(t *testing.T) {
				s := start(t, size, nil)
				s.serve(func(f *faultserver.File) { f.Chunked = chunked })
				want := int64(size)
				if chunked {
					want = -1
				}
				if told := expect(t, s.at(t, s.URL), s.data); told.Size != want {
					t.Errorf("size %d", told.Size)
				}
			})
		}
	}
}

// breaking are faults in the middle of a body.
var breaking = map[string]faultserver.Fault{
	"reset":    faultserver.ResetAfter(third),
	"truncate": faultserver.Truncate(third),
	"stall":    faultserver.StallAfter(third),
}

// A body that is cut off is resumed where it was, under the condition that the file is the same.
func TestResume(t *testing.T) {
	for name, fault := range breaking {
		for condition, change := range map[string]func(*faultserver.File){
			`"v1"`:                          func(*faultserver.File) {},
			"Sat, 03 Feb 2024 04:05:06 GMT": func(f *faultserver.File) { f.ETag = `W/"v1"` }, // a weak ETag is no condition
		} {
			t.Run(name+condition, func(t *testing.T) {
				s := start(t, large, nil)
				if name == "stall" {
					s.client.stall = patienceWithStalls
				}
				file := s.serve(change)
				s.Inject(get(), 1, 2, fault)
				told := expect(t, s.at(t, s.URL), s.data)
				if told.Size != large || told.ETag != file.ETag || len(told.Beginning) != source.BeginningSize {
					t.Errorf("%+v", told)
				}
				requested := s.requested()
				if len(requested) != 3 || requested[0] != "GET" {
					t.Fatalf("requested %q", requested)
				}
				for _, again := range requested[1:] {
					if !strings.HasPrefix(again, "GET bytes=") || !strings.HasSuffix(again, "- if "+condition) {
						t.Errorf("resumed by %q", again)
					}
				}
				if name != "reset" && requested[1] != fmt.Sprintf("GET bytes=%d- if %s", third, condition) {
					t.Errorf("resumed by %q", requested[1])
				}
			})
		}
	}
}

// Where there is no rest to be had, the whole is read again, and what was delivered is compared.
func TestResumeFromTheStart(t *testing.T) {
	const conditional = `GET bytes=100000- if "v1"`
	for name, c := range map[string]struct {
		change    func(*faultserver.File)
		rest      faultserver.Fault // of the second request
		requested []string
	}{
		"no ranges":          {noRanges, faultserver.Fault{}, []string{"GET", conditional}},
		"no validators":      {func(f *faultserver.File) { f.ETag, f.LastModified = "", time.Time{} }, faultserver.Fault{}, []string{"GET", "GET"}},
		"a weak ETag alone":  {func(f *faultserver.File) { f.ETag, f.LastModified = `W/"1"`, time.Time{} }, faultserver.Fault{}, []string{"GET", "GET"}},
		"a date of just now": {func(f *faultserver.File) { f.ETag, f.LastModified = "", time.Now().Add(time.Minute) }, faultserver.Fault{}, []string{"GET", "GET"}},
		"a range without a total": {
			chunked, faultserver.Fault{}.With("Content-Range", "bytes 100000-198303/*"),
			[]string{"GET", conditional, "GET"},
		},
		"another start":          {nil, faultserver.Fault{}.With("Content-Range", "bytes 99999-299999/300000"), []string{"GET", conditional, "GET"}},
		"no Content-Range":       {nil, faultserver.Fault{}.With("Content-Range", ""), []string{"GET", conditional, "GET"}},
		"a broken Content-Range": {nil, faultserver.Fault{}.With("Content-Range", "bytes +100000-299999/300000"), []string{"GET", conditional, "GET"}},
		"another ETag":           {nil, faultserver.Fault{}.With("ETag", `"v0"`), []string{"GET", conditional, "GET"}},
		"another weak ETag": {
			func(f *faultserver.File) { f.ETag = `W/"1"` }, faultserver.Fault{}.With("ETag", `W/"2"`),
			[]string{"GET", "GET bytes=100000- if Sat, 03 Feb 2024 04:05:06 GMT", "GET"},
		},
		"no ETag any more": {nil, faultserver.Fault{}.With("ETag", ""), []string{"GET", conditional, "GET"}},
		"another date":     {nil, faultserver.Fault{}.With("Last-Modified", "Sat, 03 Feb 2024 04:05:07 GMT"), []string{"GET", conditional, "GET"}},
		"416":              {nil, faultserver.Answer(416), []string{"GET", conditional, "GET"}},
		"chunked":          {chunked, faultserver.Fault{}, []string{"GET", conditional}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			s.serve(c.change)
			s.Inject(get(), 1, 1, faultserver.Truncate(third))
			s.Inject(get(), 2, 1, c.rest)
			if told := expect(t, s.at(t, s.URL), s.data); string(told.Beginning) != string(s.data[:source.BeginningSize]) {
				t.Errorf("%d bytes of its beginning", len(told.Beginning))
			}
			s.expectRequests(t, c.requested...)
		})
	}
}

// A server may give less than the whole rest at a time. Without a length of the answer its range says where it ends.
func TestShortRanges(t *testing.T) {
	for _, chunked := range []bool{false, true} {
		t.Run(fmt.Sprint(chunked), func(t *testing.T) {
			s := start(t, large, nil)
			s.serve(func(f *faultserver.File) { f.Chunked = chunked })
			s.Inject(get(), 1, 1, faultserver.Truncate(third))
			short := faultserver.Fault{}.With("Content-Range", "bytes 100000-198303/300000")
			if !chunked {
				short = short.With("Content-Length", "98304")
			}
			s.Inject(get(), 2, 1, short)
			expect(t, s.at(t, s.URL), s.data)
			s.expectRequests(t, "GET", `GET bytes=100000- if "v1"`, `GET bytes=198304- if "v1"`)
		})
	}
}

// A file that changes while it is read is never mixed of two.
func TestChangesWhileItIsRead(t *testing.T) {
	for name, c := range map[string]struct {
		file  func(s *servers, f *faultserver.File) // as it is when the rest is requested
		first func(*faultserver.File)               // as it is at first
		is    error
		words string
	}{
		"other bytes":             {func(s *servers, _ *faultserver.File) { s.change(0) }, nil, blob.ErrStartOver, "begins with other bytes"},
		"other bytes, no ranges":  {func(s *servers, _ *faultserver.File) { s.change(0) }, noRanges, blob.ErrStartOver, "other bytes"},
		"another rest":            {func(s *servers, _ *faultserver.File) { s.change(third) }, nil, nil, ""},
		"longer":                  {func(_ *servers, f *faultserver.File) { f.Data = append(f.Data[:large:large], 1); f.ETag = `"v2"` }, nil, blob.ErrStartOver, "300001"},
		"longer, the same ETag":   {func(_ *servers, f *faultserver.File) { f.Data = append(f.Data[:large:large], 1) }, nil, blob.ErrStartOver, "300001"},
		"shorter":                 {func(_ *servers, f *faultserver.File) { f.Data = f.Data[:third+1]; f.ETag = `"v2"` }, nil, blob.ErrStartOver, "100001"},
		"short, without a length": {func(_ *servers, f *faultserver.File) { f.Data = f.Data[:1000]; f.ETag, f.Chunked = `"v2"`, true }, nil, blob.ErrStartOver, "1000 now"},
		"long, without a length": {func(_ *servers, f *faultserver.File) {
			f.Data = append(f.Data[:large:large], 1)
			f.ETag, f.Chunked = `"v2"`, true
		}, nil, blob.ErrStartOver, "has more now"},
		"gone": {func(s *servers, _ *faultserver.File) { s.Remove(path) }, nil, fs.ErrNotExist, "404"},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			file := s.serve(c.first)
			s.Inject(get(), 1, 1, faultserver.Truncate(third))
			s.Inject(get(), 2, 1, faultserver.Fault{}.Do(func() {
				next := file
				before := next.ETag
				c.file(s, &next)
				if next.ETag != before || len(next.Data) != large {
					s.Put(path, next)
				}
			}))
			data, told, err := read(t, s.at(t, s.URL))
			if c.is == nil {
				// What was delivered begins both versions: what there is now is the later one.
				if err != nil || string(data[:third]) != string(s.data[:third]) || data[third] == s.data[third] || told.ETag != `"v2"` {
					t.Errorf("%d bytes of %s, %v", len(data), told.ETag, err)
				}
				return
			}
			expectFailure(t, err, c.is, c.words)
		})
	}
}

// blob.HashOf opens again what has to be read from its start.
func TestStartingOver(t *testing.T) {
	s := start(t, large, nil)
	s.Inject(get(), 1, 1, faultserver.Truncate(third))
	s.Inject(get(), 2, 1, faultserver.Fault{}.Do(func() { s.change(0) }))
	sums, err := blob.HashOf(t.Context(), s.at(t, s.URL))
	if err != nil || sums.Size != large {
		t.Errorf("%+v, %v", sums, err)
	}
	s.expectRequests(t, "GET", `GET bytes=100000- if "v1"`, "GET")
}

// Where nothing marks the end of the file, the end of the connection may be anywhere in it: only a pin proves it.
func TestNoEndOfItsOwn(t *testing.T) {
	for _, pinned := range []bool{false, true} {
		t.Run(fmt.Sprint(pinned), func(t *testing.T) {
			s := start(t, large, nil)
			s.serve(chunked)
			s.Inject(get(), 1, faultserver.Always, faultserver.Fault{}.With("Transfer-Encoding", "identity")) // with it Go's server closes
			from := s.address(t, s.URL+path, pinned)
			if pinned {
				expect(t, from, s.data)
				return
			}
			data, _, err := read(t, from)
			expectFailure(t, err, source.ErrServer, "where it ends", "content_sha256")
			if len(data) > 0 {
				t.Errorf("%d bytes", len(data))
			}
		})
	}
}
