package provider_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// From one place of a store to another of the same: what the store copies, and what comes when the source changes.
func TestSourceURLInTheSameStore(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		const staged = "staging/job-1.2.jar"
		p.plant(t, staged, []byte(firstJob))
		config := func(more ...string) string {
			return p.provider() + artifact("job", append(more, fromURL(p.baseURI+"/"+staged), `filename = "job.jar"`, `metadata = { team = "payments" }`)...)
		}
		applies(t,
			step(config(), holdsHash(firstJob), p.holding(t, jobPath, firstJob)),
			unchanged(config()),
			step(config(), prepare(func() { p.plant(t, staged, []byte(otherJob)) }), updates(job), holdsHash(otherJob), p.holding(t, jobPath, otherJob)),
			unchanged(config()),
			step(config(pin(otherJob)), noChanges),
			step(config(pin(firstJob)), words(sha(otherJob), sha(firstJob))),
			step(config(pin(firstJob)), prepare(func() { p.holds(t, jobPath, otherJob); p.remove(t, staged) }), words("The source is missing")),
		)
		p.holds(t, jobPath, "")
	})
}

// The bytes are read once, for their hash, and never sent.
func TestSourceURLCopiedByTheServer(t *testing.T) {
	t.Run("s3", func(t *testing.T) {
		server := versitygw.Start(t, versitygw.Options{})
		proxy := faultproxy.Start(t, server.Endpoint, "")
		through := *server
		through.Endpoint = proxy.URL
		from, to := inBucket(t, &through), inBucket(t, &through)
		from.plant(t, "job.jar", []byte(firstJob))
		proxy.Clear()
		applies(t, step(to.provider()+artifact("job", fromURL(from.baseURI+"/job.jar"), pin(firstJob)), then(func() {
			var methods []string
			for _, request := range proxy.Requests() {
				methods = append(methods, request.Method)
				if request.Method == http.MethodPut && request.Bytes > 0 {
					t.Errorf("%s sent %d bytes", request.Path, request.Bytes)
				}
			}
			// The second GET lists what killed processes left open of this key.
			if sent := strings.Join(methods, " "); !strings.Contains(sent, "GET GET POST PUT POST") || strings.Count(sent, "GET") != 2 {
				t.Errorf("requests: %s", sent)
			}
			to.holds(t, jobPath, firstJob)
		})))
		from.holds(t, "job.jar", firstJob)
	})
	t.Run("oss", func(t *testing.T) {
		server := ossfake.Start(t, ossfake.Options{})
		from, _ := inOSSBucket(t, server)
		to, _ := inOSSBucket(t, server)
		from.plant(t, "job.jar", []byte(firstJob))
		server.ClearRequests()
		applies(t, step(to.provider()+artifact("job", fromURL(from.baseURI+"/job.jar"), pin(firstJob)), then(func() {
			if sent := operations(server); !slices.Contains(sent, "UploadPartCopy") || slices.Contains(sent, "PutObject") || slices.Contains(sent, "UploadPart") {
				t.Errorf("requests: %q", sent)
			}
			to.holds(t, jobPath, firstJob)
		})))
		from.holds(t, "job.jar", firstJob)
	})
}

// From one store to another the bytes go through the provider.
func TestSourceURLBetweenStores(t *testing.T) {
	gateway, fake := versitygw.Start(t, versitygw.Options{}), ossfake.Start(t, ossfake.Options{})
	onS3 := inBucket(t, gateway)
	onOSS, _ := inOSSBucket(t, fake)
	inFiles := inDirectory(t)
	block := onS3.block + onOSS.block
	places := []place{onS3, onOSS, inFiles}
	for _, from := range places {
		for _, to := range places {
			if from.name == to.name {
				continue
			}
			t.Run(from.name+" to "+to.name, func(t *testing.T) {
				from.plant(t, "released/job.jar", []byte(firstJob))
				to.block = block
				config := to.provider() + artifact("job", fromURL(from.baseURI+"/released/job.jar"))
				applies(t,
					step(config, holdsHash(firstJob), to.holding(t, jobPath, firstJob)),
					unchanged(config),
				)
				to.holds(t, jobPath, "")
				from.holds(t, "released/job.jar", firstJob)
			})
		}
	}
}

// One artifact made from another: promoted by its own uri and hash, in one run.
func TestSourceURLOfAnotherArtifact(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		config := func(text string) string {
			return p.provider() + artifact("tested", fmt.Sprintf("content = %q", text), `filename = "job.jar"`) +
				"resource \"flink_artifact\" \"job\" {\n namespace = \"production\"\n source_url = flink_artifact.tested.uri\n content_sha256 = flink_artifact.tested.content_sha256\n}\n"
		}
		promoted := strings.Replace(jobPath, "default", "production", 1)
		applies(t,
			step(config(firstJob), p.holding(t, promoted, firstJob)),
			unchanged(config(firstJob)),
			step(config(otherJob), p.holding(t, promoted, otherJob)),
			unchanged(config(otherJob)),
		)
		p.holds(t, promoted, "")
	})
}
