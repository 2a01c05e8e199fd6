package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
)

const storage = "flink_workspace_storage.storage"

// allDirectories are those that Flink platforms lay out.
var allDirectories = []string{"artifacts", "flink-jobs", "flink-savepoints", "flink-sessionclusters", "logs", "plan", "sql-artifacts"}

// workspaceStorage is the block of a resource.
func workspaceStorage(name string, attributes ...string) string {
	return fmt.Sprintf("resource \"flink_workspace_storage\" %q {\n %s\n}\n", name, strings.Join(attributes, "\n "))
}

func keeps(attribute string, value knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(storage, tfjsonpath.New(attribute), value)
}

func setOf(values ...string) knownvalue.Check {
	checks := []knownvalue.Check{}
	for _, value := range values {
		checks = append(checks, knownvalue.StringExact(value))
	}
	return knownvalue.SetExact(checks)
}

func mapOf(values map[string]string) knownvalue.Check {
	checks := map[string]knownvalue.Check{}
	for key, value := range values {
		checks[key] = knownvalue.StringExact(value)
	}
	return knownvalue.MapExact(checks)
}

// isDirectory reports whether a directory below the base URI exists by itself, not only by what is in it.
func (p place) isDirectory(t *testing.T, path string) bool {
	t.Helper()
	if p.name == "file" {
		found, err := os.Stat(filepath.Join(strings.TrimPrefix(p.baseURI, "file://"), path))
		return err == nil && found.IsDir()
	}
	_, there := p.read(t, path+"/")
	return there
}

// directories checks which directories exist, and which do not.
func (p place) directories(t *testing.T, there, absent []string) {
	t.Helper()
	for _, path := range there {
		if !p.isDirectory(t, path) {
			t.Errorf("there is no directory %s", path)
		}
	}
	for _, path := range absent {
		if p.isDirectory(t, path) {
			t.Errorf("the directory %s is there", path)
		}
	}
}

func TestWorkspaceStorage(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		const first, second = "artifacts/namespaces/default", "artifacts/namespaces/staging"
		// One directory exists before, and one holds data without a marker: both are adopted.
		p.plant(t, "flink-jobs/checkpoint", []byte("checkpoint"))
		uris := map[string]string{}
		for _, directory := range allDirectories {
			uris[directory] = p.baseURI + "/" + directory
		}
		bucket := strings.TrimSuffix(strings.TrimPrefix(p.baseURI, p.name+"://"), "/vvp")
		created := p.provider() + workspaceStorage("storage", `namespaces = ["default", "staging"]`)
		changed := p.provider() + workspaceStorage("storage", `namespaces = ["default"]`, `directories = ["logs/deep", "plan"]`)
		applies(t,
			step(
				created, plansValue(storage, "directory_uris", mapOf(uris)), plansValue(storage, "bucket", exactly(bucket)), keeps("base_uri", exactly(p.baseURI)),
				keeps("bucket", exactly(bucket)), keeps("namespaces", setOf("default", "staging")), keeps("directories", setOf(allDirectories...)),
				keeps("cors_rule", knownvalue.Null()), keeps("directory_uris", mapOf(uris)),
				keeps("namespace_artifact_uris", mapOf(map[string]string{"default": p.baseURI + "/" + first, "staging": p.baseURI + "/" + second})),
				then(func() { p.directories(t, append(allDirectories, first, second), nil) }), p.holding(t, "flink-jobs/checkpoint", "checkpoint"),
			),
			unchanged(created),
			step(
				changed, updates(storage), keeps("namespaces", setOf("default")),
				keeps("directory_uris", mapOf(map[string]string{"logs/deep": p.baseURI + "/logs/deep", "plan": p.baseURI + "/plan"})),
				then(func() {
					p.directories(t, []string{"logs/deep", "plan", first}, []string{"flink-savepoints", "sql-artifacts", second})
				}), p.holding(t, "flink-jobs/checkpoint", "checkpoint"),
			),
			unchanged(changed),
			step(
				p.provider()+workspaceStorage("storage", "directories = []"), keeps("directories", setOf()), keeps("namespaces", knownvalue.Null()),
				then(func() { p.directories(t, nil, []string{"plan", first, "logs/deep"}) }),
			),
			unchanged(p.provider()+workspaceStorage("storage", "directories = []")),
			step(created),
		)
		p.directories(t, nil, []string{"plan", "logs", "artifacts/namespaces", "artifacts", first, second})
		p.holds(t, "flink-jobs/checkpoint", "checkpoint")
	})
}

// Data is never deleted: neither when its directory or namespace is taken out, nor by a destroy.
func TestWorkspaceStorageKeepsData(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		const full, empty = "artifacts/namespaces/full", "artifacts/namespaces/empty"
		all := p.provider() + workspaceStorage("storage", `namespaces = ["full", "empty", "default"]`)
		fewer := p.provider() + workspaceStorage("storage", `namespaces = ["default"]`, `directories = ["plan", "artifacts"]`)
		plant := func() {
			p.plant(t, full+"/job.jar", []byte("job"))
			p.plant(t, "flink-savepoints/1/_metadata", []byte("savepoint"))
			p.plant(t, "plan/p", []byte("plan"))
		}
		intact := func() {
			p.holds(t, full+"/job.jar", "job")
			p.holds(t, "flink-savepoints/1/_metadata", "savepoint")
			p.holds(t, "plan/p", "plan")
			p.directories(t, []string{full, "flink-savepoints"}, []string{empty, "logs"})
		}
		applies(t,
			step(all),
			step(fewer, prepare(plant), then(intact)),
			unchanged(fewer),
		)
		intact()
		p.directories(t, []string{"plan", "artifacts"}, []string{"artifacts/namespaces/default"})
	})
}

// What was left because it holds data is reported in one warning.
func TestWorkspaceStorageWarnings(t *testing.T) {
	p := inDirectory(t)
	block := func(attributes string) string { return p.provider() + workspaceStorage("storage", attributes) }
	r := newRoot(t, block(`namespaces = ["default", "staging", "empty"]`))
	if output := r.apply(t); strings.Contains(output, "Warning: Directories") {
		t.Errorf("a warning at the first apply:\n%s", output)
	}
	p.plant(t, "artifacts/namespaces/default/job.jar", []byte("job"))
	p.plant(t, "logs/log", []byte("log"))
	const title = "Warning: Directories with data were kept"
	r.configure(t, block(""))
	output := r.apply(t)
	if strings.Count(output, title) != 1 || !words("are not empty and were kept:", "namespace default.").MatchString(output) || strings.Contains(output, "staging, ") {
		t.Errorf("the warning of a namespace that was taken out:\n%s", output)
	}
	output = r.destroy(t)
	if strings.Count(output, title) != 1 || !words("are not empty and were kept:", "directory artifacts, directory logs.").MatchString(output) {
		t.Errorf("the warning of a destroy:\n%s", output)
	}
}

// What is missing is shown, and made again.
func TestWorkspaceStorageDrift(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		config := p.provider() + workspaceStorage("storage", `namespaces = ["default", "staging"]`, `directories = ["artifacts", "logs", "a/b", "a/c"]`)
		applies(t,
			step(config),
			resource.TestStep{
				PreConfig: func() {
					p.remove(t, "logs/")
					p.remove(t, "a/b/")
					p.remove(t, "artifacts/namespaces/staging/")
				},
				RefreshState:       true,
				ExpectNonEmptyPlan: true,
				Check: func(state *terraform.State) error {
					attributes := state.RootModule().Resources[storage].Primary.Attributes
					if attributes["directories.#"] != "2" || attributes["namespaces.#"] != "1" || attributes["directory_uris.%"] != "2" {
						return fmt.Errorf("the state after the drift: %v", attributes)
					}
					return nil
				},
			},
			step(config, updates(storage), then(func() { p.directories(t, []string{"logs", "a/b", "a/c", "artifacts/namespaces/staging"}, nil) })),
			unchanged(config),
			step(config, prepare(func() {
				for _, path := range []string{"logs/", "a/b/", "a/c/", "artifacts/namespaces/default/", "artifacts/namespaces/staging/"} {
					p.remove(t, path)
				}
				if p.name == "file" {
					p.remove(t, "artifacts/namespaces/")
					p.remove(t, "a/")
				}
				p.remove(t, "artifacts/")
			}), creates(storage)),
		)
	})
}

// A directory that is gone as a whole is a workspace that is gone.
func TestWorkspaceStorageBaseGone(t *testing.T) {
	p := inDirectory(t)
	config := p.provider() + workspaceStorage("storage", `namespaces = ["default"]`)
	applies(t,
		step(config),
		step(config, prepare(func() {
			if err := os.RemoveAll(strings.TrimPrefix(p.baseURI, "file://")); err != nil {
				t.Fatal(err)
			}
		}), creates(storage)),
		unchanged(config),
	)
}

func TestWorkspaceStorageImport(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		config := p.provider() + workspaceStorage("storage", `namespaces = ["default", "staging"]`)
		some := p.provider() + workspaceStorage("storage", `directories = ["logs", "plan"]`)
		imported := imports(storage, p.baseURI+"/", "base_uri")
		applies(t, step(config), imported, step(some), imported)
		importing := func(id string) string { return fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", storage, id) + some }
		applies(t, step(importing(p.baseURI), planOnly, words("Cannot import non-existent remote object")))
		applies(t, step(importing("bucket/vvp"), planOnly, words("Invalid import ID", "begins with a scheme")))
	})
}

// After an import into a configuration that says the same, nothing is to do.
func TestWorkspaceStorageImportBlock(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		for _, directory := range append(allDirectories, "artifacts/namespaces/default") {
			p.plant(t, directory+"/x", []byte("x"))
		}
		block := fmt.Sprintf("import {\n to = %s\n id = %q\n}\n", storage, p.baseURI)
		applies(t,
			step(p.provider()+block+workspaceStorage("storage", `namespaces = ["default"]`), plansNothing(storage)),
			unchanged(p.provider()+workspaceStorage("storage", `namespaces = ["default"]`)),
		)
		p.holds(t, "logs/x", "x")
	})
}

// Another spelling is the same place, with the same CORS rule; another prefix is another one.
func TestWorkspaceStorageMoves(t *testing.T) {
	t.Parallel()
	p, bucket, _ := inCORSBucket(t)
	in := func(baseURI string) string {
		return p.provider() + workspaceStorage("storage", `namespaces = ["default"]`, "cors_rule = {}", fmt.Sprintf("base_uri = %q", baseURI))
	}
	other := strings.Replace(p.baseURI, "s3://", "s3a://", 1) + "/"
	elsewhere := p.baseURI + "/elsewhere"
	applies(t,
		step(in(p.baseURI)),
		step(
			in(other), updates(storage), keeps("base_uri", exactly(other)),
			keeps("namespace_artifact_uris", mapOf(map[string]string{"default": strings.TrimSuffix(other, "/") + "/artifacts/namespaces/default"})),
			then(func() { bucket.are(t, ruleID(p.baseURI)+" "+consoleOrigin) }),
		),
		unchanged(in(other)),
		step(in(elsewhere), replaces(storage),
			then(func() {
				p.directories(t, []string{"elsewhere/logs", "elsewhere/artifacts/namespaces/default"}, []string{"logs", "artifacts/namespaces/default"})
			}), then(func() { bucket.are(t, ruleID(elsewhere)+" "+consoleOrigin) })),
	)
}

// A replacement in the same place, and a renamed address, leave a workspace that exists.
func TestWorkspaceStorageReplaced(t *testing.T) {
	inEveryPlace(t, func(t *testing.T, p place) {
		there := then(func() { p.directories(t, append(allDirectories, "artifacts/namespaces/default"), nil) })
		replaced := func(trigger string, first bool) string {
			return p.provider() + computed("x", trigger) + workspaceStorage("storage", `namespaces = ["default"]`,
				fmt.Sprintf("lifecycle {\n create_before_destroy = %v\n replace_triggered_by = [terraform_data.computed]\n}", first))
		}
		renamed := func(name string) string { return p.provider() + workspaceStorage(name, `namespaces = ["default"]`) }
		applies(t,
			step(replaced("1", false), there),
			step(replaced("2", false), replaces(storage), there),
			unchanged(replaced("2", false)),
			step(replaced("2", true)),
			step(replaced("3", true), replacesCreatingFirst(storage), there),
			unchanged(replaced("3", true)),
			step(renamed("storage")),
			step(renamed("other"), there),
			unchanged(renamed("other")),
		)
		p.directories(t, nil, append(allDirectories, "artifacts/namespaces/default"))
	})
}

// A base URI that comes from another resource is unknown at plan: nothing is replaced for that. Neither are namespaces.
func TestWorkspaceStorageUnknown(t *testing.T) {
	p := inDirectory(t)
	fromProvider := func(trigger string) string {
		return computed(p.baseURI, trigger) + "provider \"flink\" {\n base_uri = terraform_data.computed.output\n}\n" + workspaceStorage("storage")
	}
	namespaces := computed("default", "3") + p.provider() + workspaceStorage("storage", `namespaces = [terraform_data.computed.output]`)
	applies(t,
		step(fromProvider("1"), plansUnknown(storage, "directory_uris"), plansUnknown(storage, "bucket"), then(func() { p.directories(t, allDirectories, nil) })),
		unchanged(fromProvider("1")),
		step(fromProvider("2"), plansNothing(storage)),
		step(namespaces, plansUnknown(storage, "namespace_artifact_uris"), then(func() { p.directories(t, []string{"artifacts/namespaces/default"}, nil) })),
		unchanged(namespaces),
	)
}

// With settings that are not known yet the state stays as it is.
func TestWorkspaceStorageUnknownSettings(t *testing.T) {
	server := versitygw.Start(t, versitygw.Options{})
	p := inBucket(t, server)
	config := func(trigger string) string {
		return computed("known", trigger) + fmt.Sprintf(
			"provider \"flink\" {\n base_uri = %q\n s3 = {\n endpoint = %q\n access_key = %q\n secret_key = %s\n}\n}\n",
			p.baseURI, server.Endpoint, server.AccessKey, onceKnown(server.SecretKey)) + workspaceStorage("storage", "cors_rule = {}")
	}
	applies(t,
		step(config("1")),
		step(config("2"), plansNothing(storage)),
	)
}

// Each bad input is an error at plan, on the attribute, and nothing is written.
func TestWorkspaceStorageBadInput(t *testing.T) {
	root := t.TempDir()
	base := "file://" + filepath.Join(root, "workspace")
	in := func(uri string, attributes ...string) string {
		return fmt.Sprintf("provider \"flink\" {\n base_uri = %q\n}\n", uri) + workspaceStorage("storage", attributes...)
	}
	cors := func(attributes string) string { return in("s3://bucket", "cors_rule = {\n"+attributes+"\n}") }
	areRefused(t, map[string]refusal{
		"no base URI":              {"provider \"flink\" {\n}\n" + workspaceStorage("storage"), []string{"No base URI", "FLINK_BASE_URI"}},
		"unknown scheme":           {in(base, `base_uri = "oos://bucket"`), []string{"Invalid base URI", `"oos://" is unknown`}},
		"namespace with directory": {in(base, `namespaces = ["ok", "namespaces/default"]`), []string{"Invalid namespace", `Write "default"`}},
		"namespace with slash":     {in(base, `namespaces = ["a/b"]`), []string{"Invalid namespace", "slash"}},
		"namespace of dots":        {in(base, `namespaces = [".."]`), []string{"Invalid namespace", `".."`}},
		"namespace empty":          {in(base, `namespaces = [""]`), []string{"Invalid namespace", "is empty"}},
		"directory of dots":        {in(base, `directories = ["../x"]`), []string{"Invalid directory", `".."`}},
		"directory with slash":     {in(base, `directories = ["logs/"]`), []string{"Invalid directory", "empty part"}},
		"CORS on a directory":      {in(base, "cors_rule = {}"), []string{"CORS not supported by this store", `"file"`, "Supported: oss, s3"}},
		"unknown method":           {cors(`allowed_methods = ["GET", "PATCH"]`), []string{"allowed_methods", "PATCH"}},
		"method in lower case":     {cors(`allowed_methods = ["get"]`), []string{"allowed_methods", "get"}},
		"no method":                {cors("allowed_methods = []"), []string{"allowed_methods", "at least 1"}},
		"two stars in an origin":   {cors(`allowed_origins = ["https://*.example.*"]`), []string{"Invalid origin", `more than one "*"`}},
		"origin without scheme":    {cors(`allowed_origins = ["console.example.com"]`), []string{"Invalid origin", "An origin has a scheme"}},
		"origin with a path":       {cors(`allowed_origins = ["https://example.com/x"]`), []string{"Invalid origin", "more than an origin"}},
		"no origin":                {cors("allowed_origins = []"), []string{"allowed_origins", "at least 1"}},
		"no headers":               {cors("allowed_headers = []"), []string{"allowed_headers", "at least 1"}},
		"two stars in a header":    {cors(`allowed_headers = ["x-*-*"]`), []string{"Invalid header", `more than one "*"`}},
		"header with a colon":      {cors(`allowed_headers = ["a: b"]`), []string{"Invalid header", "is not a header name"}},
		"exposed star":             {cors(`expose_headers = ["*"]`), []string{"Invalid header", "is not a header name"}},
		"negative age":             {cors("max_age_seconds = -1"), []string{"max_age_seconds", "between 0"}},
		"two in one place": {
			in(base) + workspaceStorage("other", fmt.Sprintf("base_uri = %q", base+"/")),
			[]string{"Two workspaces at the same base URI", "change the base_uri"},
		},
	})
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("something was written: %v, %v", left, err)
	}
}

// A file in the place of a directory is an error that says so.
func TestWorkspaceStorageBlocked(t *testing.T) {
	p := inDirectory(t)
	p.plant(t, "logs", []byte("a file"))
	applies(t, step(p.provider()+workspaceStorage("storage"), words("Creating directories in "+p.baseURI, "it is a file, not a directory", "What to do")))
	p.holds(t, "logs", "a file")
}
