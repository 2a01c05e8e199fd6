package httpsource

import (
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// A body that is cut off each time never ends.
func TestCutOffEachTime(t *testing.T) {
	for name, c := range map[string]struct {
		fault    faultserver.Fault
		retries  int
		requests int
	}{
		"length":                  {faultserver.Length(large + 1), 2, 5},
		"nothing new":             {faultserver.Truncate(1), 3, 0},
		"never again":             {faultserver.Truncate(third), 0, 1},
		"stall":                   {faultserver.StallAfter(third), 0, 1},
		"reset":                   {faultserver.ResetAfter(third), 0, 1},
		"without a length at all": {faultserver.Truncate(third), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, retries(c.retries))
			if name == "stall" {
				s.client.stall = patienceWithStalls
			}
			if strings.HasPrefix(name, "without") {
				s.serve(chunked)
			}
			s.Inject(get(), 1, faultserver.Always, c.fault)
			data, _, err := read(t, s.at(t, s.URL))
			failure := expectFailure(t, err, source.ErrTruncated, "breaks off after")
			if len(data) > large || len(failure.Message) > 300 {
				t.Errorf("%d bytes, %v", len(data), failure)
			}
			if n := len(s.Requests()); c.requests > 0 && n != c.requests {
				t.Errorf("%d requests: %q", n, s.requested())
			}
		})
	}
}

// Each new byte makes up for the failures before it, but not for ever.
func TestLimits(t *testing.T) {
	t.Run("progress", func(t *testing.T) {
		s := start(t, 60, retries(1))
		s.Inject(get(), 1, 50, faultserver.Truncate(1))
		expect(t, s.at(t, s.URL), s.data)
	})
	t.Run("resumptions", func(t *testing.T) {
		s := start(t, 1000, nil)
		s.Inject(get(), 1, faultserver.Always, faultserver.Truncate(1))
		data, _, err := read(t, s.at(t, s.URL))
		expectFailure(t, err, source.ErrTruncated, "101 of 1000 bytes", "resumed 100 times")
		if n := len(s.Requests()); n != 1+maxResumptions || len(data) != 1+maxResumptions {
			t.Errorf("%d requests, %d bytes", n, len(data))
		}
	})
	t.Run("restarts", func(t *testing.T) {
		s := start(t, 1000, nil)
		s.serve(noRanges)
		for n := range 10 {
			s.Inject(get(), n+1, 1, faultserver.Truncate(int64(n+1)*10))
		}
		data, _, err := read(t, s.at(t, s.URL))
		expectFailure(t, err, source.ErrTruncated, "from its start only", "60 bytes")
		if n := len(s.Requests()); n != 1+maxRestarts+1 || len(data) != 60 {
			t.Errorf("%d requests, %d bytes", n, len(data))
		}
	})
	t.Run("without progress", func(t *testing.T) {
		s := start(t, 1000, nil)
		s.serve(noRanges)
		s.Inject(get(), 1, faultserver.Always, faultserver.Truncate(500))
		_, _, err := read(t, s.at(t, s.URL))
		expectFailure(t, err, source.ErrTruncated, "500 of 1000 bytes")
		if n := len(s.Requests()); n != 1+DefaultRetries {
			t.Errorf("%d requests", n)
		}
	})
}

// What fails on the way to the rest is reported as what it is.
func TestResumptionFails(t *testing.T) {
	for name, c := range map[string]struct {
		fault    faultserver.Fault
		is       error
		requests int
	}{
		"503": {faultserver.Answer(http.StatusServiceUnavailable), source.ErrServer, 1 + DefaultRetries},
		"403": {faultserver.Answer(http.StatusForbidden), fs.ErrPermission, 2},
		"rst": {faultserver.Reset(), blob.ErrUnreachable, 1 + DefaultRetries},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, large, nil)
			s.Inject(get(), 1, 1, faultserver.Truncate(third))
			s.Inject(get(), 2, faultserver.Always, c.fault)
			_, _, err := read(t, s.at(t, s.URL))
			expectFailure(t, err, c.is)
			if n := len(s.Requests()); n != c.requests {
				t.Errorf("%d requests", n)
			}
		})
	}
}
