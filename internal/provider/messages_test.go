package provider_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/faultproxy"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

// says checks that an output has all these texts, wherever its lines are broken.
func says(t *testing.T, output string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !words(text).MatchString(output) {
			t.Errorf("the output does not say %q:\n%s", text, output)
		}
	}
}

// Warnings, which nothing but a run of Terraform itself shows.
func TestWarnings(t *testing.T) {
	p := inDirectory(t)
	path := filepath.Join(t.TempDir(), "job.jar")
	r := newWorkingDirectory(t, p)

	r.configure(t, artifact("job", fromFile(path)))
	says(t, r.plan(t), "The source does not exist yet", path)

	// Adopted, and left at the end.
	writeFile(t, path, firstJob)
	p.plant(t, jobPath, []byte(firstJob))
	says(t, r.apply(t), "Existing object adopted", "a destroy will leave it")
	writeFile(t, path, otherJob)
	says(t, r.plan(t), "Object not owned by this resource", "overwrite = true")
	writeFile(t, path, firstJob)
	says(t, r.destroy(t), "The object was left in the store", p.baseURI+"/"+jobPath)
	p.holds(t, jobPath, firstJob)
	p.remove(t, jobPath)

	// Another address for the same place.
	r.apply(t)
	r.configure(t, artifact("renamed", fromFile(path)))
	says(t, r.plan(t), "One artifact is destroyed and another created at the same location", "moved block")
	r.configure(t, "moved {\n from = flink_artifact.job\n to = flink_artifact.renamed\n}\n"+artifact("renamed", fromFile(path)))
	if output := r.plan(t); strings.Contains(output, "Warning: One artifact") || !strings.Contains(output, "0 to add, 0 to change, 0 to destroy") {
		t.Errorf("with a moved block:\n%s", output)
	}

	// A pin that does not fit, while an object exists.
	r.configure(t, artifact("job", fromFile(path), fmt.Sprintf("content_sha256 = %q", sha(otherJob)))+"moved {\n from = flink_artifact.renamed\n to = flink_artifact.job\n}\n")
	says(t, r.plan(t), "The source does not match its pin", sha(firstJob), sha(otherJob))

	// A name that Flink reads otherwise.
	r.configure(t, artifact("job", fromFile(path), `filename = "my job.jar"`))
	says(t, r.plan(t), "Flink may not find this file", `file name "my job.jar"`)
	r.configure(t, strings.Replace(artifact("job", fromFile(path)), `"default"`, `"Dev Team"`, 1))
	says(t, r.plan(t), "Flink may not find this file", `namespace "Dev Team"`)
}

// A store that does not answer ends with the timeouts block, and says so.
func TestTimeout(t *testing.T) {
	t.Parallel()
	p, proxy := inBucketBehindProxy(t)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	proxy.Inject(faultproxy.Match{Method: "PUT"}, faultproxy.Stall, 1, 100)
	applies(t, step(p.provider()+artifact("job", fromFile(path), `timeouts = { create = "2s" }`), words("Timed out", "What to do:", "timeouts")))
	proxy.Clear()
	p.holds(t, jobPath, "")
}

// A secret is in no state, plan, output or log, whatever fails.
func TestSecretsStayOut(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	for name, block := range map[string]string{
		"in the environment": fmt.Sprintf("s3 = {\n endpoint = %q\n}\n", server.Endpoint),
		"in the block":       p.block,
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoot(t, fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n%s\n}\n", p.baseURI, block)+
				artifact("job", fromFile(path))+"resource \"flink_workspace_storage\" \"workspace\" {\n namespaces = [\"default\"]\n cors_rule = {}\n}\n")
			log := filepath.Join(r.directory, "trace.log")
			r.environment = append(r.environment, "TF_LOG=TRACE", "TF_LOG_PATH="+log, "AWS_REGION=us-east-1")
			if name == "in the environment" {
				r.environment = append(r.environment, "AWS_ACCESS_KEY_ID="+server.AccessKey, "AWS_SECRET_ACCESS_KEY="+server.SecretKey)
			}
			outputs := map[string]string{
				"plan":  r.plan(t, "-out=saved.plan"),
				"apply": r.apply(t, "saved.plan"),
				"show":  r.run(t, "show", "-json"),
			}
			if name == "in the environment" {
				// Terraform itself writes what stands in a configuration into a saved plan.
				outputs["show plan"] = r.run(t, "show", "-json", "saved.plan")
			}
			// Wrong, so that the failure is in the words of the store.
			refused := r.command(t.Context(), "apply", "-auto-approve", "-input=false", "-no-color")
			refused.Env = append(r.environment, "AWS_SECRET_ACCESS_KEY="+server.SecretKey+"wrong", "AWS_SESSION_TOKEN="+server.SecretKey)
			output, err := refused.CombinedOutput()
			if name == "in the environment" && err == nil {
				t.Error("a wrong secret was accepted")
			}
			outputs["refused apply"] = string(output)
			outputs["destroy"] = r.destroy(t)
			r.hides(t, outputs, server.SecretKey)
		})
	}
}

// hides looks for secrets in what a run has said and left: its outputs, the state, and the log at TRACE, which is trace.log.
func (r root) hides(t *testing.T, outputs map[string]string, secrets ...string) {
	t.Helper()
	for _, file := range []string{"terraform.tfstate", "terraform.tfstate.backup", "trace.log"} {
		text := readFile(t, filepath.Join(r.directory, file))
		outputs[file] = string(text)
	}
	if len(outputs["trace.log"]) < 10_000 {
		t.Errorf("the log at TRACE has %d bytes: this test looks at nothing", len(outputs["trace.log"]))
	}
	for where, text := range outputs {
		for _, secret := range secrets {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("a secret is in %s: …%s…", where, text[max(0, at-200):at])
			}
		}
	}
}
