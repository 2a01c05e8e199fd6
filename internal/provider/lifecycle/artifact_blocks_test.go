package lifecycle_test

import (
	"os"
	"path/filepath"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"pgregory.net/rapid"
)

// artifactBlock is a flink_artifact in a configuration, in the words of this test.
type artifactBlock struct {
	base      string // "": the provider's
	namespace string
	filename  string // "": not set
	kind      string // "source", "content", "source_url"
	source    string // path or URL
	content   string
	pin       string
	sums      string // path of a file of checksums
	addressed bool
	overwrite bool
	retain    bool
	fast      bool
	mediaType string
	metadata  map[string]string // nil: not set
	timeouts  bool
	creates   bool
}

// sources are the files that artifacts are made of. One is missing at first, and one is a directory.
type sources struct{ folder string }

var sourceFiles = []string{"job.jar", "other/job.jar", "tool.py", "missing.jar", "folder.jar"}

func newSources(folder string) sources {
	s := sources{folder}
	must(os.MkdirAll(s.path("folder.jar"), 0o755))
	must(os.MkdirAll(s.path("other"), 0o755))
	s.write("job.jar", texts[0])
	s.write("other/job.jar", texts[0])
	s.write("tool.py", texts[1])
	return s
}

func (s sources) path(name string) string { return filepath.Join(s.folder, filepath.FromSlash(name)) }

func (s sources) write(name, data string) { must(os.WriteFile(s.path(name), []byte(data), 0o644)) }

// sums is a file of checksums with the hash of a text.
func (s sources) sums(data string) string {
	path := s.path("sum of " + sum(data)[:8])
	must(os.WriteFile(path, []byte(sum(data)+"\n"), 0o644))
	return path
}

// change lets one of the files be another one: other bytes, gone, there.
func (s sources) change(t *rapid.T) {
	name := rapid.SampledFrom(sourceFiles[:4]).Draw(t, "changed source")
	if rapid.IntRange(0, 4).Draw(t, "source goes") == 1 {
		err := os.Remove(s.path(name))
		t.Logf("the source %s is removed (%v)", name, err)
		return
	}
	data := rapid.SampledFrom(texts).Draw(t, "source has")
	t.Logf("the source %s has %.12q", name, data)
	s.write(name, data)
}

// often is true once in n times.
func often(t *rapid.T, n int, what string) bool { return rapid.IntRange(1, n).Draw(t, what) == n }

func (l *lifecycle) drawArtifact() artifactBlock {
	t := l.t
	b := artifactBlock{namespace: "default", kind: "source", source: l.sources.path("job.jar")}
	for _, change := range artifactChanges {
		if often(t, 3, "set "+change) {
			l.changeArtifact(&b, change)
		}
	}
	return b
}

var artifactChanges = []string{
	"base", "namespace", "filename", "source", "source", "pin", "addressed", "overwrite", "retain", "media type", "metadata", "metadata", "timeouts", "creates", "fast",
}

// changeArtifact draws one attribute anew.
func (l *lifecycle) changeArtifact(b *artifactBlock, what string) {
	t := l.t
	switch what {
	case "base":
		b.base = rapid.SampledFrom(append(append([]string{""}, l.world.bases("a")...), l.world.bases("b")...)).Draw(t, "base")
	case "namespace":
		b.namespace = rapid.SampledFrom([]string{"default", "other"}).Draw(t, "namespace")
	case "filename":
		b.filename = rapid.SampledFrom([]string{"", "job.jar", "tool.py", "tool.tar.gz"}).Draw(t, "filename")
	case "source":
		b.kind = rapid.SampledFrom([]string{"source", "source", "content", "source_url", "source_url"}).Draw(t, "kind")
		b.pin, b.sums = "", ""
		b.source = l.sources.path(rapid.SampledFrom(append([]string{"job.jar", "job.jar", "other/job.jar", "tool.py"}, sourceFiles...)).Draw(t, "source"))
		b.content = rapid.SampledFrom(texts).Draw(t, "content")
		if b.kind == "source_url" {
			b.source = "file://" + b.source
			if remote := l.world.remote("stored/job.jar"); remote != "" && rapid.Bool().Draw(t, "from the store") {
				b.source = rapid.SampledFrom([]string{remote, l.world.remote("stored/tool.py"), l.world.remote("stored/missing.jar")}).Draw(t, "stored")
			}
		}
	case "pin":
		b.pin, b.sums = "", ""
		data := rapid.SampledFrom(texts).Draw(t, "pinned text")
		if rapid.Bool().Draw(t, "the right pin") {
			if there, problem := l.model.found(fields(b.value(l.core))); problem == "" {
				data = there
			}
		}
		switch rapid.IntRange(0, 3).Draw(t, "pinned by") {
		case 1, 2:
			b.pin = sum(data)
		case 3:
			if b.kind == "source_url" {
				b.sums = l.sources.sums(data)
				if often(t, 4, "no sums") {
					b.sums = l.sources.path("SHA256SUMS") // which nobody has made
				}
			}
		}
	case "addressed":
		b.addressed = rapid.Bool().Draw(t, "addressed")
	case "overwrite":
		b.overwrite = rapid.Bool().Draw(t, "overwrite")
	case "retain":
		b.retain = often(t, 3, "retain")
	case "fast":
		b.fast = l.world.name() != "file" && often(t, 4, "fast")
	case "media type":
		b.mediaType = rapid.SampledFrom([]string{"", "text/plain", "application/x-own"}).Draw(t, "media type")
	case "metadata":
		b.metadata = rapid.SampledFrom([]map[string]string{nil, {}, {"team": "one"}, {"team": "two", "stage": "live"}, {"stage": "test"}}).Draw(t, "metadata")
	case "timeouts":
		b.timeouts = rapid.Bool().Draw(t, "timeouts")
	case "creates":
		b.creates = rapid.Bool().Draw(t, "create_before_destroy")
	}
	if b.kind == "content" && b.filename == "" {
		b.filename = "job.jar"
	}
	if b.kind != "source_url" {
		b.sums = ""
	}
}

// value is the block as Terraform has it.
func (b artifactBlock) value(c *core) tftypes.Value {
	of := c.typeOf("flink_artifact")
	values := map[string]tftypes.Value{"namespace": str(b.namespace)}
	for name, value := range map[string]string{"base_uri": b.base, "filename": b.filename, "content_sha256": b.pin, "content_type": b.mediaType} {
		if value != "" {
			values[name] = str(value)
		}
	}
	values[b.kind] = str(b.source)
	if b.kind == "content" {
		values["content"] = str(b.content)
	}
	if b.sums != "" {
		values["content_sha256_url"] = str("file://" + b.sums)
	}
	for name, value := range map[string]bool{"content_addressed": b.addressed, "overwrite": b.overwrite, "retain_on_destroy": b.retain, "accelerate": b.fast} {
		if value {
			values[name] = boolean(true)
		}
	}
	if b.metadata != nil {
		values["metadata"] = stringMap(b.metadata)
	}
	if b.timeouts {
		values["timeouts"] = withNulls(of.AttributeTypes["timeouts"], patience(of))
	}
	return withNulls(of, values)
}

// block is what a run gets. Some attributes may not be known at plan.
func (b artifactBlock) block(c *core, unknowns []string) block {
	config := b.value(c)
	values := fields(config)
	for _, name := range slices.Sorted(slices.Values(unknowns)) {
		if !values[name].IsNull() {
			values[name] = unknown(values[name].Type())
		}
	}
	return block{kind: "flink_artifact", config: config, planning: tftypes.NewValue(config.Type(), values), creates: b.creates}
}
