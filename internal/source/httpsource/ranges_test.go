package httpsource

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"testing"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

const suffix = "GET bytes=-65536"

func ranges(t *testing.T, from *Source) source.Ranges {
	t.Helper()
	opened, err := from.Ranges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return opened
}

func TestRanges(t *testing.T) {
	s := start(t, large, nil)
	r := ranges(t, s.at(t, s.URL))
	if told := r.Describe(); r.Size() != large || told.Size != large || told.ETag != `"v1"` || told.ContentType != "application/java-archive" || told.Beginning != nil {
		t.Errorf("%d, %+v", r.Size(), told)
	}
	for _, c := range []struct {
		offset    int64
		length    int
		requested string // "": it is known already
	}{
		{large - 1, 1, ""},
		{large - tailSize, tailSize, ""},
		{large - 10, 20, ""},
		{large, 1, ""},
		{large + 5, 1, ""},
		{5, 0, ""},
		{0, 10, "GET bytes=0-9"},
		{large - tailSize - 1, 2, fmt.Sprintf("GET bytes=%d-%d", large-tailSize-1, large-tailSize)},
		{1000, large, fmt.Sprintf("GET bytes=1000-%d", large-1)},
	} {
		s.Forget()
		want, wantErr := []byte(nil), error(nil)
		if c.offset < large {
			want = s.data[c.offset:min(large, c.offset+int64(c.length))]
		}
		if c.offset+int64(c.length) > large {
			wantErr = io.EOF
		}
		p := make([]byte, c.length)
		n, err := r.ReadAt(p, c.offset)
		if !errors.Is(err, wantErr) || string(p[:n]) != string(want) {
			t.Errorf("%d bytes at %d: %d, %v", c.length, c.offset, n, err)
		}
		if c.requested == "" {
			s.expectRequests(t)
		} else {
			s.expectRequests(t, c.requested)
		}
	}
	if _, err := r.ReadAt(nil, -1); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("before the start: %v", err)
	}
}

// A small file comes with the first answer.
func TestRangesOfSmallFiles(t *testing.T) {
	for name, c := range map[string]struct {
		size      int
		first     faultserver.Fault
		requested []string
	}{
		"one byte":        {1, faultserver.Fault{}, []string{suffix}},
		"just so":         {tailSize, faultserver.Fault{}, []string{suffix}},
		"too short":       {100, faultserver.Answer(416), []string{suffix, "GET bytes=0-65535"}},
		"empty":           {0, faultserver.Fault{}, []string{suffix}},
		"empty, 416":      {0, faultserver.Answer(416), []string{suffix, "GET bytes=0-65535"}},
		"empty, and told": {0, faultserver.Answer(416).With("Content-Range", "bytes */0"), []string{suffix}},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.size, nil)
			s.Inject(get(), 1, 1, c.first)
			r := ranges(t, s.at(t, s.URL))
			data, err := io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
			if err != nil || string(data) != string(s.data) {
				t.Errorf("%d bytes, %v", len(data), err)
			}
			if told := r.Describe(); string(told.Beginning) != string(s.data[:min(c.size, source.BeginningSize)]) {
				t.Errorf("%d bytes of its beginning", len(told.Beginning))
			}
			s.expectRequests(t, c.requested...)
		})
	}
}

// A server that knows no range from the end gives all others.
func TestRangesWithoutSuffixes(t *testing.T) {
	s := start(t, large, nil)
	s.Inject(get(), 1, 1, faultserver.Answer(416))
	r := ranges(t, s.at(t, s.URL))
	p := make([]byte, 10)
	if n, err := r.ReadAt(p, large-10); n != 10 || err != nil || string(p) != string(s.data[large-10:]) || r.Size() != large {
		t.Errorf("%d, %v", n, err)
	}
	s.expectRequests(t, suffix, "GET bytes=0-65535", "GET bytes=299990-299999")
}

func TestNoRanges(t *testing.T) {
	for name, fault := range map[string]faultserver.Fault{
		"another range":    faultserver.Fault{}.With("Content-Range", "bytes 0-99999/300000"),
		"no total":         faultserver.Fault{}.With("Content-Range", "bytes 234464-299999/*"),
		"no Content-Range": faultserver.Fault{}.With("Content-Range", ""),
		"416":              faultserver.Answer(416),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			s.Inject(get(), 1, faultserver.Always, fault)
			_, err := s.at(t, s.URL).Ranges(t.Context())
			expectFailure(t, err, source.ErrNoRanges)
		})
	}
	t.Run("ignored", func(t *testing.T) {
		s := start(t, large, nil)
		s.serve(noRanges)
		_, err := s.at(t, s.URL).Ranges(t.Context())
		expectFailure(t, err, source.ErrNoRanges)
		s.expectRequests(t, suffix)
	})
	t.Run("gone later", func(t *testing.T) {
		s := start(t, large, nil)
		r := ranges(t, s.at(t, s.URL))
		s.serve(noRanges)
		_, err := r.ReadAt(make([]byte, 10), 0)
		expectFailure(t, err, source.ErrNoRanges)
	})
	t.Run("lies later", func(t *testing.T) {
		s := start(t, large, nil)
		r := ranges(t, s.at(t, s.URL))
		s.Inject(get(), 1, 1, faultserver.Fault{}.With("Content-Range", "bytes 1-10/300000"))
		_, err := r.ReadAt(make([]byte, 10), 0)
		expectFailure(t, err, source.ErrNoRanges)
	})
}

// Pieces are all of one version.
func TestRangesOfAFileThatChanges(t *testing.T) {
	for name, change := range map[string]func(*faultserver.File){
		"ETag":    func(f *faultserver.File) { f.ETag = `"v2"` },
		"date":    func(f *faultserver.File) { f.ETag, f.LastModified = "", aDate.Add(time.Second) },
		"longer":  func(f *faultserver.File) { f.Data = append(f.Data[:large:large], 1) },
		"shorter": func(f *faultserver.File) { f.Data = f.Data[:large-1] },
		"short":   func(f *faultserver.File) { f.Data = f.Data[:10] },
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			r := ranges(t, s.at(t, s.URL))
			s.serve(change)
			_, err := r.ReadAt(make([]byte, 10), 100)
			expectFailure(t, err, blob.ErrSourceChanged)
		})
	}
	t.Run("gone", func(t *testing.T) {
		s := start(t, large, nil)
		r := ranges(t, s.at(t, s.URL))
		s.Remove(path)
		_, err := r.ReadAt(make([]byte, 10), 100)
		expectFailure(t, err, fs.ErrNotExist)
	})
}

func TestRangesAreRepeated(t *testing.T) {
	for name, fault := range map[string]faultserver.Fault{
		"503": faultserver.Answer(503), "rst": faultserver.Reset(), "truncate": faultserver.Truncate(5), "stall": faultserver.StallAfter(5),
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, retries(1))
			if name == "stall" {
				s.client.stall = patienceWithStalls
			}
			s.Inject(get(), 1, 1, fault)
			s.Inject(get(), 3, 1, fault)
			r := ranges(t, s.at(t, s.URL))
			p := make([]byte, 10)
			if n, err := r.ReadAt(p, 100); n != 10 || err != nil || string(p) != string(s.data[100:110]) {
				t.Errorf("%d, %v", n, err)
			}
			s.Inject(get(), 1, faultserver.Always, fault)
			_, err := r.ReadAt(p, 100)
			is := map[string]error{"503": source.ErrServer, "rst": blob.ErrUnreachable}[name]
			if is == nil {
				is = source.ErrTruncated
			}
			expectFailure(t, err, is)
			// net/http itself sends again where a connection that had been idle is reset.
			if n := len(s.Requests()); n != 4+1+1 && (name != "rst" || n != 4+1+1+1) {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// One connection serves all pieces.
func TestRangesKeepTheConnection(t *testing.T) {
	s := start(t, large, nil)
	r := ranges(t, s.at(t, s.URL))
	for range 5 {
		if _, err := r.ReadAt(make([]byte, 1000), 100); err != nil {
			t.Fatal(err)
		}
	}
	// net/http gives a connection up that does not know 50 ms after an answer that its request was written, as on a busy machine.
	if n := s.Connections(); n > 2 {
		t.Errorf("%d connections", n)
	}
}
