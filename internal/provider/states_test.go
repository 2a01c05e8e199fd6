package provider_test

import (
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
	kept := []byte(store.placeholders().Replace(string(readFile(t, filepath.Join(directory, recordedState)))))
	state := filepath.Join(r.directory, "terraform.tfstate")
	writeFile(t, state, string(kept))

	store.requests()
	output, changes := r.plansChanges(t)
	if changes || !strings.Contains(output, "No changes.") {
		t.Errorf("the plan is not clean:\n%s", output)
	}
	if strings.Count(output, "Warning:") != strings.Count(output, "Warning: Provider development overrides are in effect") {
		t.Errorf("the plan warns:\n%s", output)
	}
	looks := looksAtMost(t, kept)
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

	// A replacement is planned twice in one run, and the ID in the private state tells that both are the same resource.
	writeFile(t, state, string(kept))
	replaced := replaceable(t, kept)
	output = r.plan(t, replaced...)
	if want := fmt.Sprintf("%d to add, 0 to change, %[1]d to destroy", len(replaced)); !strings.Contains(output, want) {
		t.Errorf("a plan to replace some is not %q:\n%s", want, output)
	}

	recorded.Destroyed.Objects = append(recorded.Destroyed.Objects, changeOwned(t, store, recorded)...)
	writeFile(t, state, string(kept))
	r.destroy(t)
	expectWorld(t, "the destroy", look(t, store), recorded.Destroyed)
}

var readsOnly = regexp.MustCompile(`^(Get|Head|List)`)

// looksAtMost is how many objects a plan looks at one by one: up to eight in each directory, and the sources in stores that nobody has pinned.
func looksAtMost(t *testing.T, state []byte) int {
	t.Helper()
	var recorded struct {
		Resources []struct {
			Type      string
			Instances []struct {
				Attributes struct {
					URI       string
					SourceURL string `json:"source_url"`
				}
			}
		}
	}
	if err := json.Unmarshal(state, &recorded); err != nil {
		t.Fatal(err)
	}
	directories, looks := map[string]int{}, 0
	for _, resource := range recorded.Resources {
		for _, instance := range resource.Instances {
			if resource.Type != "flink_artifact" {
				continue
			}
			_, place, _ := strings.Cut(instance.Attributes.URI, "://")
			directory := path.Dir(place)
			if directories[directory]++; directories[directory] <= 8 {
				looks++
			}
			if source := instance.Attributes.SourceURL; source != "" && !strings.HasPrefix(source, "http") {
				looks++
			}
		}
	}
	if looks < 9 {
		t.Fatalf("the state has %d artifacts: too few for a listing", looks)
	}
	return looks
}

// replaceable are arguments that replace one resource of each type.
func replaceable(t *testing.T, state []byte) []string {
	t.Helper()
	var recorded struct {
		Resources []struct{ Type, Name string }
	}
	if err := json.Unmarshal(state, &recorded); err != nil {
		t.Fatal(err)
	}
	types, arguments := map[string]bool{}, []string{}
	for _, resource := range recorded.Resources {
		if !types[resource.Type] {
			arguments = append(arguments, "-replace="+resource.Type+"."+resource.Name)
		}
		types[resource.Type] = true
	}
	return arguments
}

// changeOwned gives other bytes to the objects that carry our token and are to be destroyed, so that the token in the private state alone says
// whose they are. One gets the token of somebody else, so that it stays; it is returned. Files need nothing of that: their ETags are others anyway.
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
	state = store.toPlaceholders().Replace(state)
	for _, text := range append(privateStates(t, state), state) {
		for _, own := range []string{filepath.Dir(t.TempDir()), "127.0.0.1", "/home/", "/root/", secrettest.Mark} {
			if at := strings.Index(text, own); at >= 0 {
				t.Fatalf("the state holds what no state may: …%s…", text[max(0, at-100):min(len(text), at+100)])
			}
		}
	}
	return state
}

// privateStates are those of a state's resources, key by key, as the provider wrote them.
func privateStates(t *testing.T, state string) []string {
	t.Helper()
	var recorded struct {
		Resources []struct{ Instances []struct{ Private []byte } }
	}
	if err := json.Unmarshal([]byte(state), &recorded); err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, resource := range recorded.Resources {
		for _, instance := range resource.Instances {
			var keys map[string][]byte
			if err := json.Unmarshal(instance.Private, &keys); err != nil {
				t.Fatal(err)
			}
			for key, value := range keys {
				texts = append(texts, fmt.Sprintf("%s: %s", key, value))
			}
		}
	}
	return texts
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
