package lifecycle_test

import (
	"fmt"
	"maps"
	"path"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// deletesArtifact says what a delete does: what carries our token is deleted, what carries none is deleted if it is ours and as we saw it, all else stays.
func (m *model) deletesArtifact(target *object, proven bool, planned plannedChange, deposed bool) outcome {
	state := fields(target.value)
	place := placeOf(state)
	there, found := m.store[place]
	mine := target.ours()
	tainted := planned.tainted && !deposed // whose private state Terraform does not hand over
	if tainted {
		mine = known{}
	}
	left := func(why string) outcome { return outcome{tally: "delete: left, " + why} }
	gone := outcome{path: place, tally: "delete: deleted"}
	switch {
	case truth(state["retain_on_destroy"]):
		return left("to be retained")
	case !proven:
		return outcome{refused: true, why: "nobody saw what comes in its place", tally: "delete: refused, unproven"}
	case !found:
		return outcome{tally: "delete: gone already"}
	case m.placed[place] && (there.owner == "" || there.owner != mine.token):
		return left("another one was created there")
	case tainted || target.lost:
		if there.owner != "" && there.tag == target.seen && !planned.foreign {
			return gone
		}
		return left("of a tainted resource")
	case there.owner != "" && there.owner == mine.token:
		return gone
	case there.owner != "":
		return left("another one's")
	case mine.owned && there.tag == target.seen:
		return gone
	case mine.owned:
		return left("written by hand")
	}
	return left("adopted")
}

// asPlanned says whether the local source of a replacement still has the bytes that were planned, where they were.
func (m *model) asPlanned(next operation) bool {
	config, hash := fields(next.block.planning), text(fields(next.planned)["content_sha256"])
	for _, name := range []string{"source", "source_url", "content"} {
		if !config[name].IsKnown() {
			return true
		}
	}
	if hash == "" || !config["content"].IsNull() || isRemote(config) {
		return true
	}
	data, problem := m.found(config)
	if problem == "" && sum(data) == hash {
		return true
	}
	tally.count("delete: refused, the source changed after the plan")
	return false
}

// writing is a create or an update of an artifact, with what is known of it.
type writing struct {
	m               *model
	config, planned map[string]tftypes.Value
	prior           *object
	before          map[string]tftypes.Value // of the state; nil: there is none
	place           string
	there           thing
	occupied        bool
	hash            string // "": it is known once the bytes have come
	data, problem   string // of the source
	opened          bool   // the source was read from a store
	mine            known
}

func refused(why string) outcome { return outcome{refused: true, why: why, tally: "refused: " + why} }

func (m *model) writesArtifact(config, planned tftypes.Value, prior *object) outcome {
	w := &writing{m: m, config: fields(config), planned: fields(planned), prior: prior}
	if prior != nil {
		w.before, w.mine = fields(prior.value), prior.known
	} else {
		w.mine = known{id: m.new(), token: "new", owned: true, stamped: true}
	}
	w.data, w.problem = m.found(w.config)
	w.hash = text(w.planned["content_sha256"])
	remote := isRemote(w.config)
	if w.hash == "" {
		switch pin, ok := m.pin(w.config); {
		case !ok:
			return refused("no file of checksums")
		case pin != "":
			w.hash = pin
		case !remote || truth(w.planned["content_addressed"]):
			if !w.learn() {
				return refused("the source is missing")
			}
		}
	}
	w.place = m.locate(w.planned, nil, w.hash)
	w.there, w.occupied = m.store[w.place]
	var result outcome
	switch {
	case prior == nil:
		result = w.create()
		result.creates = w.place
	case w.hash != "" && w.hash == text(w.before["content_sha256"]):
		result = w.attributes("update: nothing sent")
	default:
		result = w.replace()
	}
	if !result.refused {
		result.known = w.mine
		if w.opened && remote {
			result.known.source, result.known.sourceHash = text(w.config["source_url"]), sum(w.data)
		}
	}
	return result
}

// learn reads the source for its hash alone.
func (w *writing) learn() bool {
	w.hash, w.opened = sum(w.data), true
	return w.problem == ""
}

func (w *writing) overwrite() bool { return truth(w.planned["overwrite"]) }

func (w *writing) create() outcome {
	switch {
	case !w.occupied:
		return w.put(thing{}, "create: written")
	case w.hash == "" && w.overwrite():
		return w.put(thing{}, "create: overwritten")
	}
	same := false
	if size := w.planned["size"]; !size.IsKnown() || number(size) == int64(len(w.there.data)) {
		if w.hash == "" && !w.learn() {
			return refused("the source is missing")
		}
		same = sum(w.there.data) == w.hash
	}
	switch {
	case same && w.there.owner != "":
		return w.edit("create: taken over")
	case same && w.overwrite():
		return w.edit("create: the same bytes made ours")
	case same && w.hasPlanned():
		w.mine.token, w.mine.owned, w.mine.stamped = fmt.Sprintf("nobody knows %d", w.mine.id), false, false
		w.mine.seen = w.there.tag
		return outcome{tally: "create: adopted"}
	case w.overwrite():
		return w.put(thing{}, "create: overwritten")
	}
	return refused("another object is there already")
}

// hasPlanned reports whether the object has what the configuration requests, and perhaps more.
func (w *writing) hasPlanned() bool {
	if kind := text(w.planned["content_type"]); kind != "" && kind != w.there.kind {
		return false
	}
	for key, value := range metadataOf(w.planned) {
		if w.there.metadata[key] != value {
			return false
		}
	}
	return true
}

// attributes changes the object's attributes, if that is planned.
func (w *writing) attributes(nothing string) outcome {
	if w.planned["metadata"].IsKnown() && w.planned["content_type"].Equal(w.before["content_type"]) && maps.Equal(metadataOf(w.planned), metadataOf(w.before)) {
		return outcome{tally: nothing}
	}
	switch {
	case !w.occupied:
		return refused("the object is gone since the plan")
	case w.there.tag != w.prior.seen:
		return refused("the object changed since the plan")
	case !w.mayReplace():
		return refused("the object is not ours")
	}
	w.stamp()
	return w.edit("update: attributes alone")
}

func (w *writing) mayReplace() bool {
	return w.overwrite() || w.mine.owned && (w.there.owner == "" || w.there.owner == w.mine.token)
}

// stamp is a new token after an import, since the resource that the object was imported from may live on.
func (w *writing) stamp() {
	if !w.mine.stamped {
		w.mine.token, w.mine.stamped = "new", true
	}
	w.mine.owned = true
}

// replace sends other bytes.
func (w *writing) replace() outcome {
	switch {
	case !w.occupied:
		return refused("the object is gone since the plan")
	case w.there.tag != w.prior.seen:
		return refused("the object changed since the plan")
	case !w.mayReplace() && w.hash == "" && !w.learn():
		return refused("the source is missing")
	case !w.mayReplace() && w.hash == text(w.before["content_sha256"]):
		return w.attributes("update: the same bytes after all")
	case !w.mayReplace():
		return refused("the object is not ours")
	case w.hash == "" && w.problem == "" && sum(w.data) == text(w.before["content_sha256"]):
		w.opened = true
		return w.attributes("update: the same bytes after all")
	}
	before := w.mine
	w.stamp()
	result := w.put(w.there, "update: other bytes")
	if result.refused {
		w.mine = before
	}
	return result
}

// put writes the bytes of the source over what was there before: thing{}, where nothing of that stays.
func (w *writing) put(before thing, told string) outcome {
	w.opened = true
	switch {
	case w.problem != "":
		return refused("the source is missing")
	case w.hash != "" && sum(w.data) != w.hash:
		return refused("the source has other bytes than planned")
	case truth(w.planned["accelerate"]) && (!isRemote(w.config) || !w.m.world.copies()) && w.m.store[accelerationPath].data != "on":
		return refused("the bucket is not accelerated")
	}
	after := w.told(before)
	after.data = w.data
	if after.kind == "" {
		after.kind = kindOf(w.place)
	}
	return outcome{path: w.place, after: &after, tally: told}
}

// edit changes the attributes of what exists.
func (w *writing) edit(told string) outcome {
	after := w.told(w.there)
	return outcome{path: w.place, after: &after, tally: told}
}

// told is an object with the attributes that are planned. Those of others stay.
func (w *writing) told(before thing) thing {
	after := before
	after.owner = w.mine.token
	switch kind := text(w.planned["content_type"]); {
	case kind != "":
		after.kind = kind
	case w.before != nil && !w.before["content_type"].IsNull():
		after.kind = kindOf(w.place)
	}
	after.metadata = map[string]string{}
	maps.Copy(after.metadata, before.metadata)
	for key := range metadataOf(w.before) {
		delete(after.metadata, key)
	}
	maps.Copy(after.metadata, metadataOf(w.planned))
	return after
}

func kindOf(place string) string {
	switch path.Ext(place) {
	case ".jar":
		return "application/java-archive"
	case ".py":
		return "text/x-python"
	}
	return "application/octet-stream"
}
