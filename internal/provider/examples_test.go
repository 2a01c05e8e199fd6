package provider_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/hashicorp/go-version"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/acceleratefake"
)

const examplesDirectory = "../../examples"

// example says how one is applied.
type example struct {
	environment func(t *testing.T) []string
	prepare     func(t *testing.T, directory string)
	wantOutput  string
	then        func(t *testing.T, r root) // before it is destroyed
}

// Every example is applied as it stands by a Terraform of its own, planned again without a change, and destroyed. Those on S3 find
// server and credentials in the environment.
func TestExamples(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	secure := versitygw.Start(t, versitygw.Options{TLS: true})
	for _, each := range []*versitygw.Server{server, secure} {
		if _, err := each.Client().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("acme-flink")}); err != nil {
			t.Fatal(err)
		}
	}
	onS3 := []string{"AWS_ENDPOINT_URL_S3=" + server.Endpoint, "AWS_REGION=us-east-1", "AWS_ACCESS_KEY_ID=" + server.AccessKey, "AWS_SECRET_ACCESS_KEY=" + server.SecretKey}
	atAcme := slices.Concat(onS3, []string{"FLINK_BASE_URI=s3://acme-flink/vvp"})
	inDirectory := func(t *testing.T) []string { t.Helper(); return []string{"FLINK_BASE_URI=file://" + t.TempDir()} }

	examples := map[string]example{
		"provider": {},
		"provider-s3-compatible": {environment: func(*testing.T) []string {
			return []string{"TF_VAR_endpoint=" + secure.Endpoint, "TF_VAR_ca_bundle=" + secure.CAFile, "AWS_ACCESS_KEY_ID=" + secure.AccessKey, "AWS_SECRET_ACCESS_KEY=" + secure.SecretKey}
		}, wantOutput: `settings_uri = "s3://acme-flink/vvp/artifacts/namespaces/default/settings.json"`},
		"quickstart": {
			environment: func(t *testing.T) []string { t.Helper(); return []string{"TF_VAR_base_uri=file://" + t.TempDir()} },
			prepare:     makeJAR("quickstart-job.jar"),
			wantOutput:  "/artifacts/namespaces/default/quickstart-job-",
		},
		"artifact-from-url":        fromRepositories(t, onS3, server),
		"promote-between-buckets":  fromStaging(t, onS3, server),
		"realtime-compute":         onAlibabaCloud(t),
		"ververica-platform-s3":    onVervericaPlatform(t, server),
		"resources/flink_artifact": fromMaven(t, atAcme, `"s3://acme-flink/vvp/artifacts/namespaces/default/word_count-`),
		"resources/flink_transfer_acceleration": {environment: func(t *testing.T) []string {
			t.Helper()
			return append(slices.Clone(onS3), "AWS_ENDPOINT_URL_S3="+acceleratefake.Start(t, server.Endpoint).URL)
		}, wantOutput: `accelerated_bucket = "acme-flink"`},
		"resources/flink_workspace_storage": {environment: func(*testing.T) []string { return onS3 }, wantOutput: `"s3://acme-flink/vvp/artifacts/namespaces/staging"`},
		"data-sources/flink_artifact":       {environment: inDirectory, prepare: makeJAR("target/job.jar"), wantOutput: `main_class = "com.example.QuickstartJob"`},
		"data-sources/flink_artifacts":      {environment: inDirectory, wantOutput: "jar_uris = tolist([])"},
		"functions/artifact_uri":            {wantOutput: `jar_uri = "s3://acme-flink/vvp/artifacts/namespaces/default/job.jar"`},
		"functions/parse_artifact_uri":      {wantOutput: `"base_uri" = "s3://acme-flink/vvp"`},
	}
	for name := range examples {
		if _, err := os.Stat(filepath.Join(examplesDirectory, name)); err != nil {
			t.Error(err)
		}
	}
	for _, name := range exampleDirectories(t) {
		test, known := examples[name]
		if !known {
			t.Errorf("the example %s is applied by no test", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			var environment []string
			if test.environment != nil {
				environment = test.environment(t)
			}
			r := newExample(t, name, environment)
			if test.prepare != nil {
				test.prepare(t, r.directory)
			}
			if output := r.apply(t); !strings.Contains(output, test.wantOutput) {
				t.Errorf("the outputs have no %s:\n%s", test.wantOutput, output)
			}
			r.unchanged(t)
			importsAgain(t, r, name)
			if test.then != nil {
				test.then(t, r)
			}
			r.destroy(t)
		})
	}
}

// exampleDirectories are all directories that have a configuration, below examples/.
func exampleDirectories(t *testing.T) []string {
	t.Helper()
	var directories []string
	err := filepath.WalkDir(examplesDirectory, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(entry.Name()) == ".tf" {
			directory, relErr := filepath.Rel(examplesDirectory, filepath.Dir(path))
			directories = append(directories, filepath.ToSlash(directory))
			return relErr
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(directories)
	return slices.Compact(directories)
}

// newExample copies an example, without its imports, to a directory of its own.
func newExample(t *testing.T, name string, environment []string) root {
	t.Helper()
	r := newRoot(t, "")
	remove(t, filepath.Join(r.directory, "main.tf"))
	if err := os.CopyFS(r.directory, os.DirFS(filepath.Join(examplesDirectory, name))); err != nil {
		t.Fatal(err)
	}
	imports, err := filepath.Glob(filepath.Join(r.directory, "import-*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range imports {
		remove(t, path)
	}
	r.environment = append(r.environment, environment...)
	return r
}

// importsAgain forgets the example's resource and imports it in each way that the example shows.
func importsAgain(t *testing.T, r root, name string) {
	t.Helper()
	blocks, err := filepath.Glob(filepath.Join(examplesDirectory, name, "import-*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range blocks {
		if strings.Contains(block, "identity") && !knowsIdentities(t, r) {
			continue // the syntax itself is an error before Terraform 1.12
		}
		text := readFile(t, block)
		address := regexp.MustCompile(`to = (\S+)`).FindSubmatch(text)[1]
		r.run(t, "state", "rm", string(address))
		path := writeFile(t, filepath.Join(r.directory, "import.tf"), string(text))
		if output := r.apply(t); !strings.Contains(output, "1 imported, 0 added") || !strings.Contains(output, "0 destroyed") {
			t.Errorf("%s did not import one resource alone:\n%s", block, output)
		}
		remove(t, path)
		r.unchanged(t)
	}
	command := filepath.Join(r.directory, "import.sh")
	text, err := os.ReadFile(command)
	if os.IsNotExist(err) {
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	arguments := strings.Fields(strings.ReplaceAll(regexp.MustCompile(`(?m)^terraform import .*$`).FindString(string(text)), `"`, ""))
	if len(arguments) != 4 {
		t.Fatalf("%s has no terraform import ADDRESS ID", command)
	}
	r.run(t, "state", "rm", arguments[2])
	r.run(t, arguments[1:]...)
	r.apply(t)
	r.unchanged(t)
}

// knowsIdentities says whether the binary can import by identity: Terraform and OpenTofu both from 1.12 on.
func knowsIdentities(t *testing.T, r root) bool {
	t.Helper()
	found := regexp.MustCompile(`v(\d+\.\d+\.\d+)`).FindStringSubmatch(r.run(t, "version"))
	if found == nil {
		t.Fatal("the binary tells no version")
	}
	return version.Must(version.NewVersion(found[1])).GreaterThanOrEqual(version.Must(version.NewVersion("1.12.0")))
}

// makeJAR puts a small JAR at a path below the example's directory.
func makeJAR(path string) func(t *testing.T, directory string) {
	return func(t *testing.T, directory string) {
		t.Helper()
		jar := filepath.Join(directory, path)
		if err := os.MkdirAll(filepath.Dir(jar), 0o755); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("go", "run", examplesDirectory+"/quickstart/makejar", jar)
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
}
