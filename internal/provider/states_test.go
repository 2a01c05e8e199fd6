package provider_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/secrettest"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/sourcetest/faultserver"
)

// States that released providers wrote, private state included, with the worlds that they belong to: testdata/states/README.md.
const (
	statesDirectory = "testdata/states"
	nextRecording   = "next" // the configurations of the next recording
	recordedState   = "recorded.tfstate"
	recordedWorlds  = "worlds.json"
)

// stateRecordings are kept for ever.
// A new one joins them.
var stateRecordings = []string{"before-0.1.0-terraform-1.11.4", "before-0.1.0-opentofu-1.12.6"}

var recordStates = flag.String("record-states", "", "keep what this provider writes in "+statesDirectory+" under this name, which must be new")

// worlds are what a store held once the recorded state was written, and once its recorder had destroyed it.
type worlds struct {
	Applied   world `json:"applied"`
	Destroyed world `json:"destroyed"`
}

// Every recorded state plans clean, changes nothing when it is applied, and destroys what the provider that wrote it destroyed.
func TestStates(t *testing.T) {
	if *recordStates != "" {
		for store := range stateStores {
			recordState(t, store, filepath.Join(statesDirectory, *recordStates, store))
		}
	}
	recordings, err := filepath.Glob(filepath.Join(statesDirectory, "*", "*", recordedState))
	if kept := len(stateRecordings) * len(stateStores); err != nil || len(recordings) < kept {
		t.Fatal(recordings, err, "of", kept)
	}
	for _, name := range stateRecordings {
		if _, err := os.Stat(filepath.Join(statesDirectory, name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, recording := range recordings {
		directory := filepath.Dir(recording)
		store := filepath.Base(directory)
		t.Run(filepath.Base(filepath.Dir(directory))+"/"+store, func(t *testing.T) {
			t.Parallel()
			readsState(t, stateStores[store](t), directory)
		})
	}
}

func readsState(t *testing.T, store stateStore, directory string) {
	t.Helper()
	var recorded worlds
	readJSON(t, filepath.Join(directory, recordedWorlds), &recorded)
	r, repository := newStateRoot(t, store, directory)
	build(t, store, recorded.Applied)
	placeholder, own := store.own()
	text := bytes.ReplaceAll(readFile(t, filepath.Join(directory, recordedState)), []byte(placeholder), []byte(own))
	state := filepath.Join(r.directory, "terraform.tfstate")
	writeFile(t, state, string(text))

	store.requests()
	output, changes := r.plansChanges(t)
	if changes || !strings.Contains(output, "No changes.") {
		t.Errorf("the plan is not clean:\n%s", output)
	}
	if strings.Count(output, "Warning:") != strings.Count(output, "Warning: Provider development overrides are in effect") {
		t.Errorf("the plan warns:\n%s", output)
	}
	resources := readState(t, text)
	looks := looksAtMost(t, resources)
	for operation, count := range counted(store.requests()) {
		if !readsOnly.MatchString(operation) || operation == "GetObject" || operation == "HeadObject" && count > looks {
			t.Errorf("the plan sent %d %s, want no more than %d HeadObject, no GetObject and no write", count, operation, looks)
		}
	}
	for _, request := range repository.Requests() {
		if request.Method != http.MethodHead && !strings.HasSuffix(request.Path, "SUMS") {
			t.Errorf("the plan fetched %s, which has not changed", request.Path)
		}
	}

	output = r.apply(t)
	if !strings.Contains(output, "0 added, 0 changed, 0 destroyed") {
		t.Errorf("the apply changes something:\n%s", output)
	}
	expectWorld(t, "the apply", look(t, store), recorded.Applied)

	// A replacement is planned twice in one run, and the ID in the private state shows that both are the same resource.
	writeFile(t, state, string(text))
	replaced := replaceable(resources)
	output = r.plan(t, replaced...)
	if want := fmt.Sprintf("%d to add, 0 to change, %[1]d to destroy", len(replaced)); !strings.Contains(output, want) {
		t.Errorf("a plan to replace some is not %q:\n%s", want, output)
	}

	recorded.Destroyed.Objects = append(recorded.Destroyed.Objects, changeOwned(t, store, recorded)...)
	writeFile(t, state, string(text))
	r.destroy(t)
	expectWorld(t, "the destroy", look(t, store), recorded.Destroyed)
}

var readsOnly = regexp.MustCompile(`^(Get|Head|List)`)

// stateInstance is an instance of a resource in a state.
type stateInstance struct {
	kind, name, uri, sourceURL string
	private                    map[string][]byte // as the provider wrote it
}

func readState(t *testing.T, text []byte) (all []stateInstance) {
	t.Helper()
	var state struct {
		Resources []struct {
			Type, Name string
			Instances  []struct {
				Private    []byte
				Attributes struct {
					URI       string
					SourceURL string `json:"source_url"`
				}
			}
		}
	}
	if err := json.Unmarshal(text, &state); err != nil {
		t.Fatal(err)
	}
	for _, resource := range state.Resources {
		for _, instance := range resource.Instances {
			one := stateInstance{kind: resource.Type, name: resource.Name, uri: instance.Attributes.URI, sourceURL: instance.Attributes.SourceURL}
			if err := json.Unmarshal(instance.Private, &one.private); len(instance.Private) > 0 && err != nil {
				t.Fatal(err)
			}
			all = append(all, one)
		}
	}
	return all
}

// looksAtMost is how many objects a plan looks at one by one: up to eight in each directory, and the sources in stores that nobody has pinned.
func looksAtMost(t *testing.T, state []stateInstance) int {
	t.Helper()
	directories, looks := map[string]int{}, 0
	for _, instance := range state {
		if instance.kind != "flink_artifact" {
			continue
		}
		_, place, _ := strings.Cut(instance.uri, "://")
		directory := path.Dir(place)
		if directories[directory]++; directories[directory] <= 8 {
			looks++
		}
		if instance.sourceURL != "" && !strings.HasPrefix(instance.sourceURL, "http") {
			looks++
		}
	}
	if looks < 9 {
		t.Fatalf("the state has %d artifacts: too few for a listing", looks)
	}
	return looks
}

// replaceable are arguments that replace one resource of each type.
func replaceable(state []stateInstance) (arguments []string) {
	types := map[string]bool{}
	for _, instance := range state {
		if !types[instance.kind] {
			arguments = append(arguments, "-replace="+instance.kind+"."+instance.name)
		}
		types[instance.kind] = true
	}
	return arguments
}

// changeOwned gives other bytes to the objects that carry our token and are to be destroyed, so that the token in the private state alone says
// whose they are. One gets the token of another client, so that it stays; it is returned. Files need nothing of that: their ETags are others anyway.
func changeOwned(t *testing.T, store stateStore, recorded worlds) (stays []worldObject) {
	t.Helper()
	for _, object := range recorded.Applied.Objects {
		if object.Metadata["flink-owner"] == "" || recorded.Destroyed.has(object.Key) {
			continue
		}
		if len(stays) == 0 && recorded.Destroyed.has(path.Dir(object.Key)+"/") {
			object.Metadata = maps.Clone(object.Metadata)
			object.Metadata["flink-owner"] = "THETOKENOFSOMEBODYELSE001"
			stays = append(stays, object)
		} else {
			object.Body, object.ETag = append(slices.Clone(object.Body), "changed"...), ""
		}
		store.put(t, object)
	}
	return stays
}

// newStateRoot has the configuration of a recording, and Terraform reaches the store and the repository of the files behind URLs.
func newStateRoot(t *testing.T, store stateStore, directories ...string) (root, *faultserver.Server) {
	t.Helper()
	r := newRoot(t, "")
	if err := os.Remove(filepath.Join(r.directory, "main.tf")); err != nil {
		t.Fatal(err)
	}
	repository, environment := startRepository(t)
	r.environment = append(append(r.environment, environment...), store.environment()...)
	for _, directory := range directories {
		for _, name := range configurationFiles(t, directory) {
			writeFile(t, filepath.Join(r.directory, name), string(readFile(t, filepath.Join(directory, name))))
		}
	}
	publishFiles(t, repository, filepath.Join(r.directory, publishedFiles))
	return r, repository
}

// configurationFiles are those that Terraform reads, or whose bytes it is to publish, and the files behind URLs.
func configurationFiles(t *testing.T, directory string) []string {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		switch entry.Name() {
		case recordedState, recordedWorlds, "before.json":
		default:
			names = append(names, entry.Name())
		}
	}
	return names
}

// recordState applies the configuration of the next recording in a new store, and keeps what that wrote.
func recordState(t *testing.T, name, to string) {
	t.Helper()
	if _, err := os.Stat(to); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%s is there already, and is never written again: choose another name (%v)", to, err)
	}
	store := stateStores[name](t)
	every, own := filepath.Join(statesDirectory, nextRecording, "every"), filepath.Join(statesDirectory, nextRecording, name)
	r, _ := newStateRoot(t, store, every, own)
	var before world
	readJSON(t, filepath.Join(own, "before.json"), &before)
	build(t, store, before)
	r.apply(t)
	state := readFile(t, filepath.Join(r.directory, "terraform.tfstate"))
	recorded := worlds{Applied: look(t, store)}
	if output, changes := r.plansChanges(t); changes {
		t.Fatalf("what was applied does not plan clean:\n%s", output)
	}
	r.destroy(t)
	recorded.Destroyed = look(t, store)

	text := portable(t, store, string(state))
	for _, directory := range []string{every, own} {
		for _, name := range configurationFiles(t, directory) {
			writeFile(t, filepath.Join(to, name), string(readFile(t, filepath.Join(directory, name))))
		}
	}
	writeFile(t, filepath.Join(to, recordedState), text)
	written, err := json.MarshalIndent(recorded, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(to, recordedWorlds), string(written)+"\n")
}

// portable puts placeholders in the place of what is this machine's own, and makes sure that no more of it is left, and no secret, in the private
// state either.
func portable(t *testing.T, store stateStore, state string) string {
	t.Helper()
	placeholder, own := store.own()
	state = strings.ReplaceAll(state, own, placeholder)
	texts := []string{state}
	for _, resource := range readState(t, []byte(state)) {
		for key, value := range resource.private {
			texts = append(texts, key+": "+string(value))
		}
	}
	for _, text := range texts {
		for _, own := range []string{filepath.Dir(t.TempDir()), "127.0.0.1", "/home/", "/root/", secrettest.Mark} {
			if at := strings.Index(text, own); at >= 0 {
				t.Fatalf("the state holds what no state may: …%s…", text[max(0, at-100):min(len(text), at+100)])
			}
		}
	}
	return state
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	if err := json.Unmarshal(readFile(t, path), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// expectWorld compares what a store holds with what it should hold.
func expectWorld(t *testing.T, after string, got, want world) {
	t.Helper()
	if !reflect.DeepEqual(got.Buckets, want.Buckets) {
		t.Errorf("after %s the buckets are %s, want %s", after, inJSON(got.Buckets), inJSON(want.Buckets))
	}
	for _, object := range got.Objects {
		if !want.has(object.Key) {
			t.Errorf("after %s %s is there, and should not be", after, object.Key)
		}
	}
	for _, object := range want.Objects {
		at := slices.IndexFunc(got.Objects, func(o worldObject) bool { return o.Key == object.Key })
		switch {
		case at < 0:
			t.Errorf("after %s %s is missing", after, object.Key)
		case inJSON(got.Objects[at]) != inJSON(object):
			t.Errorf("after %s there is %s, want %s", after, inJSON(got.Objects[at]), inJSON(object))
		}
	}
}

func inJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
