package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

// workingDirectory runs configurations one after the other by the real binary, in one root module with one state.
type workingDirectory struct {
	root
	p place
}

func newWorkingDirectory(t *testing.T, p place) workingDirectory {
	t.Helper()
	return workingDirectory{newRoot(t, ""), p}
}

func (r workingDirectory) configure(t *testing.T, config string) {
	t.Helper()
	r.root.configure(t, r.p.provider()+config)
}

// applied is a working directory with an applied artifact of the first build, and the path of its source.
func applied(t *testing.T, p place, attributes ...string) (r workingDirectory, path string) {
	t.Helper()
	path = writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	r = newWorkingDirectory(t, p)
	r.configure(t, artifact("job", append(attributes, fromFile(path))...))
	r.apply(t)
	return r, path
}

// An object that is imported under a new address while its old block is removed would be deleted by the old one's destroy.
func TestImportedBesideItsOldAddress(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, path := applied(t, p)
		imported := fmt.Sprintf("import {\n to = flink_artifact.again\n id = %q\n}\n", p.baseURI+"/"+jobPath) + artifact("again", fromFile(path))

		r.configure(t, imported)
		says(t, r.fails(t, "apply"), "Two resources own the same object", "moved block", "destroy = false")
		p.holds(t, jobPath, firstJob)

		// Nor may the old one move away and take the object with it.
		r.configure(t, artifact("job", fromFile(path), `filename = "moved.jar"`)+imported)
		says(t, r.fails(t, "apply"), "Two resources own the same object")
		p.holds(t, jobPath, firstJob)

		// Beside the first, two of them are in one place: known at plan. Then one is forgotten, and the other is as it should be.
		r.configure(t, artifact("job", fromFile(path))+imported)
		says(t, r.plan(t), "Two artifacts at the same location")
		r.configure(t, imported)
		r.run(t, "state", "rm", "flink_artifact.job")
		r.apply(t)
		r.unchanged(t)
		p.holds(t, jobPath, firstJob)

		// New bytes carry a token of its own, and a destroy takes the object away.
		writeFile(t, path, otherJob)
		r.apply(t)
		p.holds(t, jobPath, otherJob)
		r.destroy(t)
		p.holds(t, jobPath, "")
	})
}

// One that is retained may move away: it takes nothing with it.
func TestImportedBesideOneThatIsRetained(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, path := applied(t, p, "retain_on_destroy = true")
		r.configure(t, artifact("job", fromFile(path), `filename = "moved.jar"`, "retain_on_destroy = true")+
			fmt.Sprintf("import {\n to = flink_artifact.again\n id = %q\n}\n", p.baseURI+"/"+jobPath)+artifact("again", fromFile(path)))
		r.apply(t)
		p.holds(t, jobPath, firstJob)
		p.holds(t, "artifacts/namespaces/default/moved.jar", firstJob)
	})
}

// That an apply will refuse to replace an object is said at plan, and only then.
func TestPlanWarnsOfAnObjectThatIsNotOurs(t *testing.T) {
	for _, planted := range []bool{true, false} {
		p := inDirectory(t)
		if planted {
			p.plant(t, jobPath, []byte(firstJob))
		}
		r, path := applied(t, p)
		writeFile(t, path, otherJob)
		if output := r.plan(t); strings.Contains(output, "Object not owned by this resource") != planted {
			t.Errorf("planted %t:\n%s", planted, output)
		}
	}
}

// Written again by hand with the same bytes, an object has lost its token. A replacement adopts it, and must not delete it then.
func TestReplacementOfWhatWasWrittenByHand(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, _ := applied(t, p, "lifecycle { create_before_destroy = true }")
		p.plant(t, jobPath, []byte(firstJob))
		if output := r.apply(t, "-replace=flink_artifact.job"); strings.Contains(output, "destroyed and another created") {
			t.Errorf("the replacement passes for a move:\n%s", output)
		}
		p.holds(t, jobPath, firstJob)
		r.unchanged(t)
	})
}

// Terraform gives no private state to the delete of a tainted resource.
func TestTaintedIsReplaced(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, path := applied(t, p)
		r.run(t, "taint", "flink_artifact.job")
		writeFile(t, path, otherJob)
		r.apply(t)
		p.holds(t, jobPath, otherJob)
		r.unchanged(t)
		r.run(t, "taint", "flink_artifact.job")
		r.configure(t, artifact("job", fromFile(path), `filename = "renamed.jar"`))
		r.apply(t)
		p.holds(t, jobPath, "")
		p.holds(t, "artifacts/namespaces/default/renamed.jar", otherJob)
		r.unchanged(t)
	})
}

// A build step of the same run makes the bytes of the pin, where other bytes lie while it is planned.
func TestPinnedBytesMadeDuringTheRun(t *testing.T) {
	p := inDirectory(t)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), "old")
	config := func(pin, trigger string) string {
		return p.provider() + fmt.Sprintf("resource \"terraform_data\" \"build\" {\n triggers_replace = %q\n provisioner \"local-exec\" { command = \"printf '%%s' '%s' > '%s'\" }\n}\n", trigger, pin, path) +
			artifact("job", fromFile(path), fmt.Sprintf("content_sha256 = %q", sha(pin)), "depends_on = [terraform_data.build]")
	}
	writeFile(t, path, firstJob)
	applies(t,
		step(config(firstJob, "1")),
		step(config("longer than the first one", "2"), p.holding(t, jobPath, "longer than the first one")),
	)
}

// A removed content type becomes that of the extension again, and metadata that others added survives new bytes.
func TestContentTypeRemovedAndForeignMetadata(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	bucket, key := locate(p)
	head := func() *s3.HeadObjectOutput {
		t.Helper()
		info, err := server.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	config := p.provider() + artifact("job", fromFile(path))
	applies(t,
		step(p.provider()+artifact("job", fromFile(path), `content_type = "application/x-job"`)),
		step(config, then(func() {
			if got := *head().ContentType; got != "application/java-archive" {
				t.Errorf("content type %q", got)
			}
		})),
		unchanged(config),
		step(config, prepare(func() {
			rewrite(t, server, p, []byte(firstJob), map[string]string{"who": "me"})
			writeFile(t, path, otherJob)
		}), then(func() {
			if got := head().Metadata["who"]; got != "me" {
				t.Errorf("metadata of others: %v", head().Metadata)
			}
			p.holds(t, jobPath, otherJob)
		})),
	)
}

// Other bytes that were written with the old object's metadata, our hash among them, are drift all the same.
func TestDriftThatKeepsTheMetadata(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	config := p.provider() + artifact("job", fromFile(path))
	for _, other := range []string{otherJob, "longer than both of them"} {
		applies(t,
			step(config),
			step(config, prepare(func() { rewrite(t, server, p, []byte(other), nil) }), updates(job), p.holding(t, jobPath, firstJob)),
		)
	}
}

// locate is the artifact's bucket and key.
func locate(p place) (bucket, key string) {
	bucket, prefix, _ := strings.Cut(strings.TrimPrefix(p.baseURI, "s3://"), "/")
	return bucket, prefix + "/" + jobPath
}

// rewrite puts bytes in the artifact's place with the metadata that it had, and more.
func rewrite(t *testing.T, server *versitygw.Server, p place, data []byte, more map[string]string) {
	t.Helper()
	bucket, key := locate(p)
	info, err := server.Client().HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range more {
		info.Metadata[name] = value
	}
	_, err = server.Client().PutObject(t.Context(), &s3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(string(data)), Metadata: info.Metadata})
	if err != nil {
		t.Fatal(err)
	}
}

// Two states on one object: the second says that it takes over, the first that it has lost it.
func TestTwoStatesOnOneObject(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		one, path := applied(t, p)
		two := newWorkingDirectory(t, p)
		two.configure(t, artifact("job", fromFile(path)))
		says(t, two.apply(t), "Existing object taken over", "another state")
		says(t, one.run(t, "plan", "-input=false", "-no-color"), "The object now belongs to another resource")
		says(t, one.run(t, "destroy", "-auto-approve", "-input=false", "-no-color"), "The object was left in the store")
		p.holds(t, jobPath, firstJob)
	})
}

// A certificate file that is missing is no object that is missing: nothing leaves the state for that.
func TestMissingCABundle(t *testing.T) {
	p := inBucket(t, versitygw.Start(t, versitygw.Options{}))
	r, path := applied(t, p)
	broken := r
	broken.p.block += "custom_ca_bundle = \"no-such-file.pem\"\n"
	broken.configure(t, artifact("job", fromFile(path)))
	for _, refresh := range []string{"-refresh=true", "-refresh=false"} {
		says(t, broken.fails(t, "destroy", refresh), "custom_ca_bundle", "no-such-file.pem")
	}
	r.configure(t, artifact("job", fromFile(path)))
	r.unchanged(t)
	p.holds(t, jobPath, firstJob)
}

// A directory that is not mounted is no file that was deleted: the destroy says so.
func TestDestroyWithoutTheBaseDirectory(t *testing.T) {
	p := inDirectory(t)
	r, _ := applied(t, p)
	directory := strings.TrimPrefix(p.baseURI, "file://")
	if err := os.Rename(directory, directory+".away"); err != nil {
		t.Fatal(err)
	}
	says(t, r.destroy(t, "-refresh=false"), "The bucket no longer exists")
}

// What was imported from another state carries a token of its own from the first new bytes on: the other state can delete it no more.
func TestImportedFromAnotherState(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		one, path := applied(t, p)
		two := newWorkingDirectory(t, p)
		two.configure(t, fmt.Sprintf("import {\n to = flink_artifact.job\n id = %q\n}\n", p.baseURI+"/"+jobPath)+artifact("job", fromFile(path)))
		two.apply(t)
		writeFile(t, path, otherJob)
		two.apply(t)
		says(t, one.run(t, "destroy", "-auto-approve", "-refresh=false", "-input=false", "-no-color"), "The object was left in the store")
		p.holds(t, jobPath, otherJob)
		two.run(t, "destroy", "-auto-approve", "-input=false", "-no-color")
		p.holds(t, jobPath, "")
	})
}

// Other bytes with our metadata are not taken over for ours.
func TestCreateReadsWhatIsThere(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	r, _ := applied(t, p)
	rewrite(t, server, p, []byte(otherJob), nil)
	r.run(t, "state", "rm", "flink_artifact.job")
	says(t, r.fails(t, "apply"), "Object already exists", "different content")
	p.holds(t, jobPath, otherJob)
}

// A delete of a tainted resource that was refused costs it nothing.
func TestTaintedAndRefused(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, path := applied(t, p)
		r.run(t, "taint", "flink_artifact.job")
		remove(t, path)
		says(t, r.fails(t, "apply"), "The old object was kept")
		p.holds(t, jobPath, firstJob)
		r.run(t, "untaint", "flink_artifact.job")
		writeFile(t, path, otherJob)
		r.apply(t)
		p.holds(t, jobPath, otherJob)
		r.destroy(t)
		p.holds(t, jobPath, "")
	})
}

// A tainted resource has no private state when it is deleted, and must not delete what another state has taken over.
func TestTaintedAndTakenOver(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		one, path := applied(t, p)
		two := newWorkingDirectory(t, p)
		two.configure(t, artifact("job", fromFile(path)))
		two.apply(t)
		one.run(t, "taint", "flink_artifact.job")
		one.configure(t, artifact("job", fromFile(path), `filename = "renamed.jar"`))
		says(t, one.apply(t), "The object was left in the store")
		p.holds(t, jobPath, firstJob)
		two.unchanged(t)
	})
}
