package provider

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/listing"
)

// walk is what the resources of one run know of each other: Terraform walks over the configuration once for a plan and once for an apply, and starts the provider for each.
// The zero value is ready.
// It is safe for concurrent use.
//
// Locations are in their one canonical spelling.
// Those that are no artifact's have a prefix: see workspaceLocation and accelerationLocation.
type walk struct {
	intents intents
	// created has the locations where a resource was created in this walk.
	created sync.Map
	// foreign has the locations of this state that another resource has taken over, as its refresh found.
	foreign sync.Map
	// listings answer the refreshes of many artifacts in one directory.
	listings listing.Listings
	locks    keyedLocks
}

// change runs what changes a location in a store: one change at a time, and no listing from before it is used afterwards, whatever became of it.
// what is what is changed, in the words of a message.
func (w *walk) change(ctx context.Context, location, what string, run func() diag.Diagnostics) diag.Diagnostics {
	unlock, err := w.locks.lock(ctx, location)
	if err != nil {
		return diag.Diagnostics{diag.NewErrorDiagnostic(failure("Waiting for another change of "+what, err))}
	}
	defer unlock()
	defer w.listings.Drop()
	return run()
}

// isCreated reports whether a resource was created at a location in this walk.
func (w *walk) isCreated(location string) bool {
	_, created := w.created.Load(location)
	return created
}

// replaced reports whether another resource of this walk has put or adopted the object, so that it is not the one to delete.
func (w *walk) replaced(location string, owner ownership, object blob.Info) bool {
	return w.isCreated(location) && (object.Owner() == "" || object.Owner() != owner.Token)
}

// foreignLocations are sorted.
func (w *walk) foreignLocations() []string {
	var locations []string
	w.foreign.Range(func(location, _ any) bool {
		locations = append(locations, location.(string)) //nolint:forcetypeassert // nothing else is stored
		return true
	})
	slices.Sort(locations)
	return locations
}

// intents remembers what the resources of this walk are planned to do, by location, so that two on one location are found before either of them is written.
//
// Terraform plans a resource that is replaced twice: once with its prior state, once without; the private state, and so the ID in it, is the same in both.
type intents struct {
	mu         sync.Mutex
	byLocation map[string][]intent
}

// intent is what a resource is planned to do at a location.
type intent struct {
	owner ownership // without an ID: a new resource
	kind  intentKind
}

type intentKind int

const (
	toKeep   intentKind = iota // the resource exists there, and stays
	toCreate                   // the resource will be created there
	toDelete                   // the resource will be deleted there, and is not planned any more
)

// add notes an intent, and returns those that other resources have for the same location.
func (i *intents) add(location string, added intent) (others []intent) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.byLocation == nil {
		i.byLocation = map[string][]intent{}
	}
	same := false
	for _, existing := range i.byLocation[location] {
		if existing.owner.ID != "" && existing.owner.ID == added.owner.ID {
			same = same || existing.kind == added.kind
			continue
		}
		others = append(others, existing)
	}
	if !same {
		i.byLocation[location] = append(i.byLocation[location], added)
	}
	return others
}

// willBeCreated reports whether some resource is planned to be created at a location.
func (i *intents) willBeCreated(location string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.ContainsFunc(i.byLocation[location], func(existing intent) bool { return existing.kind == toCreate })
}

// conflicts are the messages on two resources that are planned for one location.
type conflicts struct {
	attribute string  // that has the location
	twice     message // both are to be there: an error
	moved     message // one is deleted, another one is there: a warning, often of a changed address. Without a title: nothing
	shared    message // one is deleted, and takes the object from one that keeps it: an error. Without a title: that is moved too
}

type message struct{ title, detail string }

// plan notes an intent, and says how it conflicts with those of other resources.
func (w *walk) plan(location string, mine intent, say conflicts) diag.Diagnostics {
	var diags diag.Diagnostics
	for _, other := range w.intents.add(location, mine) {
		leaving, staying := mine, other
		if other.kind == toDelete {
			leaving, staying = other, mine
		}
		switch {
		case staying.kind == toDelete:
		case leaving.kind == toKeep && staying.kind == toKeep:
			// Both exist: an error would keep them from being destroyed.
			diags.AddAttributeWarning(path.Root(say.attribute), say.twice.title, say.twice.detail)
		case leaving.kind != toDelete:
			diags.AddAttributeError(path.Root(say.attribute), say.twice.title, say.twice.detail)
		case staying.kind == toKeep && say.shared.title != "":
			if leaving.owner.shares(staying.owner) {
				diags.AddError(say.shared.title, say.shared.detail)
			}
		case say.moved.title != "":
			diags.AddWarning(say.moved.title, say.moved.detail)
		}
	}
	return diags
}

// keyedLocks lets one caller at a time work on a name.
type keyedLocks struct{ byName sync.Map } // of channels, in which whoever has the lock has put something

// lock waits for its turn, and returns what ends it.
func (l *keyedLocks) lock(ctx context.Context, name string) (unlock func(), err error) {
	value, _ := l.byName.LoadOrStore(name, make(chan struct{}, 1))
	lock := value.(chan struct{}) //nolint:forcetypeassert // nothing else is stored
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}
