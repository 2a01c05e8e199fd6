package provider_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
)

// TestSmoke is what each store is tried with in every run, a short one and one of OpenTofu too: each kind of resource is created, updated, mended
// after a drift, imported and destroyed, and an artifact is copied from an object of the same store.
func TestSmoke(t *testing.T) {
	for name, on := range map[string]func(t *testing.T) acceleratedPlace{
		"file": func(t *testing.T) acceleratedPlace { t.Helper(); return acceleratedPlace{place: inDirectory(t)} },
		"oss":  onAcceleratedOSS, "s3": onAcceleratedS3,
		// Trusted is every other S3 place: this is what users of a compatible store have without a setting.
		"s3, checked": func(t *testing.T) acceleratedPlace {
			t.Helper()
			p := onAcceleratedS3(t)
			p.block = strings.Replace(p.block, "conditional_writes = \"trusted\"\n", "", 1)
			return p
		},
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
		step(config, hold(firstJob)),
		unchanged(config),
		step(config, prepare(func() { p.plant(t, jobPath, []byte(otherJob)) }), updates(job), hold(firstJob)), // as long as the first
		step(
			config+imported+"import {\n to = flink_artifact.imported\n id = \""+p.baseURI+"/"+importedPath+"\"\n}\n",
			prepare(func() { writeFile(t, path, otherJob); p.plant(t, importedPath, []byte("imported")) }), updates(job), updates("flink_artifact.imported"),
			plansNothing("flink_artifact.copied"), hold(otherJob),
		),
		unchanged(config+imported),
	)
	p.holds(t, jobPath, "")
	p.holds(t, copiedPath, "")
	p.holds(t, importedPath, "")
	p.holds(t, stored, firstJob)
	p.directories(t, nil, []string{"artifacts", "logs"})
	accelerated(off)
}
