package ossblob

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const (
	firstPause = 200 * time.Millisecond
	// longestPause bounds what doubling makes of it, and longestAsked what a server may ask for.
	longestPause = 10 * time.Second
	longestAsked = 30 * time.Second
)

// throttled are the codes by which OSS says that it did nothing as there was too much to do ("Error codes" by status, and the pages
// of the EC numbers), and that it has to be asked again.
var throttled = map[string]bool{
	"ServiceUnavailable":               true,
	"QpsLimitExceeded":                 true,
	"SlowDown":                         true,
	"SlowRequest":                      true,
	"TooManyRequests":                  true,
	"RequestLimitExceeded":             true,
	"Throttling":                       true,
	"DownloadTrafficRateLimitExceeded": true,
	"UploadTrafficRateLimitExceeded":   true,
	"TotalQpsLimitExceeded":            true,
	"ActiveRequestLimitExceeded":       true,
	"MetaOperationQpsLimitExceeded":    true,
	"DownloadQpsLimitExceeded":         true,
	"UploadQpsLimitExceeded":           true,
	"FrequencyLimitExceeded":           true,
}

// repeat says whether a request that failed is sent again, and after which pause.
func (s *Store) repeat(r request, attempt int, err error) (time.Duration, bool) {
	retries := DefaultRetries
	if s.config.MaxRetries != nil {
		retries = *s.config.MaxRetries
	}
	if r.single || attempt >= retries {
		return 0, false
	}
	var (
		refused *refusal
		page    *wire.PageError
		lost    *wire.DialError
		header  http.Header
		again   bool
	)
	switch {
	case isHopeless(err):
		return 0, false
	case errors.As(err, &refused):
		header = refused.header
		undone := refused.status == http.StatusTooManyRequests || throttled[refused.code]
		again = undone || !r.once && refused.mayPass()
	case errors.As(err, &page):
		// A gateway in front of OSS may lack it for a moment. What it passed on before that, nobody knows.
		again = !r.once && page.RetryableError()
	case errors.As(err, &lost):
		again = true
	default: // the connection broke
		again = !r.once
	}
	if !again {
		return 0, false
	}
	return max(wire.Pause(s.pause, longestPause, attempt), wire.RetryAfter(header, longestAsked)), true
}

// mayPass: OSS failed, or thinks that the network did.
func (e *refusal) mayPass() bool {
	return e.status >= http.StatusInternalServerError && e.status != http.StatusNotImplemented || e.code == "InternalError" || e.code == "RequestTimeout"
}

// isHopeless: a repetition meets the same.
func isHopeless(err error) bool {
	var (
		source      interface{ RetryableError() bool } // multipart's, a failure to read what is sent
		credentials *credentialsError
	)
	switch {
	case errors.As(err, &source) && !source.RetryableError(),
		errors.Is(err, blob.ErrSourceChanged),
		errors.As(err, &credentials),
		errors.Is(err, errNoAcceleration),
		errors.Is(err, context.Canceled):
		return true
	}
	_, _, misaddressed := wire.Misaddressed(err)
	return misaddressed
}
