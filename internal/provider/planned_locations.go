package provider

import (
	"slices"
	"sync"
)

// plannedLocations remembers which artifact of this walk is planned where, so that two on one location are found before either
// of them is written.
//
// Terraform plans a resource that is replaced twice: once with its prior state, once without; the private state, and so the ID
// in it, is the same in both. A claim without an ID is that of a resource that is new.
type plannedLocations struct {
	mu     sync.Mutex
	claims map[string][]claim
}

type claim struct {
	owner ownership // without an ID: a new resource
	kind  claimKind
}

type claimKind int

const (
	claimKept      claimKind = iota // the resource is there already
	claimCreated                    // the resource will be created there
	claimDestroyed                  // the resource will be destroyed, and is not planned any more
)

// add notes a claim, and returns those that other resources have on the same location.
func (p *plannedLocations) add(location string, added claim) (others []claim) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.claims == nil {
		p.claims = map[string][]claim{}
	}
	same := false
	for _, existing := range p.claims[location] {
		if existing.owner.ID != "" && existing.owner.ID == added.owner.ID {
			same = same || existing.kind == added.kind
			continue
		}
		others = append(others, existing)
	}
	if !same {
		p.claims[location] = append(p.claims[location], added)
	}
	return others
}

// creates says whether some resource is planned to be created at a location.
func (p *plannedLocations) creates(location string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.ContainsFunc(p.claims[location], func(existing claim) bool { return existing.kind == claimCreated })
}
