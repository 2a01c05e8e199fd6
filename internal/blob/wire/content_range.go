package wire

import (
	"strconv"
	"strings"
)

// ContentRange is the part of a whole that an answer has (RFC 9110, 14.4).
type ContentRange struct {
	First, Last int64 // bytes, both included
	Total       int64 // bytes of the whole; -1: not told
}

// Length is the count of bytes.
func (r ContentRange) Length() int64 { return r.Last - r.First + 1 }

// ParseContentRange reads the header of a 206.
// Several ranges in one answer have no such header: nobody asks for them.
func ParseContentRange(header string) (ContentRange, bool) {
	text, isBytes := strings.CutPrefix(strings.TrimSpace(header), "bytes ")
	part, whole, hasTotal := strings.Cut(text, "/")
	from, to, isPart := strings.Cut(part, "-")
	if !isBytes || !hasTotal || !isPart {
		return ContentRange{}, false
	}
	first, err1 := parseBytes(from)
	last, err2 := parseBytes(to)
	total, err3 := int64(-1), error(nil)
	if whole != "*" {
		total, err3 = parseBytes(whole)
	}
	if err1 != nil || err2 != nil || err3 != nil || last < first || total >= 0 && last >= total {
		return ContentRange{}, false
	}
	return ContentRange{first, last, total}, true
}

// parseBytes takes digits only: no sign.
func parseBytes(text string) (int64, error) {
	n, err := strconv.ParseUint(text, 10, 63)
	return int64(n), err
}
