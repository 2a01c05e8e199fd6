package provider_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

// Every request is counted, so that one that is added by accident fails a test.
func TestRequests(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	proxy := faultproxy.Start(t, server.Endpoint, "")
	through := *server
	through.Endpoint = proxy.URL
	p := inBucket(t, &through)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	with := func(attributes ...string) string {
		return p.provider() + artifact("job", append(attributes, fromFile(path))...)
	}
	sent := func(want ...string) resource.TestCheckFunc {
		return then(func() {
			t.Helper()
			if got := proxy.Methods(); !slices.Equal(got, want) {
				t.Errorf("requests: %v, want %v", got, want)
			}
			proxy.Clear()
		})
	}
	applies(t,
		// A plan of something new asks nothing.
		step(with(), pending),
		step(with(), prepare(func() { sent()(nil) }), sent("HEAD", "PUT")),
		// What follows an apply is the framework's own second plan: a refresh.
		step(with(), prepare(proxy.Clear), planOnly),
		resource.TestStep{
			PreConfig: func() {
				if methods := proxy.Methods(); slices.ContainsFunc(methods, func(method string) bool { return method != "HEAD" }) || len(methods) == 0 {
					t.Errorf("a refresh sent %v, want HEADs alone", methods)
				}
				proxy.Clear()
				writeFile(t, path, otherJob)
			},
			Config: with(), Check: sent("HEAD", "HEAD", "PUT"), // the first is the refresh
		},
		step(with(`metadata = { team = "payments" }`), prepare(proxy.Clear), updates(job), sent("HEAD", "HEAD", "PUT")),
		step(with(`metadata = { team = "payments" }`, "retain_on_destroy = false", "overwrite = true"), prepare(proxy.Clear), sent("HEAD")),
		step(p.provider(), prepare(proxy.Clear), sent("HEAD", "HEAD", "DELETE")),
	)
	for _, request := range proxy.Requests() {
		if request.Method == http.MethodPut {
			t.Errorf("a PUT after the destroy: %s", request.Path)
		}
	}
}

// A commit whose answer is lost took place: it is found out, and nothing is created twice or called a failure.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	server := versitygw.Start(t, versitygw.Options{})
	proxy := faultproxy.Start(t, server.Endpoint, "")
	through := *server
	through.Endpoint = proxy.URL
	p := inBucket(t, &through)
	for size, match := range map[int]faultproxy.Match{
		100:      {Method: "PUT"},
		20 << 20: {Method: "POST", Query: "uploadId"},
	} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			text := strings.Repeat("x", size)
			path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), text)
			config := p.provider() + artifact("job", fromFile(path))
			applies(t,
				step(config, prepare(func() { proxy.Inject(match, faultproxy.LoseAnswer, 1, 10) }), then(func() { proxy.Clear(); p.holds(t, jobPath, text) })),
				step(config, noChanges),
			)
		})
	}
}
