package lifecycle_test

import (
	"context"
	"os"
	"slices"
	"testing"
)

// Lifecycles that are kept: what a random one has found, and those that nobody should have to wait for. They are written out, since the numbers of a
// failing one mean another lifecycle as soon as the generator changes.

// script is a lifecycle that is written out, on a directory.
type script struct {
	*core
	world world
	first bool // the next one is the first of those that can be; else the last
}

func scripted(t *testing.T) *script {
	t.Helper()
	w := newDirectory(t.TempDir())
	return &script{&core{t: t, served: serve(t), state: map[string]*instance{}, model: newModel(t, w)}, w, true}
}

// apply runs Terraform for some blocks, and says what failed.
func (s *script) apply(blocks map[string]artifactBlock, r run) map[string]failed {
	r.pick = func(n int) int {
		if s.first {
			return 0
		}
		return n - 1
	}
	r.planning, r.applying, r.blocks = s.world.provider(), s.world.provider(), map[string]block{}
	for addr, b := range blocks {
		r.blocks[addr] = b.block(s.core, nil)
	}
	changes, refreshed, errors := s.plan(r)
	s.model.unchanged("a plan")
	if errors != nil {
		s.t.Fatalf("the plan is refused: %v", errors)
	}
	s.state = refreshed
	if r.between != nil {
		r.between()
	}
	failures, _ := s.core.apply(changes, r)
	s.tidy()
	return failures
}

func inline(content string) artifactBlock {
	return artifactBlock{namespace: "default", filename: "job.jar", kind: "content", content: content}
}

// Terraform is killed after the new file exists and before the old one is gone: the next run deletes the old one, and that alone.
func TestKilledBetweenACreateAndTheDeleteOfWhatItReplaced(t *testing.T) {
	s := scripted(t)
	b := inline(texts[0])
	b.addressed, b.creates = true, true
	blocks := map[string]artifactBlock{addresses[0]: b}
	s.apply(blocks, run{})
	b.content = texts[1]
	blocks[addresses[0]] = b
	s.apply(blocks, run{stop: 1})
	if deposed := s.state[addresses[0]].deposed; len(deposed) != 1 {
		t.Fatalf("%d objects are deposed", len(deposed))
	}
	if failures := s.apply(blocks, run{}); len(failures) > 0 {
		t.Fatal(failures)
	}
	for path := range s.model.store {
		if path[len(path)-1] != '/' && path != "a/artifacts/namespaces/default/"+addressed("job.jar", sum(texts[1])) {
			t.Errorf("%s is still there", path)
		}
	}
}

// A resource gets another address, without a moved block: whichever is first, the file exists in the end, and is the new one's.
func TestRenamedInBothOrders(t *testing.T) {
	for name, first := range map[string]bool{"the new one first": false, "the old one first": true} {
		t.Run(name, func(t *testing.T) {
			s := scripted(t)
			s.apply(map[string]artifactBlock{addresses[0]: inline(texts[0])}, run{})
			s.first = first
			renamed := map[string]artifactBlock{addresses[1]: inline(texts[0])}
			if failures := s.apply(renamed, run{}); len(failures) > 0 {
				t.Fatal(failures)
			}
			if got := s.model.store["a/artifacts/namespaces/default/job.jar"].data; got != texts[0] {
				t.Errorf("the file holds %q", got)
			}
			s.apply(nil, run{})
			if _, there := s.model.store["a/artifacts/namespaces/default/job.jar"]; there {
				t.Error("the file is still there after the destroy")
			}
		})
	}
}

// Found on 2026-11-22: a file in the place of the base directory was a failure with a request to report it.
func TestAFileStandsInPlaceOfTheWorkspace(t *testing.T) {
	s := scripted(t)
	blocks := map[string]artifactBlock{addresses[0]: inline(texts[0])}
	failures := s.apply(blocks, run{harm: func() (context.Context, func()) { return s.world.harm("in the way", 1) }})
	if len(failures[addresses[0]]) == 0 {
		t.Fatal("nothing failed")
	}
	if failures := s.apply(blocks, run{}); len(failures) > 0 {
		t.Fatal(failures)
	}
}

// Found on 2026-11-22: the length of a pinned file was planned, so that Terraform spoke of a bug in the provider when the file was gone at apply. The provider
// has words of its own for that.
func TestAPinnedSourceIsGoneAtApply(t *testing.T) {
	s := scripted(t)
	files := newSources(t.TempDir())
	b := artifactBlock{namespace: "default", kind: "source", source: files.path("job.jar"), pin: sum(texts[0])}
	failures := s.apply(map[string]artifactBlock{addresses[0]: b}, run{between: func() { must(os.Remove(files.path("job.jar"))) }})
	if got := failures[addresses[0]]; !slices.Equal(got, failed{"The source is missing"}) {
		t.Errorf("the apply says %v", got)
	}
}
