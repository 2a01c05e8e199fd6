package provider

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// writtenSlack is by how many seconds an answer's date may lag behind the modification time that it comes with: some servers take their clock's reading anew once a second (fasthttp v1.73, updateServerDate; versitygw serves by it).
// So a change of the attributes alone that another client makes within two seconds after our write, or in the second in which it was read, is seen only with the next change, or by an update or a destroy, which look at the object itself.
const writtenSlack = 1

// isSeen reports whether a listing has the object exactly as it was seen.
func (s sighting) isSeen(state artifactModel, listed blob.Info) bool {
	if listed.ModTime.IsZero() || !state.isUnchanged(listed) {
		return false
	}
	modified := listed.ModTime.Unix()
	if s.Modified != 0 {
		return modified == s.Modified
	}
	return modified <= s.Written+writtenSlack
}

// unchanged reports whether a listing shows that the object is as the state has it.
// False means that this is not known.
// The first listing after a write has its time, which is kept.
// From then on no other time is accepted: neither an older one (a restored version) nor a later one (a proxy dated the response to the write by a clock that is ahead).
func (r *artifactResource) unchanged(ctx context.Context, private privateState, store blob.Store, artifact workspace.Artifact, state artifactModel) (bool, diag.Diagnostics) {
	var diags diag.Diagnostics
	seen := sightingKey.read(ctx, private, &diags)
	if seen == (sighting{}) || diags.HasError() {
		return false, diags
	}
	listed, ok := r.configured.walk.listings.Lookup(ctx, store, artifact.Key())
	if !ok || !seen.isSeen(state, listed) {
		return false, diags
	}
	if exact := (sighting{Modified: listed.ModTime.Unix()}); seen != exact {
		diags.Append(sightingKey.write(ctx, private, exact)...)
	}
	return true, diags
}

// writeSighting keeps when the object was seen, for the next refresh.
// An object that another resource has taken over is read each time, since each refresh warns of that.
// So is a file: reading it takes no request, and a change of its attributes does not change its time.
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
		return nil // no request was sent: the previous sighting holds
	}
	// After a write without a time, nothing is known of when the object was seen.
	return sightingKey.write(ctx, private, seen)
}
