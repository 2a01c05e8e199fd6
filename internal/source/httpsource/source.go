package httpsource

import (
	"context"
	"net/http"
	"net/url"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// Source is one URL. It is safe for concurrent use; what it opens is not.
type Source struct {
	client  *Client
	http    *http.Client
	address *url.URL
	pinned  bool
}

var _ source.Remote = (*Source)(nil)

// At is the source at an address. Pinned: its SHA-256 is known, so that plain http may be used. The error is that of CheckURL, or ErrPlainHTTP.
func (c *Client) At(address string, pinned bool) (*Source, error) {
	parsed, err := parseURL(address)
	if err != nil {
		return nil, err
	}
	if parsed.Scheme == "http" && !pinned {
		return nil, ErrPlainHTTP
	}
	return &Source{
		client:  c,
		http:    &http.Client{Transport: wire.WithReadTimeout(keeper{c}, c.stall), CheckRedirect: checkRedirect(pinned)},
		address: parsed,
		pinned:  pinned,
	}, nil
}

// String is the URL without its query.
func (s *Source) String() string { return shownURL(s.address) }

// question is a request of a source.
type question struct {
	method  string
	span    string // the header Range; "": the whole
	ifRange string // the header If-Range; "": none
}

// ask sends one request, whose answer has one of the statuses. Everything else is a *attemptError, or the context's error.
func (s *Source) ask(ctx context.Context, q question, statuses ...int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, q.method, s.address.String(), http.NoBody)
	if err != nil {
		return nil, s.explain(ctx, q, err)
	}
	// Go asks for gzip of its own accord otherwise, and some servers compress unless they are told not to.
	request.Header.Set("Accept-Encoding", "identity")
	if s.client.settings.UserAgent != "" {
		request.Header.Set("User-Agent", s.client.settings.UserAgent)
	}
	if q.span != "" {
		request.Header.Set("Range", q.span)
	}
	if q.ifRange != "" {
		request.Header.Set("If-Range", q.ifRange)
	}
	response, err := s.http.Do(request)
	if err != nil {
		return nil, s.explain(ctx, q, err)
	}
	for _, status := range statuses {
		if response.StatusCode == status {
			return response, nil
		}
	}
	defer response.Body.Close()
	return nil, s.refusal(response)
}

// insist asks until there is an answer, or no hope of one.
func (s *Source) insist(ctx context.Context, q question, statuses ...int) (response *http.Response, err error) {
	p := patience{client: s.client}
	err = p.insist(ctx, func() error {
		response, err = s.ask(ctx, q, statuses...) //nolint:bodyclose // the caller's
		return err
	})
	return response, err
}

// patience counts the failures in a row.
type patience struct {
	client   *Client
	failures int
}

// insist makes attempts until one succeeds, or there is no hope left.
func (p *patience) insist(ctx context.Context, attempt func() error) error {
	for {
		err := attempt()
		if err == nil {
			return nil
		}
		if err := p.afterFailure(ctx, err); err != nil {
			return err
		}
	}
}

// afterFailure pauses before the next attempt. Where there is to be none, it returns what the caller is told.
func (p *patience) afterFailure(ctx context.Context, err error) error {
	failed, ok := err.(*attemptError) //nolint:errorlint // made by this package, and never wrapped
	if !ok {
		return err
	}
	if p.failures++; !failed.mayPass || p.failures > p.client.retries {
		return failed.told
	}
	pause := max(wire.Pause(p.client.pause, longestPause, p.failures-1), failed.after)
	if wire.Sleep(ctx, pause) != nil {
		return context.Cause(ctx)
	}
	return nil
}
