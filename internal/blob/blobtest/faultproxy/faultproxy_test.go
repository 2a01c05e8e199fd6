package faultproxy_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
)

func TestFaults(t *testing.T) {
	var reached atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		reached.Add(1)
		io.Copy(io.Discard, r.Body)
		io.WriteString(w, r.Host+strings.Repeat(" ", 1000))
	}))
	defer server.Close()
	proxy := faultproxy.Start(t, server.URL, "")
	transport := &http.Transport{DisableKeepAlives: true}
	send := func() (status int, body string, err error) {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPut, proxy.URL+"/a%2Bb?x=1", strings.NewReader("data"))
		response, err := transport.RoundTrip(request)
		if err != nil {
			return 0, "", err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		return response.StatusCode, string(text), err
	}
	if status, body, err := send(); status != 200 || err != nil || !strings.HasPrefix("http://"+body, proxy.URL) {
		t.Errorf("%d, %v, Host %q: want that of the proxy, %s", status, err, body, proxy.URL)
	}
	if got := proxy.Requests(); len(got) != 1 || got[0].Method != http.MethodPut || got[0].Path != "/a%2Bb" || got[0].Query.Get("x") != "1" || got[0].Bytes != 4 || got[0].Status != 200 {
		t.Errorf("%+v", got)
	}
	for fault, c := range map[faultproxy.Fault]struct {
		status  int // 0: an error
		reaches int64
	}{
		faultproxy.LoseAnswer: {0, 1}, faultproxy.Reset: {0, 0}, faultproxy.Refuse500: {500, 0}, faultproxy.Refuse503: {503, 0},
		faultproxy.Refuse501: {501, 0}, faultproxy.Deny403: {403, 0}, faultproxy.Conflict409: {409, 0}, faultproxy.ErrorIn200: {200, 0}, faultproxy.TruncateBody: {200, 1},
	} {
		proxy.Clear()
		proxy.Inject(faultproxy.Match{Method: http.MethodPut, Path: "a+b", Query: "x"}, fault, 2, 1)
		for i := 1; i <= 3; i++ {
			reached.Store(0)
			status, body, err := send()
			switch {
			case i != 2:
				if status != 200 || err != nil || reached.Load() != 1 {
					t.Errorf("fault %d: request %d: %d, %v", fault, i, status, err)
				}
			case status != c.status || reached.Load() != c.reaches || (err != nil) != (c.status == 0 || fault == faultproxy.TruncateBody):
				t.Errorf("fault %d: %d, %v, %d requests reached the server, %q", fault, status, err, reached.Load(), body)
			}
		}
	}
}
