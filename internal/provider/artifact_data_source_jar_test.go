package provider_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/blobtest/versitygw"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/fakes/ossfake"
)

// entry is a file in a JAR.
type entry struct {
	name string
	data []byte
}

// javaJAR is a JAR with a main class that javac made for a release of Java, after the further entries.
func javaJAR(t *testing.T, release int, further ...entry) []byte {
	t.Helper()
	directory := t.TempDir()
	source := writeFile(t, filepath.Join(directory, "Job.java"), "package com.example;\npublic class Job { public static void main(String[] args) { } }\n")
	command := exec.Command("javac", "--release", fmt.Sprint(release), "-d", directory, "-Xlint:-options", source)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("javac: %v\n%s", err, output)
	}
	class := readFile(t, filepath.Join(directory, "com", "example", "Job.class"))
	entries := []entry{{"META-INF/MANIFEST.MF", []byte("Manifest-Version: 1.0\r\nMain-Class: com.example.Job\r\nImplementation-Version: 1.2.3\r\n\r\n")}}
	entries = append(entries, further...)
	return packed(t, append(entries, entry{"com/example/Job.class", class})...)
}

// packed is a ZIP of some entries.
func packed(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var archive bytes.Buffer
	writer := zip.NewWriter(&archive)
	for _, entry := range entries {
		header := &zip.FileHeader{Name: entry.name, Method: zip.Deflate}
		if len(entry.data) > 1<<20 {
			header.Method = zip.Store
		}
		file, err := writer.CreateHeader(header)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(entry.data); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

// jobOfJava is what is reported of javaJAR.
func jobOfJava(release int64) knownvalue.Check { return jobOf(knownvalue.Int64Exact(release), 2) }

func jobOf(release knownvalue.Check, entries int64) knownvalue.Check {
	return knownvalue.ObjectExact(map[string]knownvalue.Check{
		"main_class":    exactly("com.example.Job"),
		"manifest":      mapOf(map[string]string{"Manifest-Version": "1.0", "Main-Class": "com.example.Job", "Implementation-Version": "1.2.3"}),
		"java_release":  release,
		"multi_release": knownvalue.Bool(false),
		"entries":       knownvalue.Int64Exact(entries),
	})
}

// large is a file of 12 MB that makes a JAR too long to be read as a whole.
func large(t *testing.T) entry {
	t.Helper()
	data := readFile(t, randomFile(t, filepath.Join(t.TempDir(), "data"), 12<<20))
	return entry{"model.bin", data}
}

// classes are so many entries with no bytes, as a JAR with all its dependencies has.
func classes(count int) []entry {
	var entries []entry
	for i := range count {
		entries = append(entries, entry{name: fmt.Sprintf("org/example/dependency/with/a/long/name/of/its/own/Class%06d.class", i)})
	}
	return entries
}

// A JAR that says nothing, as a library may.
func TestArtifactDataSourceOfPlainZIP(t *testing.T) {
	path := writeFile(t, filepath.Join(t.TempDir(), "lib.jar"), string(packed(t)))
	applies(t, step(looksAt(fmt.Sprintf("source = %q", path)), finds(map[string]knownvalue.Check{
		"jar": knownvalue.ObjectExact(map[string]knownvalue.Check{
			"main_class": knownvalue.Null(), "manifest": mapOf(nil), "java_release": knownvalue.Null(),
			"multi_release": knownvalue.Bool(false), "entries": knownvalue.Int64Exact(0),
		}),
	})))
}

// What is called a JAR and is none stops the plan, wherever it lies; under another name nobody minds.
func TestArtifactDataSourceOfWhatIsNoJAR(t *testing.T) {
	whole := javaJAR(t, 11)
	inEveryPlace(t, func(t *testing.T, p place) {
		page := "<!DOCTYPE html><html>Sign in</html>"
		p.plant(t, "artifacts/namespaces/default/page.jar", []byte(page))
		p.plant(t, "artifacts/namespaces/default/page.html", []byte(page))
		p.plant(t, "artifacts/namespaces/default/empty.jar", nil)
		p.plant(t, "artifacts/namespaces/default/half.jar", whole[:len(whole)/2])
		// The directory says that the class begins where there is something else.
		broken := bytes.ReplaceAll(whole, []byte("PK\x03\x04"), []byte("PKxx"))
		p.plant(t, "artifacts/namespaces/default/broken.jar", broken)
		refused := func(filename string, want ...string) resource.TestStep {
			return step(p.provider()+looksAtArtifact(filename), planOnly, words(want...))
		}
		applies(t,
			refused("page.jar", "Not a JAR file", "filename = \"page.jar\"", "Reading "+p.baseURI+"/artifacts/namespaces/default/page.jar as a JAR", "What to do", "HTML"),
			refused("empty.jar", "Not a JAR file"),
			refused("half.jar", "JAR", "Reading "+p.baseURI+"/artifacts/namespaces/default/half.jar as a JAR", "What to do"),
			refused("broken.jar", "Damaged JAR", "What to do", "jar tf"),
			step(p.provider()+looksAtArtifact("page.html"), finds(map[string]knownvalue.Check{"jar": knownvalue.Null()})),
		)
	})
}

// A JAR of more than 10 MB in a store: few requests, and less than 1 MiB.
func TestArtifactDataSourceRequests(t *testing.T) {
	small, big := javaJAR(t, 11), javaJAR(t, 11, large(t))
	const objects = "artifacts/namespaces/default/"
	count := func(t *testing.T, p place, requests func() []string, forget func(), head, get string, look func(name string)) {
		t.Helper()
		p.plant(t, objects+"small.jar", small)
		p.plant(t, objects+"big.jar", big)
		p.plant(t, objects+"job.py", []byte(firstJob))
		for name, most := range map[string]int{"small.jar": 1, "big.jar": 2, "job.py": 0} {
			r := newRoot(t, p.provider()+looksAtArtifact(name))
			forget()
			r.plan(t)
			if got := requests(); len(got) == 0 || got[0] != head || len(got) > 1+most || slices.ContainsFunc(got[1:], func(request string) bool { return request != get }) {
				t.Errorf("%s: requests %v, want %s and up to %d %s", name, got, head, most, get)
			}
			look(name)
		}
	}
	t.Run("s3", func(t *testing.T) {
		p, proxy := inBucketBehindProxy(t)
		count(t, p, proxy.Methods, proxy.Clear, "HEAD", "GET", func(name string) {
			for _, request := range proxy.Requests() {
				if request.Method == http.MethodGet && (request.Header.Get("Range") == "" || request.Header.Get("If-Match") == "") {
					t.Errorf("%s: a GET of the whole object, or of any: %v", name, request.Header)
				}
			}
		})
	})
	t.Run("oss", func(t *testing.T) {
		server := ossfake.Start(t, ossfake.Options{})
		p, _ := inOSSBucket(t, server)
		count(t, p, func() []string { return operations(server) }, server.ClearRequests, "HeadObject", "GetObject", func(string) {})
	})
}

// So many entries that the directory alone is more than is read over a network.
func TestArtifactDataSourceUnsearched(t *testing.T) {
	const count = 30_000
	jar := javaJAR(t, 11, classes(count)...)
	p := inBucket(t, versitygw.Start(t, versitygw.Options{}))
	p.plant(t, jobPath, jar)
	r := newRoot(t, p.provider()+looksAtArtifact("job.jar")+"output \"release\" {\n value = data.flink_artifact.one.jar.java_release == null\n}\noutput \"class\" {\n value = data.flink_artifact.one.jar.main_class\n}\n")
	output := r.plan(t)
	says(t, output, "Warning: JAR has too many entries to search", "java_release is null", fmt.Sprint(count+2), "set source to a local copy")
	says(t, output, "release = true", `class = "com.example.Job"`)

	// A local copy has no limit.
	local := writeFile(t, filepath.Join(t.TempDir(), "job.jar"), string(jar))
	directory := inDirectory(t)
	directory.plant(t, jobPath, jar)
	applies(t,
		step(looksAt(fmt.Sprintf("source = %q", local)), finds(map[string]knownvalue.Check{"jar": jobOf(knownvalue.Int64Exact(11), count+2)})),
		step(directory.provider()+looksAtArtifact("job.jar"), finds(map[string]knownvalue.Check{"jar": jobOf(knownvalue.Int64Exact(11), count+2)})),
	)
}

// The example stops a JAR for Java 17, and one without a main class; TestExamples applies it.
func TestArtifactDataSourceExampleStopsNewerJava(t *testing.T) {
	r := newExample(t, "data-sources/flink_artifact", []string{"FLINK_BASE_URI=file://" + t.TempDir()})
	target := filepath.Join(r.directory, "target", "job.jar")
	writeFile(t, target, string(javaJAR(t, 17)))
	says(t, r.fails(t, "plan"), "Resource precondition failed", "job.jar needs Java 17, and the cluster has Java 11.")
	writeFile(t, target, string(packed(t)))
	says(t, r.fails(t, "plan"), "Resource precondition failed", "needs Java (unknown)")
	writeFile(t, target, string(javaJAR(t, 11)))
	if output := r.apply(t); !strings.Contains(output, `main_class = "com.example.Job"`) {
		t.Errorf("the outputs have no main class:\n%s", output)
	}
}
