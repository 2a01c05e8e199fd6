package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// sighting is when the object was last as the state has it, attributes and owner included, by the store's clock in Unix seconds. A listing
// tells no attributes, but on S3, OSS and MinIO a change of them makes a new modification time, in whole seconds.
type sighting struct {
	// Modified is the object's modification time; 0: not known, as the answer to a write does not tell it.
	Modified int64 `json:"modified,omitempty"`
	// Written is when that write was answered.
	Written int64 `json:"written,omitempty"`
}

// The key is part of users' states: it never changes.
const sightingKey = "sighting"

// writtenSlack is by how many seconds an answer's date may lag behind the modification time that it comes with: some servers take their
// clock's reading anew once a second (fasthttp v1.73, updateServerDate; versitygw serves by it). So a change of the attributes alone that somebody else
// makes within two seconds after our write, or in the second in which it was read, is seen only with the next change, or by an update or a
// destroy, which look at the object itself.
const writtenSlack = 1

// isSeen says whether a listing has the object just as it was seen.
func (s sighting) isSeen(state artifactModel, listed blob.Info) bool {
	if listed.ModTime.IsZero() || listed.ETag != state.ETag.ValueString() || listed.Size != state.Size.ValueInt64() {
		return false
	}
	modified := listed.ModTime.Unix()
	if s.Modified != 0 {
		return modified == s.Modified
	}
	return modified <= s.Written+writtenSlack
}

// unchanged says whether the object is as the state has it, without asking for it alone. False says nothing. The first listing after a write
// tells its time, which is kept: from then on no other time will do, neither an older one (an earlier version that is back) nor, where something
// between the store and us has dated the answer by a clock that is ahead, a later one.
func (r *artifactResource) unchanged(ctx context.Context, private privateState, store blob.Store, artifact workspace.Artifact, state artifactModel) (bool, diag.Diagnostics) {
	var seen sighting
	diags := readPrivate(ctx, private, sightingKey, &seen)
	if seen == (sighting{}) || diags.HasError() {
		return false, diags
	}
	listed, ok := r.configured.listings.Lookup(ctx, store, artifact.Key())
	if !ok || !seen.isSeen(state, listed) {
		return false, diags
	}
	if exact := (sighting{Modified: listed.ModTime.Unix()}); seen != exact {
		diags.Append(writePrivate(ctx, private, sightingKey, exact)...)
	}
	return true, diags
}

// privateState is that of a refresh, which keeps what is set in it.
type privateState interface {
	privateReader
	privateWriter
}

// writeSighting keeps when the object was seen, for the next refresh. An object that another resource has taken over is looked at each
// time, since that is told each time. So is a file: it is asked without a request, and a change of its attributes does not touch its time.
func writeSighting(ctx context.Context, private privateWriter, artifact workspace.Artifact, owner ownership, info blob.Info) diag.Diagnostics {
	var seen sighting
	switch token := info.Owner(); {
	case artifact.Base.Backend.SilentAttrs:
		return nil
	case token != "" && token != owner.Token:
	case !info.ModTime.IsZero():
		seen.Modified = info.ModTime.Unix()
	case !info.Written.IsZero():
		seen.Written = info.Written.Unix()
	case info.Attrs == nil:
		return nil // nothing was asked: what was seen before holds
	}
	// A write whose time nobody tells leaves nothing of the object that was seen before it.
	return writePrivate(ctx, private, sightingKey, seen)
}
