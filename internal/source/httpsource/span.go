package httpsource

import (
	"net/http"
	"strconv"
	"strings"
)

// span is a part of a file, as Content-Range tells it (RFC 9110, 14.4).
type span struct {
	first, last int64 // bytes, both included
	total       int64 // bytes of the whole; -1: not told
}

func (s span) length() int64 { return s.last - s.first + 1 }

// spanOf reads the header of a 206. Several ranges in one answer have none: nobody asks for them.
func spanOf(header http.Header) (span, bool) {
	text, isBytes := strings.CutPrefix(strings.TrimSpace(header.Get("Content-Range")), "bytes ")
	part, whole, hasTotal := strings.Cut(text, "/")
	from, to, isPart := strings.Cut(part, "-")
	if !isBytes || !hasTotal || !isPart {
		return span{}, false
	}
	first, err1 := parseBytes(from)
	last, err2 := parseBytes(to)
	total, err3 := int64(-1), error(nil)
	if whole != "*" {
		total, err3 = parseBytes(whole)
	}
	if err1 != nil || err2 != nil || err3 != nil || last < first || total >= 0 && last >= total {
		return span{}, false
	}
	return span{first, last, total}, true
}

// parseBytes takes digits only: no sign.
func parseBytes(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}
