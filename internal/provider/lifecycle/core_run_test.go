package lifecycle_test

import (
	"context"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// block is a resource in a configuration.
type block struct {
	kind     string
	config   tftypes.Value // as it is once everything is known
	planning tftypes.Value // as it is at plan
	creates  bool          // create_before_destroy
}

// run is one run of Terraform: its options, and what happens meanwhile.
type run struct {
	blocks   map[string]block
	destroy  bool                     // terraform destroy
	asIs     bool                     // -refresh=false
	replace  map[string]bool          // -replace
	planning map[string]tftypes.Value // the provider's block at plan
	applying map[string]tftypes.Value // and at apply

	pick    func(n int) int                          // chooses what is next
	between func()                                   // happens between plan and apply
	within  func()                                   // happens just before the first change, when it has been planned again
	stop    int                                      // Terraform is killed after so many changes; 0: it is not
	blind   func() (ctx context.Context, end func()) // what fails in each refresh
	harm    func() (ctx context.Context, end func())
}

// action is what a plan says of a resource.
type action string

const (
	noop    action = "no-op"
	create  action = "create"
	update  action = "update"
	remove  action = "delete"
	replace action = "replace"
)

// change is a planned one.
type change struct {
	addr    string
	kind    string
	action  action
	block   block
	prior   *object // nil: there is none
	deposed *object // to be destroyed, where it is not the current one
	planned tftypes.Value
	private []byte

	expected plannedChange // what the model knows of it
}

// plan refreshes and plans everything. The state is as it was; what it will be is returned.
func (c *core) plan(r run) (changes []*change, refreshed map[string]*instance, errors failed) {
	if errors := c.configure(r.planning); errors != nil {
		return nil, nil, errors
	}
	c.model.beginWalk(r.planning)
	refreshed = map[string]*instance{}
	addresses := slices.Collect(maps.Keys(c.state))
	for addr := range r.blocks {
		if _, there := c.state[addr]; !there {
			addresses = append(addresses, addr)
		}
	}
	slices.Sort(addresses)
	for len(addresses) > 0 {
		i := r.pick(len(addresses))
		addr := addresses[i]
		addresses = slices.Delete(addresses, i, i+1)
		now := &instance{}
		refreshed[addr] = now
		before := c.state[addr]
		if before == nil {
			before = &instance{}
		}
		for _, deposed := range before.deposed {
			after, failures := c.refresh(r, deposed)
			if errors = append(errors, failures...); after == nil || failures != nil {
				continue
			}
			now.deposed = append(now.deposed, after)
			private, failures := c.planDestroy(after)
			if errors = append(errors, failures...); failures == nil {
				changes = append(changes, &change{addr: addr, kind: after.kind, action: remove, deposed: after, private: private})
			}
		}
		if before.current != nil {
			after, failures := c.refresh(r, before.current)
			if errors = append(errors, failures...); failures != nil {
				continue
			}
			now.current = after
		}
		wanted, configured := r.blocks[addr]
		switch {
		case configured:
			planned, failures := c.planResource(r, addr, wanted, now.current)
			if errors = append(errors, failures...); failures == nil {
				changes = append(changes, planned)
			}
		case now.current != nil:
			private, failures := c.planDestroy(now.current)
			if errors = append(errors, failures...); failures == nil {
				changes = append(changes, &change{addr: addr, kind: now.current.kind, action: remove, prior: now.current, private: private})
			}
		}
	}
	if len(errors) > 0 {
		return nil, refreshed, errors
	}
	return changes, refreshed, nil
}

// refresh reads an object, unless the run skips it.
func (c *core) refresh(r run, before *object) (*object, failed) {
	c.upgrade(before)
	if r.asIs {
		return before, nil
	}
	ctx := context.Background()
	if r.blind != nil {
		blinded, end := r.blind()
		defer end()
		ctx = blinded
	}
	after, errors := c.read(ctx, before)
	switch {
	case errors == nil:
		return c.model.refreshed(before, after), nil // what cannot be seen must never pass for gone
	case r.blind == nil:
		c.t.Fatalf("%s cannot be refreshed: %v", describe(before.value), errors)
	}
	tally.count("refresh: failed under bad circumstances")
	return before, errors
}

// planDestroy plans the end of an object, and returns the private state for its delete.
func (c *core) planDestroy(o *object) ([]byte, failed) {
	conflict := c.model.planDestroy(o)
	of := c.typeOf(o.kind)
	null := c.encode(of, tftypes.NewValue(of, nil))
	response, err := c.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: o.kind, PriorState: c.encode(of, o.value), ProposedNewState: null, Config: null, PriorPrivate: o.private, PriorIdentity: o.identity,
	})
	if err != nil {
		c.t.Fatalf("planning to destroy: %v", err)
	}
	errors := c.told("planning to destroy", response.Diagnostics)
	if (errors != nil) != conflict {
		c.t.Fatalf("planning to destroy %s: refused %v, want refused %t", describe(o.value), errors, conflict)
	}
	if errors == nil && !c.decode(of, response.PlannedState).IsNull() {
		c.t.Fatalf("a destroy plans something")
	}
	return response.PlannedPrivate, errors
}

// proposal requests a plan and holds it to the rules. prior null: a create.
func (c *core) proposal(kind string, config, prior tftypes.Value, private []byte, identity *tfprotov6.ResourceIdentityData) (*tfprotov6.PlanResourceChangeResponse, tftypes.Value, failed) {
	of, attributes := c.typeOf(kind), c.schema.ResourceSchemas[kind].Block.Attributes
	response, err := c.server.PlanResourceChange(context.Background(), &tfprotov6.PlanResourceChangeRequest{
		TypeName: kind, PriorState: c.encode(of, prior), ProposedNewState: c.encode(of, proposedNew(attributes, prior, config)), Config: c.encode(of, config),
		PriorPrivate: private, PriorIdentity: identity,
	})
	if err != nil {
		c.t.Fatalf("planning: %v", err)
	}
	if errors := c.told("planning", response.Diagnostics); errors != nil {
		return nil, tftypes.Value{}, errors
	}
	planned := c.decode(of, response.PlannedState)
	if planned.IsNull() {
		c.t.Fatalf("nothing is planned for %s", describe(config))
	}
	assertPlanValid(c.t, kind+".", attributes, prior, config, planned)
	return response, planned, nil
}

// planResource plans a block as Terraform does: what is replaced is planned once more as if it were new.
func (c *core) planResource(r run, addr string, b block, prior *object) (*change, failed) {
	if errors := c.validate(b.kind, b.planning); errors != nil {
		c.t.Fatalf("%s is not valid: %v", describe(b.planning), errors)
	}
	of := c.typeOf(b.kind)
	result := &change{addr: addr, kind: b.kind, block: b, prior: prior}
	before, private := tftypes.NewValue(of, nil), []byte(nil)
	var identity *tfprotov6.ResourceIdentityData
	tainted := prior != nil && prior.tainted
	if prior != nil && !tainted {
		before, private, identity = prior.value, prior.private, prior.identity
	}
	expected := c.model.plans(b.kind, b.planning, prior, tainted)
	response, planned, errors := c.proposal(b.kind, b.planning, before, private, identity)
	if (errors != nil) != expected.refused {
		c.t.Fatalf("%s: planning %s: refused %v, want refused %t (%s)", addr, describe(b.planning), errors, expected.refused, expected.why)
	}
	if errors != nil {
		return nil, errors
	}
	result.planned, result.private = planned, response.PlannedPrivate
	switch {
	case prior == nil:
		result.action = create
	case tainted:
		result.action = replace
	case replaces(c.t, response.RequiresReplace, before, planned), r.replace[addr]:
		result.action = replace
		c.model.plansAnew(b.kind, b.planning, prior, &expected)
		// What the first plan put into the private state, the second one has.
		response, planned, errors = c.proposal(b.kind, b.planning, tftypes.NewValue(of, nil), result.private, nil)
		if (errors != nil) != expected.refused {
			c.t.Fatalf("%s: planning anew %s: refused %v, want refused %t (%s)", addr, describe(b.planning), errors, expected.refused, expected.why)
		}
		if errors != nil {
			return nil, errors
		}
		result.planned, result.private = planned, response.PlannedPrivate
	case planned.Equal(before):
		result.action = noop
	default:
		result.action = update
	}
	result.expected = expected
	c.model.planned(result, r.replace[addr])
	tally.count("planned: " + b.kind + " " + string(result.action))
	return result, nil
}

// operation is one change of an apply.
type operation struct {
	*change
	action action // create, update or remove
}

// apply does what was planned. What failed is returned by address; killed: not all of it was tried.
func (c *core) apply(changes []*change, r run) (failures map[string]failed, killed bool) {
	if errors := c.configure(r.applying); errors != nil {
		c.t.Fatalf("configuring for the apply: %v", errors)
	}
	c.model.beginWalk(r.applying)
	var queues [][]operation
	for _, planned := range changes {
		switch planned.action {
		case noop:
			c.settle(planned)
		case replace:
			order := []operation{{planned, remove}, {planned, create}}
			if planned.block.creates {
				order = []operation{{planned, create}, {planned, remove}}
			}
			queues = append(queues, order)
		default:
			queues = append(queues, []operation{{planned, planned.action}})
		}
	}
	failures = map[string]failed{}
	for done := 0; len(queues) > 0; done++ {
		if r.stop > 0 && done == r.stop {
			return failures, true
		}
		i := r.pick(len(queues))
		next := queues[i][0]
		errors := c.operate(next, r)
		if queues[i] = queues[i][1:]; len(queues[i]) == 0 || errors != nil {
			queues = slices.Delete(queues, i, i+1)
		}
		if errors != nil {
			failures[next.addr] = append(failures[next.addr], errors...)
		}
	}
	return failures, false
}

// settle notes for a resource that does not change what Terraform keeps of its configuration.
func (c *core) settle(planned *change) {
	if current := c.state[planned.addr].current; current != nil {
		current.creates = planned.block.creates
	}
}

func (c *core) operate(next operation, r run) failed {
	at := c.state[next.addr]
	if at == nil {
		at = &instance{}
		c.state[next.addr] = at
	}
	switch next.action {
	case remove:
		return c.operateDelete(next, at, r)
	case create:
		was := at.current
		if next.change.action == replace && next.block.creates && was != nil {
			at.deposed = append(at.deposed, was)
			next.deposed = was
			at.current = nil
		}
		errors := c.operateWrite(next, at, r)
		if errors != nil && next.deposed != nil && at.current == nil {
			at.deposed = slices.DeleteFunc(at.deposed, func(o *object) bool { return o == was })
			at.current = was
		}
		return errors
	}
	return c.operateWrite(next, at, r)
}

// operateDelete ends the object at an address, or a deposed one.
func (c *core) operateDelete(next operation, at *instance, r run) failed {
	target, private := at.current, next.private
	if next.deposed != nil {
		target = next.deposed
		var errors failed
		if private, errors = c.planDestroy(target); errors != nil {
			c.t.Fatalf("a deposed object cannot be planned to go: %v", errors)
		}
	}
	if target == nil {
		return nil
	}
	of := c.typeOf(target.kind)
	null := tftypes.NewValue(of, nil)
	proven := next.deposed != nil || target.kind != artifactKind || next.change.action != replace || !next.expected.unproven && c.model.asPlanned(next)
	expected := c.model.deletes(target, proven, next.expected, next.deposed != nil)
	response, uncertain := c.call(r, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: target.kind, PriorState: c.encode(of, target.value), PlannedState: c.encode(of, null), Config: c.encode(of, null), PlannedPrivate: private,
	})
	errors := c.told("deleting", response.Diagnostics)
	left := c.decode(of, response.NewState)
	if (errors == nil) != left.IsNull() {
		c.t.Fatalf("after a delete with the errors %v the state is %s", errors, left)
	}
	c.model.applied(words{"deleting", target.value}, &expected, errors, uncertain)
	if errors != nil {
		target.private = response.Private
		c.model.notDeleted(target, next.deposed != nil)
		return errors
	}
	if next.deposed != nil {
		at.deposed = slices.DeleteFunc(at.deposed, func(o *object) bool { return o == target })
	} else {
		at.current = nil
	}
	return nil
}

// operateWrite creates or updates, as it was planned: else it is refused before the provider gets to do anything.
func (c *core) operateWrite(next operation, at *instance, r run) failed {
	of := c.typeOf(next.kind)
	before, private := tftypes.NewValue(of, nil), []byte(nil)
	var identity *tfprotov6.ResourceIdentityData
	prior := at.current
	if next.action == create {
		prior = nil
	}
	if prior != nil {
		before, private, identity = prior.value, prior.private, prior.identity
	}
	config := next.block.config
	response, planned, errors := c.proposal(next.kind, config, before, private, identity)
	if errors != nil {
		c.model.refusedAgain(next, errors)
		return errors
	}
	if next.action == update && replaces(c.t, response.RequiresReplace, before, planned) || !compatible(next.planned, planned) {
		c.model.inconsistent(next, planned)
		tally.count("the final plan is another one")
		return failed{"Provider produced inconsistent final plan"}
	}
	if next.action == update && planned.Equal(before) {
		return nil
	}
	if r.within != nil {
		r.within()
	}
	expected := c.model.writes(next.kind, config, planned, prior)
	applied, uncertain := c.call(r, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: next.kind, PriorState: c.encode(of, before), PlannedState: c.encode(of, planned), Config: c.encode(of, config),
		PlannedPrivate: response.PlannedPrivate, PlannedIdentity: response.PlannedIdentity,
	})
	errors = c.told("applying", applied.Diagnostics)
	state := c.decode(of, applied.NewState)
	c.model.applied(words{string(next.action), config}, &expected, errors, uncertain)
	if errors != nil {
		switch {
		case next.action == create && !state.IsNull():
			c.t.Fatalf("a create that failed (%v) left a state: %s", errors, state)
		case next.action == update && !state.Equal(before):
			c.t.Fatalf("an update that failed (%v) left another state:\n%s\nwhich was\n%s", errors, state, before)
		case next.action == update:
			prior.private = applied.Private
		}
		return errors
	}
	if state.IsNull() || !state.IsFullyKnown() {
		c.t.Fatalf("after an apply without an error the state is %s", state)
	}
	assertCompatible(c.t, next.kind, planned, state)
	c.sameIdentity(identity, applied.NewIdentity)
	at.current = &object{
		kind: next.kind, value: state, private: applied.Private, identity: applied.NewIdentity, creates: next.block.creates, known: expected.known,
	}
	c.model.written(at.current)
	return nil
}

// call applies, perhaps under bad circumstances: then it is uncertain what comes of it.
func (c *core) call(r run, request *tfprotov6.ApplyResourceChangeRequest) (response *tfprotov6.ApplyResourceChangeResponse, uncertain bool) {
	ctx := context.Background()
	if r.harm != nil {
		harmed, end := r.harm()
		defer end()
		ctx, uncertain = harmed, true
	}
	response, err := c.server.ApplyResourceChange(ctx, request)
	if err != nil {
		c.t.Fatalf("applying: %v", err)
	}
	return response, uncertain
}

// compatible is assertCompatible as a question.
func compatible(planned, actual tftypes.Value) bool {
	var asked question
	func() {
		defer func() {
			if recovered := recover(); recovered != nil && recovered != any(&asked) {
				panic(recovered)
			}
		}()
		assertCompatible(&asked, "", planned, actual)
	}()
	return !asked.failed
}

type question struct{ failed bool }

func (q *question) Helper()             {}
func (q *question) Logf(string, ...any) {}
func (q *question) Fatalf(string, ...any) {
	q.failed = true
	panic(q)
}
