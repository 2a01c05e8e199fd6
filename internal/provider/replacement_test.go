package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// A replacement whose source cannot be seen must not begin with the old file's destroy.
func TestReplacementWithoutASource(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
		old := "artifacts/namespaces/default/job-" + sha(firstJob)[:12] + ".jar"
		for name, changed := range map[string][]string{
			"missing":   {"content_addressed = true"},
			"wrong pin": {`filename = "renamed.jar"`, fmt.Sprintf("content_sha256 = %q", sha(otherJob))},
		} {
			t.Run(name, func(t *testing.T) {
				r := newWorkingDirectory(t, p)
				writeFile(t, path, firstJob)
				r.configure(t, artifact("job", fromFile(path), "content_addressed = true"))
				r.apply(t)
				if name == "missing" {
					remove(t, path)
				}
				r.configure(t, artifact("job", append(changed, fromFile(path))...))
				says(t, r.fails(t, "apply"), "The old object was kept", "create_before_destroy = true")
				p.holds(t, old, firstJob)
				// It can still be destroyed, and with a source it is replaced.
				writeFile(t, path, otherJob)
				r.configure(t, artifact("job", fromFile(path), "content_addressed = true"))
				r.apply(t)
				p.holds(t, old, "")
				remove(t, path)
				r.fails(t, "apply", "-replace=flink_artifact.job")
				r.destroy(t)
				p.holds(t, "artifacts/namespaces/default/job-"+sha(otherJob)[:12]+".jar", "")
			})
		}
	})
}

// What lay there as it was planned is another file, or none, as it is applied: a replacement that deletes first deletes nothing.
func TestReplacementWhoseSourceChangesAfterThePlan(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, path := applied(t, p, "content_addressed = true")
		old := "artifacts/namespaces/default/job-" + sha(firstJob)[:12] + ".jar"
		for name, change := range map[string]func(){
			"built anew": func() { writeFile(t, path, "a third build") },
			"removed":    func() { remove(t, path) },
		} {
			writeFile(t, path, otherJob)
			for _, how := range [][]string{nil, {"-replace=flink_artifact.job"}} {
				r.plan(t, append(how, "-out=saved")...)
				change()
				says(t, r.fails(t, "apply", "saved"), "The old object was kept", path)
				p.holds(t, old, firstJob)
				writeFile(t, path, otherJob)
			}
			t.Log(name)
		}
		r.run(t, "taint", "flink_artifact.job")
		r.plan(t, "-out=saved")
		remove(t, path)
		says(t, r.fails(t, "apply", "saved"), "The old object was kept", path)
		p.holds(t, old, firstJob)
		writeFile(t, path, otherJob)
		r.run(t, "untaint", "flink_artifact.job")
		r.apply(t) // as it was planned after all
		p.holds(t, old, "")
		p.holds(t, "artifacts/namespaces/default/job-"+sha(otherJob)[:12]+".jar", otherJob)
		r.unchanged(t)
		state := readState(t, readFile(t, filepath.Join(r.directory, "terraform.tfstate")))
		if kept := state[0].private; len(kept["ownership"]) == 0 || strings.Contains(string(kept["replacement"]), path) {
			t.Errorf("what was for the delete is kept: %q", kept)
		}
	})
}

// An artifact that is made from its own object, as one that is renamed where nobody has the original any more.
func TestReplacementByItself(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		r, _ := applied(t, p)
		const renamed = "artifacts/namespaces/default/renamed.jar"
		own := fmt.Sprintf("source_url = %q", p.baseURI+"/"+jobPath)
		pin := fmt.Sprintf("content_sha256 = %q", sha(firstJob))
		for _, pinned := range [][]string{{pin}, nil} {
			r.configure(t, artifact("job", append(pinned, own, `filename = "renamed.jar"`)...))
			says(t, r.fails(t, "apply"), "Source is the object being replaced", "The old object was kept")
			p.holds(t, jobPath, firstJob)
			p.holds(t, renamed, "")
		}
		r.configure(t, artifact("job", pin, own, `filename = "renamed.jar"`, "lifecycle {\n create_before_destroy = true\n }"))
		r.apply(t)
		p.holds(t, jobPath, "")
		p.holds(t, renamed, firstJob)
	})
}

// The same by its path in a directory.
func TestReplacementByItsOwnFile(t *testing.T) {
	p := inDirectory(t)
	r, _ := applied(t, p)
	own := filepath.Join(strings.TrimPrefix(p.baseURI, "file://"), filepath.FromSlash(jobPath))
	r.configure(t, artifact("job", fromFile(own), `filename = "renamed.jar"`))
	says(t, r.fails(t, "apply"), "Source is the object being replaced", "The old object was kept")
	p.holds(t, jobPath, firstJob)
	r.configure(t, artifact("job", fromFile(own)))
	r.fails(t, "apply", "-replace=flink_artifact.job")
	p.holds(t, jobPath, firstJob)
}

// What is unknown at plan without being in doubt replaces as ever; what is unknown and missing does not.
func TestReplacementWithUnknowns(t *testing.T) {
	p := inDirectory(t)
	r := newWorkingDirectory(t, p)
	addressed := func(text string) string { return "artifacts/namespaces/default/job-" + sha(text)[:12] + ".py" }
	for _, text := range []string{"one", "two"} {
		r.configure(t, computed(text, text)+artifact("job", `filename = "job.py"`, "content = terraform_data.computed.output", "content_addressed = true"))
		r.apply(t)
		p.holds(t, addressed(text), text)
	}
	p.holds(t, addressed("one"), "")

	missing := filepath.Join(t.TempDir(), "job.py")
	r.configure(t, computed(sha("three"), "three")+artifact("job", fromFile(missing), "content_sha256 = terraform_data.computed.output", "content_addressed = true"))
	says(t, r.fails(t, "apply"), "The old object was kept")
	p.holds(t, addressed("two"), "two")
	r.destroy(t)
	p.holds(t, addressed("two"), "")
}
