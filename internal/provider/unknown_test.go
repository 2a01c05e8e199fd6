package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

// computed is a resource whose output is the value, and unknown at plan whenever the trigger changes.
func computed(value, trigger string) string {
	return fmt.Sprintf("resource \"terraform_data\" \"computed\" {\n input = %q\n triggers_replace = %q\n}\n", value, trigger)
}

// onceKnown is an expression for a secret that is unknown at plan whenever computed("known", …) is. The other resource's state does not have it.
func onceKnown(secret string) string {
	return fmt.Sprintf("terraform_data.computed.output == \"known\" ? %q : null", secret)
}

// A source that is known only at apply may not exist: the old object is not deleted before it is known.
func TestUnknownSourceOfAReplacement(t *testing.T) {
	p := inDirectory(t)
	path, other := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob), writeFile(t, filepath.Join(t.TempDir(), "other.jar"), otherJob)
	config := func(source, trigger string, more ...string) string {
		return computed(source, trigger) + p.provider() + artifact("job", append(more, "source = terraform_data.computed.output")...)
	}
	r := newRoot(t, config(path, "1", `filename = "job.jar"`))
	r.apply(t)
	r.configure(t, config(other, "2", `filename = "renamed.jar"`))
	says(t, r.plan(t), "The source is not known yet")
	says(t, r.fails(t, "apply"), "The old object was kept")
	p.holds(t, jobPath, firstJob)
}

// What the state has is not read again for its pin, even if the file is gone.
func TestPinnedSourceThatIsGone(t *testing.T) {
	r, path := applied(t, inDirectory(t), fmt.Sprintf("content_sha256 = %q", sha(firstJob)))
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if output := r.plan(t); !strings.Contains(output, "No changes") || strings.Contains(output, "does not exist yet") {
		t.Error(output)
	}
}

// A base URI that comes from another resource is unknown at plan: nothing is replaced for that.
func TestUnknownBaseURI(t *testing.T) {
	p := inDirectory(t)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	config := func(trigger string) string {
		return computed(p.baseURI, trigger) + "provider \"flink\" {\n base_uri = terraform_data.computed.output\n}\n" + artifact("job", fromFile(path))
	}
	applies(t,
		step(config("1"), plansUnknown(job, "uri"), p.holding(t, jobPath, firstJob)),
		unchanged(config("1")),
		step(config("2"), plansNothing(job), p.holding(t, jobPath, firstJob)),
	)
}

// A credential that is set but not known yet must not be replaced by one from the environment: with another account's, everything would
// seem to be gone.
func TestUnknownCredentials(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	t.Setenv("AWS_ACCESS_KEY_ID", "another")
	t.Setenv("AWS_SECRET_ACCESS_KEY", secrettest.Mark+"-account")
	config := func(trigger string) string {
		return computed("known", trigger) + fmt.Sprintf(
			"provider \"flink\" {\n base_uri = %q\n s3 = {\n endpoint = %q\n access_key = %q\n secret_key = %s\n}\n}\n",
			p.baseURI, server.Endpoint, server.AccessKey, onceKnown(server.SecretKey)) + artifact("job", fromFile(path))
	}
	applies(t,
		step(config("1"), p.holding(t, jobPath, firstJob)),
		unchanged(config("1")),
		step(config("2"), plansNothing(job)),
	)
}

// An attribute of the artifact itself that is not known yet.
func TestUnknownAttributes(t *testing.T) {
	p := inDirectory(t)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	config := func(trigger string) string {
		return p.provider() + computed(path, trigger) + artifact("job", "source = terraform_data.computed.output", `filename = "job.jar"`)
	}
	applies(t,
		step(config("1"), plansUnknown(job, "content_sha256"), plansValue(job, "uri", exactly(p.baseURI+"/"+jobPath)), p.holding(t, jobPath, firstJob)),
		unchanged(config("1")),
		// Unknown again, and the same in the end: the object stays in its place.
		step(config("2"), updates(job), p.holding(t, jobPath, firstJob)),
		unchanged(config("2")),
	)
}

// The same on OSS. What is unknown of another store is in nobody's way.
func TestUnknownOSSCredentials(t *testing.T) {
	server := ossfake.Start(t, ossfake.Options{})
	p, _ := inOSSBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "another")
	t.Setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", secrettest.Mark+"-account")
	config := func(secret, token, trigger string) string {
		return computed("known", trigger) + fmt.Sprintf(
			"provider \"flink\" {\n base_uri = %q\n oss = {\n endpoint = %q\n region = %q\n access_key = %q\n secret_key = %s\n}\n s3 = { access_key = \"key\", secret_key = %s }\n}\n",
			p.baseURI, server.Endpoint, server.Region, server.AccessKey, secret, token) + artifact("job", fromFile(path))
	}
	own := func(trigger string) string {
		return config(onceKnown(server.SecretKey), fmt.Sprintf("%q", secrettest.Mark), trigger)
	}
	others := func(trigger string) string {
		return config(fmt.Sprintf("%q", server.SecretKey), onceKnown(secrettest.Mark), trigger)
	}
	asked := func(want bool) func() {
		return func() {
			t.Helper()
			if got := len(server.Requests()) > 0; got != want {
				t.Errorf("requests were sent: %t, want %t", got, want)
			}
		}
	}
	applies(t,
		step(own("1"), p.holding(t, jobPath, firstJob)),
		unchanged(own("1")),
		step(own("2"), prepare(server.ClearRequests), pending),
		step(others("3"), prepare(func() { asked(false)(); server.ClearRequests() }), plansNothing(job)),
		step(others("3"), prepare(asked(true)), planOnly),
	)
}
