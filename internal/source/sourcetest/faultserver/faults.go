package faultserver

import (
	"fmt"
	"html"
	"math"
	"net/http"
	"strings"
)

// Always is a number of times.
const Always = math.MaxInt

// Match chooses requests. Zero fields match everything.
type Match struct {
	Server string // "https", "other", "http"
	Method string
	Path   string
	Ranged bool // only those that ask for a range
}

func (m Match) matches(server string, r *http.Request) bool {
	return (m.Server == "" || m.Server == server) && (m.Method == "" || m.Method == r.Method) &&
		(m.Path == "" || m.Path == r.URL.Path) && (!m.Ranged || r.Header.Get("Range") != "")
}

type rule struct {
	match            Match
	from, times, saw int
	fault            Fault
}

// Inject plays a fault on the n-th request that matches from now on, counted from 1, and on those after it until times are reached. Of several
// rules the first one that has something to do does it.
func (s *Server) Inject(match Match, n, times int, fault Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules = append(s.rules, &rule{match: match, from: n, times: times, fault: fault})
}

// Clear takes all faults away, and forgets the requests.
func (s *Server) Clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules, s.requests = nil, nil
}

// decide needs the lock.
func (s *Server) decide(server string, r *http.Request) Fault {
	var chosen *Fault
	for _, rule := range s.rules {
		if !rule.match.matches(server, r) {
			continue
		}
		rule.saw++
		if chosen == nil && rule.saw >= rule.from && rule.saw-rule.from < rule.times {
			chosen = &rule.fault
		}
	}
	if chosen == nil {
		return Fault{}
	}
	return *chosen
}

// Fault is what happens to a request. The zero Fault is none; With and Do add to any.
type Fault struct {
	do     func()
	status int // in place of the file
	body   string
	header http.Header // set in the answer; without a value: taken away
	broken bool        // the answer ends after so many bytes of its body
	after  int64
	how    ending
}

type ending int

const (
	byReset ending = iota
	byClosing
	byStalling
)

// Reset is a connection that is reset in place of an answer.
func Reset() Fault { return Fault{broken: true} }

// ResetAfter is one that is reset after so many bytes of the body. The network may lose the last of them.
func ResetAfter(bytes int64) Fault { return Fault{broken: true, after: bytes} }

// Truncate is a connection that is closed in order after so many bytes of the body, at least one.
func Truncate(bytes int64) Fault { return Fault{broken: true, after: bytes, how: byClosing} }

// Stall is no answer, and no end, until the client goes away.
func Stall() Fault { return Fault{broken: true, how: byStalling} }

// StallAfter is the same in the middle of the body.
func StallAfter(bytes int64) Fault { return Fault{broken: true, after: bytes, how: byStalling} }

// Answer is another answer than the file.
func Answer(status int) Fault {
	return Fault{status: status, body: strings.ToLower(http.StatusText(status)) + "\n"}
}

// Page is a page of HTML in place of the file.
func Page(status int, title string) Fault {
	body := fmt.Sprintf("<!doctype html>\n<html><head><title>%s</title></head><body>Please log in.</body></html>\n", html.EscapeString(title))
	return Fault{status: status, body: body}.With("Content-Type", "text/html; charset=utf-8")
}

// RedirectTo sends on to another address.
func RedirectTo(address string) Fault { return Answer(http.StatusFound).With("Location", address) }

// RetryAfter is a status with which a server asks for patience: seconds, or a date.
func RetryAfter(status int, text string) Fault { return Answer(status).With("Retry-After", text) }

// Length is a lie about the length of the body.
func Length(bytes int64) Fault { return Fault{}.With("Content-Length", fmt.Sprint(bytes)) }

// With sets a header of the answer; with an empty value it takes it away.
func (f Fault) With(name, value string) Fault {
	header := f.header.Clone()
	if header == nil {
		header = http.Header{}
	}
	if header[http.CanonicalHeaderKey(name)] = nil; value != "" {
		header.Set(name, value)
	}
	f.header = header
	return f
}

// Do calls a function before the request is answered: to put another file there, or to cancel the client.
func (f Fault) Do(do func()) Fault {
	f.do = do
	return f
}
