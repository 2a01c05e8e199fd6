package provider_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// Every request is counted by OSS's own name for it, so that one that is added by accident fails a test.
func TestOSSRequests(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	p, _ := inOSSBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	with := func(attributes ...string) string {
		return p.provider() + artifact("job", append(attributes, fromFile(path))...)
	}
	sent := func(want ...string) resource.TestCheckFunc {
		return then(func() {
			t.Helper()
			if got := operations(server); !slices.Equal(got, want) {
				t.Errorf("requests: %v, want %v", got, want)
			}
			server.ClearRequests()
		})
	}
	applies(t,
		// A plan of something new asks nothing.
		step(with(), pending),
		step(with(), prepare(func() { sent()(nil) }), sent("HeadObject", "PutObject")),
		step(with(), prepare(server.ClearRequests), planOnly), // the refresh after the apply, and this one
		resource.TestStep{
			PreConfig: func() {
				if names := operations(server); len(names) == 0 || slices.ContainsFunc(names, func(name string) bool { return name != "HeadObject" }) {
					t.Errorf("a refresh sent %v, want HeadObject alone", names)
				}
				server.ClearRequests()
				writeFile(t, path, otherJob)
			},
			Config: with(), Check: sent("HeadObject", "HeadObject", "PutObject"), // the first is the refresh
		},
		step(with(`metadata = { team = "payments" }`), prepare(server.ClearRequests), updates(job), sent("HeadObject", "HeadObject", "GetObjectACL", "CopyObject")),
		step(with(`metadata = { team = "payments" }`, "retain_on_destroy = false", "overwrite = true"), prepare(server.ClearRequests), sent("HeadObject")),
		step(p.provider(), prepare(server.ClearRequests), sent("HeadObject", "HeadObject", "DeleteObject")),
	)
}

// What the provider's block says for all stores reaches OSS too: the private CA, the count of repetitions, and who asks.
func TestOSSCommonSettings(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{TLS: true})
	p, _ := inOSSBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	config := p.provider() + artifact("job", fromFile(path))
	once := strings.Replace(config, "base_uri", "max_retries = 0\n base_uri", 1)
	throttle := func() {
		server.Throttle(func(r ossfake.Request) bool { return r.Operation == "PutObject" }, 1, ossfake.Refusal{})
	}
	applies(t,
		step(once, prepare(throttle), words("The store cannot be reached", "QpsLimitExceeded")),
		step(config, prepare(throttle), then(func() {
			p.holds(t, jobPath, firstJob)
			for _, request := range server.Requests() {
				if agent := request.Header.Get("User-Agent"); request.Operation == "PutObject" && !strings.HasPrefix(agent, "terraform-provider-flink/") {
					t.Errorf("%s by %q", request.Operation, agent)
				}
			}
		})),
	)
}
