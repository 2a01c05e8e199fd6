package provider_test

import (
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
)

// TestSmoke is what each store is tried with in every run, a short one and one of OpenTofu too: each kind of resource is created, updated, mended
// after a drift, imported and destroyed, and an artifact is copied from an object of the same store.
func TestSmoke(t *testing.T) {
	for name, on := range map[string]func(t *testing.T) acceleratedPlace{
		"file": func(t *testing.T) acceleratedPlace { t.Helper(); return acceleratedPlace{place: inDirectory(t)} },
		"oss":  onAcceleratedOSS, "s3": onAcceleratedS3,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			smoke(t, on(t))
		})
	}
}

func smoke(t *testing.T, p acceleratedPlace) {
	const stored, copiedPath, importedPath = "stored/job.jar", "artifacts/namespaces/default/copied.jar", "artifacts/namespaces/default/imported.jar"
	path := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), firstJob)
	p.plant(t, stored, []byte(firstJob))
	workspace := `namespaces = ["default"]`
	if p.status != nil {
		workspace += "\ncors_rule = {}"
	}
	const last = "depends_on = [flink_workspace_storage.storage]" // so that the directories are empty when they go
	config := p.provider() + workspaceStorage("storage", workspace) +
		artifact("job", fromFile(path), last) + artifact("copied", fromURL(p.baseURI+"/"+stored), `filename = "copied.jar"`, last)
	if p.status != nil {
		config += accelerates("bucket")
	}
	imported := artifact("imported", `filename = "imported.jar"`, `content = "imported"`, last)
	accelerated := func(want string) {
		t.Helper()
		if p.status != nil {
			p.is(t, want)
		}
	}
	hold := func(text string) resource.TestCheckFunc {
		return then(func() {
			t.Helper()
			p.holds(t, jobPath, text)
			p.holds(t, copiedPath, firstJob)
			p.directories(t, []string{"artifacts/namespaces/default", "logs"}, nil)
			accelerated(on)
		})
	}
	applies(t,
		resource.TestStep{Config: config, Check: hold(firstJob)},
		unchanged(config),
		resource.TestStep{
			PreConfig: func() { p.plant(t, jobPath, []byte(otherJob)) }, // as long as the first
			Config:    config, ConfigPlanChecks: planned(updates(job)), Check: hold(firstJob),
		},
		resource.TestStep{
			PreConfig: func() { writeFile(t, path, otherJob); p.plant(t, importedPath, []byte("imported")) },
			Config:    config + imported + "import {\n to = flink_artifact.imported\n id = \"" + p.baseURI + "/" + importedPath + "\"\n}\n",
			ConfigPlanChecks: planned(updates(job), updates("flink_artifact.imported"),
				plancheck.ExpectResourceAction("flink_artifact.copied", plancheck.ResourceActionNoop)),
			Check: hold(otherJob),
		},
		unchanged(config+imported),
	)
	p.holds(t, jobPath, "")
	p.holds(t, copiedPath, "")
	p.holds(t, importedPath, "")
	p.holds(t, stored, firstJob)
	p.directories(t, nil, []string{"artifacts", "logs"})
	accelerated(off)
}
