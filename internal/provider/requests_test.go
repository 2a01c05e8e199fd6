package provider_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// Every request is counted, by the store's own name where there is one, so that one that is added by accident fails a test.
func TestRequests(t *testing.T) {
	t.Run("s3", func(t *testing.T) {
		p, proxy := inBucketBehindProxy(t)
		countRequests(t, p, proxy.Methods, proxy.Clear, "HEAD", "PUT", "DELETE", "PUT")
	})
	t.Run("oss", func(t *testing.T) {
		server := ossfake.Start(t, ossfake.Options{})
		p, _ := inOSSBucket(t, server)
		countRequests(t, p, func() []string { return operations(server) }, server.ClearRequests, "HeadObject", "PutObject", "DeleteObject", "GetObjectACL", "CopyObject")
	})
}

// countRequests runs an artifact from its first plan to its destroy. Other metadata is written by what is named last.
func countRequests(t *testing.T, p place, requests func() []string, forget func(), head, put, remove string, describe ...string) {
	t.Helper()
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	with := func(attributes ...string) string {
		return p.provider() + artifact("job", append(attributes, fromFile(path))...)
	}
	sent := func(want ...string) resource.TestCheckFunc {
		return then(func() {
			t.Helper()
			if got := requests(); !slices.Equal(got, want) {
				t.Errorf("requests: %v, want %v", got, want)
			}
			forget()
		})
	}
	applies(t,
		// A plan of something new sends nothing.
		step(with(), pending),
		step(with(), prepare(func() { sent()(nil) }), sent(head, put)),
		// What follows an apply is the framework's own second plan: a refresh.
		step(with(), prepare(forget), planOnly),
		// The first request of an update is the refresh.
		step(with(), prepare(func() {
			if got := requests(); len(got) == 0 || slices.ContainsFunc(got, func(request string) bool { return request != head }) {
				t.Errorf("a refresh sent %v, want %s alone", got, head)
			}
			forget()
			writeFile(t, path, otherJob)
		}), sent(head, head, put)),
		step(with(`metadata = { team = "payments" }`), prepare(forget), updates(job), sent(append([]string{head, head}, describe...)...)),
		step(with(`metadata = { team = "payments" }`, "retain_on_destroy = false", "overwrite = true"), prepare(forget), sent(head)),
		step(p.provider(), prepare(forget), sent(head, head, remove)),
	)
	sent()(nil)
}

// A commit whose answer is lost took place: it is found out, and nothing is created twice or called a failure.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	p, proxy := inBucketBehindProxy(t)
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
