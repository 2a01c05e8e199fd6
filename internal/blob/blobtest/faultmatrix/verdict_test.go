package faultmatrix

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

func TestExcused(t *testing.T) {
	begins := func(fault faultproxy.Fault) faultproxy.Request {
		return faultproxy.Request{Method: http.MethodPost, Query: url.Values{"uploads": {""}}, Fault: fault}
	}
	aborts := func(id string, fault faultproxy.Fault) faultproxy.Request {
		return faultproxy.Request{Method: http.MethodDelete, Query: url.Values{"uploadId": {id}}, Fault: fault}
	}
	const (
		none, lost, reset = faultproxy.None, faultproxy.LoseAnswer, faultproxy.Reset
	)
	for name, c := range map[string]struct {
		requests []faultproxy.Request
		want     int
	}{
		"nothing":                        {nil, 0},
		"it went well":                   {[]faultproxy.Request{begins(none)}, 0},
		"never begun":                    {[]faultproxy.Request{begins(reset), begins(reset)}, 0},
		"one name lost":                  {[]faultproxy.Request{begins(lost), begins(none)}, 1},
		"two names lost":                 {[]faultproxy.Request{begins(lost), begins(faultproxy.GarbleBody)}, 2},
		"aborted":                        {[]faultproxy.Request{begins(none), aborts("a", reset), aborts("a", none)}, 0},
		"aborted, which nobody was told": {[]faultproxy.Request{begins(none), aborts("a", lost), aborts("a", reset)}, 0},
		"one not aborted":                {[]faultproxy.Request{begins(none), aborts("a", reset), aborts("a", reset)}, 1},
		"two not aborted":                {[]faultproxy.Request{begins(none), begins(none), aborts("a", reset), aborts("b", reset)}, 2},
		"one of both":                    {[]faultproxy.Request{begins(lost), begins(none), aborts("a", reset)}, 2},
		"the same, found and not ended":  {[]faultproxy.Request{begins(lost), aborts("a", reset)}, 1},
	} {
		if got := Excused(c.requests); got != c.want {
			t.Errorf("%s: %d are excused, want %d", name, got, c.want)
		}
	}
}
