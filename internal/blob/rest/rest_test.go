package rest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

const endpoint = "https://store.example.com"

// step is what becomes of one sending: an answer, or an error.
type step struct {
	status int
	header http.Header
	body   string
	err    error
}

// fake is a store that plays the steps, and the last of them for ever.
type fake struct {
	Service

	steps []step
	sent  []string // bodies
}

func newFake(steps ...step) *fake {
	f := &fake{steps: steps}
	f.Service = Service{
		Retries: 2,
		Send: func(_ context.Context, _ Request, body io.Reader) (*http.Response, error) {
			var text []byte
			if body != nil {
				text, _ = io.ReadAll(body)
				text = []byte(cmp.Or(string(text), "(a body without bytes)"))
			}
			f.sent = append(f.sent, string(text))
			now := f.steps[0]
			if len(f.steps) > 1 {
				f.steps = f.steps[1:]
			}
			if now.err != nil {
				return nil, now.err
			}
			return &http.Response{StatusCode: now.status, Header: now.header, Body: io.NopCloser(strings.NewReader(now.body))}, nil
		},
		Proves: func(header http.Header) bool { return header.Get("Sign") != "" },
		Check: func(_ Request, response *http.Response, body []byte) error {
			switch {
			case string(body) == "page":
				return &wire.PageError{Status: response.StatusCode}
			case response.StatusCode != http.StatusOK:
				return &wire.RefusalError{Status: response.StatusCode, Throttled: response.StatusCode == http.StatusTooManyRequests}
			}
			return nil
		},
		Where: func(Request) string { return endpoint },
	}
	return f
}

var signed = http.Header{"Sign": {"1"}}

// A request is sent again where that does no harm, and may help.
func TestRepeated(t *testing.T) {
	broken := &url.Error{Op: "Put", URL: endpoint, Err: io.ErrUnexpectedEOF}
	for _, c := range []struct {
		step                    step
		freely, ifUndone, never int // how often it is sent
	}{
		{step{status: 429}, 3, 3, 1},
		{step{status: 500}, 3, 1, 1},
		{step{status: 503}, 3, 1, 1},
		{step{status: 501}, 1, 1, 1},
		{step{status: 404}, 1, 1, 1},
		{step{status: 502, body: "page"}, 3, 1, 1},
		{step{status: 200, body: "page"}, 1, 1, 1},
		{step{status: 403, body: strings.Repeat("x", wire.MaxRefusal+1)}, 1, 1, 1},
		{step{err: broken}, 3, 1, 1},
		{step{err: fmt.Errorf("dial: %w", &wire.DialError{})}, 3, 3, 1},
		{step{err: &wire.ExplainedError{Message: "no credentials"}}, 1, 1, 1},
		{step{err: wire.Strange("what")}, 1, 1, 1},
		{step{err: &url.Error{Op: "Put", Err: brokenSourceError{}}}, 1, 1, 1},
		{step{err: &url.Error{Op: "Put", Err: blob.ErrSourceChanged}}, 1, 1, 1},
		{step{err: &url.Error{Op: "Put", Err: context.Canceled}}, 1, 1, 1},
		{step{err: &url.Error{Op: "Put", Err: x509.UnknownAuthorityError{}}}, 1, 1, 1},
		{step{status: 200}, 1, 1, 1},
	} {
		for repeat, want := range map[Repeat]int{Freely: c.freely, IfUndone: c.ifUndone, Never: c.never} {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(c.step)
				_, err := f.Do(t.Context(), Request{Operation: "PutThing", Repeat: repeat})
				if len(f.sent) != want {
					t.Errorf("%+v, repeat %d: sent %d times, want %d", c.step, repeat, len(f.sent), want)
				}
				var call *wire.CallError
				if (err == nil) != (c.step.status == 200 && c.step.body == "") || err != nil && (!errors.As(err, &call) || call.Op != "PutThing" || call.Endpoint != endpoint) {
					t.Errorf("%+v: %#v", c.step, err)
				}
			})
		}
	}
}

// brokenSourceError is what package multipart makes of a failure to read.
type brokenSourceError struct{}

func (brokenSourceError) Error() string        { return "broken" }
func (brokenSourceError) RetryableError() bool { return false }

// short says that a body has 4 bytes.
type short struct{ *bytes.Reader }

func (short) Size() int64 { return 4 }

// Each attempt sends the body from its start, and no more of it than the request says.
func TestBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(step{status: 500}, step{status: 200})
		body := bytes.NewReader([]byte("0123456789"))
		body.Seek(7, io.SeekStart)
		if _, err := f.Do(t.Context(), Request{Body: short{body}}); err != nil || !slices.Equal(f.sent, []string{"0123", "0123"}) {
			t.Errorf("%q, %v", f.sent, err)
		}
		for _, text := range []string{"text", ""} {
			f = newFake(step{status: 200})
			if _, err := f.Do(t.Context(), Request{}.Document([]byte(text))); err != nil || !slices.Equal(f.sent, []string{text}) {
				t.Errorf("%q, %v", f.sent, err)
			}
		}
	})
}

// Before each attempt comes a look, and what it finds ends the call as it is.
func TestBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(step{status: 500})
		looks := 0
		_, err := f.Do(t.Context(), Request{Before: func(context.Context) error {
			if looks++; looks == 2 {
				return blob.ErrChanged
			}
			return nil
		}})
		if err != blob.ErrChanged || looks != 2 || len(f.sent) != 1 { //nolint:errorlint // as it is
			t.Errorf("%v after %d looks, sent %d times", err, looks, len(f.sent))
		}
	})
}

// The pauses are those of wire.Pause.
func TestPauses(t *testing.T) {
	s := Service{Retries: 100}
	for attempt, limit := range map[int]time.Duration{0: FirstPause, 1: 2 * FirstPause, 50: LongestPause} {
		if pause, again := s.repeat(Request{}, attempt, nil, io.ErrUnexpectedEOF); !again || pause < limit/2 || pause > limit {
			t.Errorf("attempt %d: %s, %t", attempt, pause, again)
		}
	}
}

// A server may ask for a longer pause, but not for any; and one that would outlast the deadline is not waited for.
func TestRetryAfter(t *testing.T) {
	for _, c := range []struct {
		asks           string
		deadline, took time.Duration
		sent           int
	}{
		{"7", time.Hour, 7 * time.Second, 2},
		{"7", 8 * time.Second, 7 * time.Second, 2},
		{"7", 6 * time.Second, 0, 1},
		{"99999999999", time.Hour, longestAsked, 2},
	} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(step{status: 429, header: http.Header{"Retry-After": {c.asks}}}, step{status: 200})
			ctx, cancel := context.WithTimeout(t.Context(), c.deadline)
			defer cancel()
			start := time.Now()
			_, err := f.Do(ctx, Request{})
			var refused *wire.RefusalError
			if took := time.Since(start); took != c.took || len(f.sent) != c.sent || (c.sent == 1) != errors.As(err, &refused) {
				t.Errorf("asked for %s: %v after %s, sent %d times", c.asks, err, took, len(f.sent))
			}
		})
	}
}

// A caller who gives up waits for no pause, and has nothing sent.
func TestCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(step{status: 429, header: http.Header{"Retry-After": {"20"}}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		if _, err := f.Do(ctx, Request{}); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
		if _, err := f.Do(ctx, Request{}); !errors.Is(err, context.Canceled) || len(f.sent) != 1 {
			t.Errorf("%v, sent %d times", err, len(f.sent))
		}
	})
}

// An object is handed on as it comes, if the header proves that it is one; else it is read, and shown to Check.
func TestStreams(t *testing.T) {
	endless := strings.Repeat("x", wire.MaxXML+1)
	f := newFake(step{status: 200, header: signed, body: endless})
	answer, err := f.Do(t.Context(), Request{Stream: true})
	if err != nil || answer.Body != nil {
		t.Fatal(err)
	}
	if n, err := io.Copy(io.Discard, answer.Stream); n != int64(len(endless)) || err != nil {
		t.Errorf("%d bytes, %v", n, err)
	}
	for _, c := range []struct {
		step   step
		stream bool
	}{{step{status: 200, body: "page"}, true}, {step{status: 404, header: signed}, true}, {step{status: 200, header: signed, body: endless}, false}} {
		f := newFake(c.step)
		if answer, err := f.Do(t.Context(), Request{Stream: c.stream}); err == nil {
			t.Errorf("%d %.10q, stream %t: %+v", c.step.status, c.step.body, c.stream, answer)
		}
	}
}

func TestDecode(t *testing.T) {
	var into struct{ Name string }
	if _, err := newFake(step{status: 200, body: "<X><Name>a</Name></X>"}).Decode(t.Context(), Request{}, &into); err != nil || into.Name != "a" {
		t.Errorf("%+v, %v", into, err)
	}
	var strange *wire.StrangeAnswerError
	if _, err := newFake(step{status: 200, body: "<X><Name>"}).Decode(t.Context(), Request{}, &into); !errors.As(err, &strange) {
		t.Errorf("%v", err)
	}
}
