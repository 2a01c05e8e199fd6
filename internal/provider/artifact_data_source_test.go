package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
)

const oneFile = "data.flink_artifact.one"

// looksAt is the block of a data source on one file.
func looksAt(attributes ...string) string {
	return "data \"flink_artifact\" \"one\" {\n " + strings.Join(attributes, "\n ") + "\n}\n"
}

// looksAtArtifact is the same of a file in the namespace default.
func looksAtArtifact(filename string, attributes ...string) string {
	return looksAt(append([]string{`namespace = "default"`, fmt.Sprintf("filename = %q", filename)}, attributes...)...)
}

// finds checks attributes of that block.
func finds(attributes map[string]knownvalue.Check) []statecheck.StateCheck {
	var checks []statecheck.StateCheck
	for name, check := range attributes {
		checks = append(checks, statecheck.ExpectKnownValue(oneFile, tfjsonpath.New(name), check))
	}
	return checks
}

var (
	anyText = knownvalue.StringRegexp(regexp.MustCompile(`.`))
	aTime   = knownvalue.StringRegexp(regexp.MustCompile(`^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ$`))
)

// A JAR from another client: nothing is stored beside it.
func TestArtifactDataSource(t *testing.T) {
	data := javaJAR(t, 11)
	inEveryPlace(t, func(t *testing.T, p place) {
		p.plant(t, jobPath, data)
		p.plant(t, "artifacts/namespaces/default/LIB.JAR", data)
		p.plant(t, "artifacts/namespaces/default/job.py", []byte(firstJob))
		config := p.provider() + looksAtArtifact("job.jar")
		applies(t,
			step(config, finds(map[string]knownvalue.Check{
				"base_uri": exactly(p.baseURI), "namespace": exactly("default"), "filename": exactly("job.jar"),
				"source": knownvalue.Null(), "source_url": knownvalue.Null(), "include_sha256": knownvalue.Null(),
				"uri": exactly(p.baseURI + "/" + jobPath), "size": knownvalue.Int64Exact(int64(len(data))),
				"etag": knownvalue.StringRegexp(regexp.MustCompile(`^[^"]+$`)), "version_id": knownvalue.Null(), "last_modified": aTime,
				"metadata": mapOf(nil), "content_sha256": knownvalue.Null(), "jar": jobOfJava(11),
			})),
			unchanged(config),
			step(
				p.provider()+looksAtArtifact("LIB.JAR", "include_sha256 = true"),
				finds(map[string]knownvalue.Check{"jar": jobOfJava(11), "content_sha256": exactly(sha(string(data)))}),
			),
			step(
				p.provider()+looksAtArtifact("job.py", "include_sha256 = false"),
				finds(map[string]knownvalue.Check{"jar": knownvalue.Null(), "content_sha256": knownvalue.Null()}),
			),
			// The same place by its URL.
			step(p.provider()+looksAt(fmt.Sprintf("source_url = %q", p.baseURI+"/"+jobPath), "include_sha256 = true"), finds(map[string]knownvalue.Check{
				"uri": knownvalue.Null(), "base_uri": knownvalue.Null(), "size": knownvalue.Int64Exact(int64(len(data))), "last_modified": aTime,
				"jar": jobOfJava(11), "content_sha256": exactly(sha(string(data))),
			})),
		)
	})
}

// What this provider wrote has its hash beside it, which is reported without reading; our own entries are no metadata.
func TestArtifactDataSourceOfOurOwn(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		stored := exactly(sha("x"))
		if p.name == "file" {
			stored = knownvalue.Null() // a directory keeps no hash
		}
		written := artifact("job", `content = "x"`, `filename = "job.txt"`, `content_type = "text/x-job"`, `metadata = { team = "search" }`)
		config := p.provider() + written + looksAtArtifact("job.txt", "depends_on = [flink_artifact.job]")
		applies(t,
			step(config, finds(map[string]knownvalue.Check{
				"content_sha256": stored, "content_type": exactly("text/x-job"), "metadata": mapOf(map[string]string{"team": "search"}),
				"size": knownvalue.Int64Exact(1), "etag": anyText, "jar": knownvalue.Null(),
			})),
			unchanged(config),
			step(p.provider()+written+looksAtArtifact("job.txt", "include_sha256 = true"), finds(map[string]knownvalue.Check{"content_sha256": exactly(sha("x"))})),
		)
	})
}

func TestArtifactDataSourceVersion(t *testing.T) {
	p := inBucket(t, versitygw.Start(t, versitygw.Options{Versioning: true}))
	p.plant(t, jobPath, javaJAR(t, 8))
	applies(t, step(p.provider()+looksAtArtifact("job.jar"), finds(map[string]knownvalue.Check{"version_id": anyText})))
}

func TestArtifactDataSourceOfLocalFile(t *testing.T) {
	data := javaJAR(t, 17)
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), string(data))
	link := filepath.Join(t.TempDir(), "link.Jar")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	expected := map[string]knownvalue.Check{
		"uri": knownvalue.Null(), "base_uri": knownvalue.Null(), "size": knownvalue.Int64Exact(int64(len(data))),
		"etag": knownvalue.Null(), "version_id": knownvalue.Null(), "last_modified": aTime, "content_type": knownvalue.Null(),
		"metadata": knownvalue.Null(), "content_sha256": knownvalue.Null(), "jar": jobOfJava(17),
	}
	hashed := map[string]knownvalue.Check{"content_sha256": exactly(sha(string(data))), "jar": jobOfJava(17)}
	for _, source := range []string{fmt.Sprintf("source = %q", path), fmt.Sprintf("source = %q", link), fmt.Sprintf("source_url = %q", "file://"+path)} {
		// No base URI is needed.
		applies(t,
			step(looksAt(source), finds(expected)),
			step(looksAt(source, "include_sha256 = true"), finds(hashed)),
		)
	}
}

func TestArtifactDataSourceBadInput(t *testing.T) {
	p := inDirectory(t)
	root := t.TempDir()
	const named = "namespace = \"default\"\n filename = \"job.jar\"\n"
	const local = "source = \"job.jar\"\n"
	const remote = "source_url = \"https://repo.example.com/job.jar\"\n"
	areRefused(t, map[string]refusal{
		"nothing":               {looksAt(), []string{"Conflicting file arguments", "No file is specified", "exactly one of filename", "source_url"}},
		"a namespace alone":     {looksAt(`namespace = "default"`), []string{"Conflicting file arguments", "Set filename as well", "flink_artifacts"}},
		"a file name alone":     {looksAt(`filename = "job.jar"`), []string{"Conflicting file arguments", "filename requires namespace", "set source instead"}},
		"all three":             {looksAt(named, local, remote), []string{"Conflicting file arguments", "set together: filename, source, source_url", "exactly one"}},
		"two":                   {looksAt(local, remote), []string{"Conflicting file arguments", "set together: source, source_url"}},
		"a namespace too many":  {looksAt(local, `namespace = "default"`), []string{"Conflicting file arguments", "Remove namespace, or set filename instead of source"}},
		"a base URI too many":   {looksAt(remote, `base_uri = "s3://bucket"`), []string{"Conflicting file arguments", "Remove base_uri"}},
		"a path for a name":     {looksAt(`namespace = "default"`, `filename = "a/job.jar"`), []string{"Invalid file name", "slash"}},
		"namespace":             {looksAt(`namespace = "namespaces/default"`, `filename = "job.jar"`), []string{"Invalid namespace", `Write "default"`}},
		"base URI":              {looksAt(named, `base_uri = "ftp://x"`), []string{"Invalid base URI", `"ftp://" is unknown`}},
		"no base URI":           {looksAt(named), []string{"No base URI", "FLINK_BASE_URI"}},
		"plain http":            {looksAt(`source_url = "HTTP://repo.example.com/job.jar"`), []string{"Invalid source URL", "plain http", "use https"}},
		"a password in the URL": {looksAt(`source_url = "https://me:hushQ7vK2mXz9WtR4b@repo.example.com/job.jar"`), []string{"Invalid source URL"}},
		"no URL":                {looksAt(`source_url = "target/job.jar"`), []string{"Invalid source URL", "A local path belongs in source"}},
		"a URL for a path":      {looksAt(`source = "https://repo.example.com/job.jar"`), []string{"Invalid source", "is a URL"}},
		"missing artifact":      {p.provider() + looksAt(named), []string{"No such file", "filename = \"job.jar\"", p.baseURI + "/" + jobPath, "no such object", "content-addressed", "flink_artifacts"}},
		"missing file":          {looksAt(fmt.Sprintf("source = %q", root+"/job.jar")), []string{"source is missing", root + "/job.jar", "relative path"}},
		"missing file by a URL": {looksAt(fmt.Sprintf("source_url = %q", "file://"+root+"/job.jar")), []string{"The source is missing", "source_url = ", "file://" + root + "/job.jar", "What to do"}},
		"a directory":           {looksAt(fmt.Sprintf("source = %q", root)), []string{"The source is not a regular file", "is a directory"}},
		"a missing directory":   {looksAt(named, fmt.Sprintf("base_uri = %q", "file://"+root+"/none")), []string{"No such bucket", root + "/none", "What to do"}},
		"unknown base URI": {
			computed("file://"+root, "1") + "provider \"flink\" {\n base_uri = terraform_data.computed.output\n}\n" + looksAt(named),
			[]string{"The base URI must be known during plan", "Set base_uri in this data block"},
		},
		"unknown settings": {
			computed("known", "1") + "provider \"flink\" {\n base_uri = \"s3://bucket\"\n s3 = {\n access_key = \"x\"\n secret_key = " + onceKnown(secrettest.Mark) + "\n}\n}\n" + looksAt(named),
			[]string{"settings are not known yet", "s3", "depends_on"},
		},
		"unknown settings of a store's URL": {
			computed("known", "1") + "provider \"flink\" {\n s3 = {\n access_key = \"x\"\n secret_key = " + onceKnown(secrettest.Mark) + "\n}\n}\n" + looksAt(`source_url = "s3://bucket/job.jar"`),
			[]string{"settings are not known yet", "s3", "s3://bucket/job.jar", "depends_on"},
		},
		"unknown settings of a URL": {
			computed("known", "1") + "provider \"flink\" {\n http = { ca_bundle = terraform_data.computed.output }\n}\n" + looksAt(remote),
			[]string{"settings are not known yet", "http", "https://repo.example.com/job.jar", "depends_on"},
		},
	})
}

// A module may hand over whichever of two its caller has set: what is wrong is reported once it is known.
func TestArtifactDataSourceUnknownInput(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), string(javaJAR(t, 11)))
	either := func(value string) string {
		return computed(path, value) + looksAt("source = terraform_data.computed.output", "source_url = terraform_data.computed.output == \"\" ? \"https://repo.example.com/job.jar\" : "+value)
	}
	applies(t,
		step(either("null"), plansUnknown(oneFile, "jar"), finds(map[string]knownvalue.Check{"jar": jobOfJava(11)})),
		step(either(`"https://repo.example.com/other.jar"`), words("Conflicting file arguments", "set together: source, source_url")),
	)
}

// A missing object and a missing bucket are two things, though a store answers a HEAD of both alike.
func TestArtifactDataSourceMissing(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		p.plant(t, "artifacts/namespaces/default/other.jar", []byte("x"))
		elsewhere := p.baseURI + "-is-no-bucket"
		if p.name != "file" {
			elsewhere = p.name + "://no-such-bucket-here"
		}
		plan := func(config string, want ...string) resource.TestStep {
			return step(p.provider()+config, planOnly, words(want...))
		}
		steps := []resource.TestStep{
			plan(looksAtArtifact("job.jar"), "No such file", "Reading "+p.baseURI+"/"+jobPath, "no such object", "What to do"),
			plan(looksAtArtifact("job.jar", fmt.Sprintf("base_uri = %q", elsewhere)), "No such bucket", elsewhere, "What to do"),
		}
		if p.name != "file" {
			steps = append(steps,
				plan(looksAt(fmt.Sprintf("source_url = %q", p.baseURI+"/none.jar")), "No such file", "source_url", p.baseURI+"/none.jar", "no such object", "Check the URL"),
				plan(looksAt(fmt.Sprintf("source_url = %q", elsewhere+"/job.jar")), "No such bucket", "source_url", elsewhere+"/job.jar"))
		}
		applies(t, steps...)
	})
}
