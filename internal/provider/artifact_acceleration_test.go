package provider_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
)

const dependsOnAcceleration = "depends_on = [" + acceleration + "]"

// upload are the requests of one upload, in the store's own words: those with the bytes are accelerated or not.
func (p acceleratedPlace) upload(parts int, accelerated bool) []string {
	put, list, begin, part, complete := "PUT", "GET ?uploads", "POST ?uploads", "PUT ?uploadId ?partNumber", "POST ?uploadId"
	if p.name == "oss" {
		put, list, begin, part, complete = "PutObject", "ListMultipartUploads", "InitiateMultipartUpload", "UploadPart", "CompleteMultipartUpload"
	}
	if accelerated {
		put, part = "fast "+put, "fast "+part
	}
	if parts == 0 {
		return []string{put}
	}
	return slices.Concat([]string{list, begin}, slices.Repeat([]string{part}, parts), []string{complete})
}

// wrote compares the requests since the last time that change anything. How often an object is looked at before, artifacts' own tests count.
func (p acceleratedPlace) wrote(t *testing.T, want ...string) resource.TestCheckFunc {
	t.Helper()
	return then(func() {
		t.Helper()
		got := slices.DeleteFunc(p.requests(), func(request string) bool { return strings.Contains(strings.ToUpper(request), "HEAD") })
		if !slices.Equal(got, want) {
			t.Errorf("requests: %q, want %q", got, want)
		}
	})
}

// The bytes go to the accelerated endpoint, and nothing else does.
func TestAcceleratedArtifact(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		large := strings.Repeat("0123456789abcdef", 9<<20>>4)
		with := func(attributes ...string) string {
			return p.provider() + accelerates("bucket") + artifact("job", append(attributes, fromFile(path), dependsOnAcceleration)...)
		}
		fast, slow := with("accelerate = true"), with()
		applies(t,
			step(fast, has("accelerate", knownvalue.Bool(true)), p.wrote(t, slices.Concat([]string{"read", "switch"}, p.upload(0, true))...)),
			unchanged(fast),
			// Other bytes, in parts. The first request is the refresh of the acceleration.
			step(fast, prepare(func() { p.forget(); writeFile(t, path, large) }), p.wrote(t, slices.Concat([]string{"read"}, p.upload(2, true))...)),
			// A change of it alone is an update that sends nothing.
			step(slow, prepare(p.forget), updates(job), p.wrote(t, "read")),
			step(slow, prepare(func() { p.forget(); writeFile(t, path, otherJob) }), p.wrote(t, slices.Concat([]string{"read"}, p.upload(0, false))...)),
			step(fast, prepare(p.forget), updates(job), p.wrote(t, "read")),
			imports(job, p.baseURI+"/"+jobPath, "uri", "source", "accelerate"),
		)
		p.holds(t, jobPath, "")
	})
}

// Where the acceleration is off, nothing is published and nothing stays behind; once it is on, the same configuration applies.
func TestAcceleratedArtifactWhereItIsOff(t *testing.T) {
	inEveryAcceleratedPlace(t, func(t *testing.T, p acceleratedPlace) {
		for name, text := range map[string]string{"small": firstJob, "in parts": strings.Repeat("0123456789abcdef", 9<<20>>4)} {
			t.Run(name, func(t *testing.T) {
				p.set(t, off)
				path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), text)
				refused := words("Transfer acceleration is not enabled", "accelerate = true", "Publishing "+p.baseURI+"/"+jobPath+" failed.", "Nothing was published",
					"flink_transfer_acceleration", "wait = true", "depends_on")
				applies(t,
					step(p.provider()+artifact("job", fromFile(path), "accelerate = true"), refused),
					step(
						p.provider()+accelerates("bucket")+artifact("job", fromFile(path), "accelerate = true", dependsOnAcceleration),
						prepare(func() { p.holds(t, jobPath, "") }), p.holding(t, jobPath, text),
					),
					// Switched off behind its back: other bytes are refused, and the old ones stay.
					step(p.provider()+artifact("job", fromFile(path), "accelerate = true"), prepare(func() { p.set(t, off); writeFile(t, path, otherJob) }), refused),
				)
			})
		}
	})
}

// What the configuration alone proves wrong is refused at plan, on the attribute.
func TestAcceleratedArtifactRefused(t *testing.T) {
	p := inDirectory(t)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	in := func(baseURI string, attributes ...string) string {
		return p.provider() + artifact("job", append(attributes, fromFile(path), fmt.Sprintf("base_uri = %q", baseURI))...)
	}
	applies(t,
		step(
			in(p.baseURI, "accelerate = true"), planOnly, words("Transfer acceleration not available", "accelerate = true", "Supported: oss, s3.", "Remove accelerate"),
		),
		step(
			in("s3://acme.flink", "accelerate = true"), planOnly, words("Transfer acceleration not available", "accelerate = true", "buckets with a dot in the name"),
		),
		step(in("s3://acme.flink", "accelerate = false"), pending),
		step(in(p.baseURI, "accelerate = false"), p.holding(t, jobPath, firstJob)),
		unchanged(in(p.baseURI)),
	)
}

// A store of another make without a known accelerated endpoint: refused before anything is sent.
func TestAcceleratedArtifactInAnotherStore(t *testing.T) {
	p := onAcceleratedS3(t)
	p.block = strings.Replace(p.block, "accelerate_endpoint", "# accelerate_endpoint", 1)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	applies(t, step(
		p.provider()+artifact("job", fromFile(path), "accelerate = true"),
		words("Operation not supported by this store", "accelerate = true", "no accelerated endpoint is known for this store", "Set accelerate_endpoint"),
	))
	p.sent(t, "HEAD")
	p.holds(t, jobPath, "")
}

// Whether it is accelerated may be known only after another resource.
func TestAcceleratedArtifactUnknown(t *testing.T) {
	p := onAcceleratedS3(t)
	p.set(t, on)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	config := p.provider() + computed("true", "1") + artifact("job", fromFile(path), "accelerate = tobool(terraform_data.computed.output)")
	applies(t,
		step(config, plansUnknown(job, "accelerate"), then(func() { p.sent(t, "HEAD", "fast PUT") })),
		unchanged(config),
	)
}
