package provider

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// ownership is what the private state of a resource holds. Of a workspace only the ID is used.
type ownership struct {
	// ID tells this resource from every other one. Each create and each import makes a new one.
	ID string `json:"id"`
	// Token is what the object carries in its metadata. After an import it is the one that was found there.
	Token string `json:"token"`
	// Owned is false for an object that was there before with the same bytes, written by somebody else.
	Owned bool `json:"owned"`
	// Stamped says that this resource wrote the token, so that no other one can have the same.
	Stamped bool `json:"stamped"`
}

// replacement is what a plan tells the delete of the object that it replaces, by the planned private state.
type replacement struct {
	// Unproven says that the plan could not see what will come in the object's place.
	Unproven bool `json:"unproven"`
	// Source and SHA256 are the path and the planned hash of the local file that will come in the object's place, so that the delete can look
	// once more. "": it is no such file, or nothing is replaced.
	Source string `json:"source,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	// Foreign are the locations that another resource has taken over. It is filled for a resource without private state alone: Terraform
	// keeps that of a tainted one from its plan and its delete.
	Foreign []string `json:"foreign,omitempty"`
}

func (r replacement) equal(other replacement) bool {
	return r.Unproven == other.Unproven && r.Source == other.Source && r.SHA256 == other.SHA256 && slices.Equal(r.Foreign, other.Foreign)
}

// The keys are part of users' states: they never change.
const (
	ownershipKey   = "ownership"
	replacementKey = "replacement"
)

func newOwnership() ownership {
	return ownership{ID: rand.Text(), Token: rand.Text(), Owned: true, Stamped: true}
}

// stamp is the token to write: after an import a new one, since the resource that the object was imported from may live on.
func (o *ownership) stamp() string {
	if !o.Stamped {
		o.Token, o.Stamped = rand.Text(), true
	}
	return o.Token
}

// shares says whether the delete of one resource could take the object that another one keeps: both know the same token, or the one
// that keeps it has never written its own.
func (o ownership) shares(kept ownership) bool {
	return o.Token == kept.Token || (kept.Owned && !kept.Stamped)
}

// privateReader and privateWriter are the framework's private state, whose type cannot be named outside of it.
type (
	privateReader interface {
		GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	}
	privateWriter interface {
		SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
	}
)

// readOwnership returns what the private state says; found is false for a resource that is new or was imported just now.
func readOwnership(ctx context.Context, private privateReader) (owner ownership, found bool, diags diag.Diagnostics) {
	diags = readPrivate(ctx, private, ownershipKey, &owner)
	return owner, owner.ID != "", diags
}

func (o ownership) write(ctx context.Context, private privateWriter) diag.Diagnostics {
	return writePrivate(ctx, private, ownershipKey, o)
}

func readPrivate(ctx context.Context, private privateReader, key string, into any) diag.Diagnostics {
	value, diags := private.GetKey(ctx, key)
	if len(value) == 0 || diags.HasError() {
		return diags
	}
	if err := json.Unmarshal(value, into); err != nil {
		diags.Append(damagedState("the resource's private data", err))
	}
	return diags
}

func writePrivate(ctx context.Context, private privateWriter, key string, from any) diag.Diagnostics {
	value, err := json.Marshal(from)
	if err != nil {
		return diag.Diagnostics{ownBug("Writing the resource's private data", err)}
	}
	return private.SetKey(ctx, key, value)
}

// mayReplace says whether an update may replace an object that carries a token ("": none). What carries none was put there by
// hand over ours, and the plan has shown that it will be mended.
func (o ownership) mayReplace(token string) bool {
	return o.Owned && (token == "" || token == o.Token)
}

// mayDelete says whether an object that is there is the one that the state describes. An object with our token is ours whatever
// its bytes; one without a token is ours only if it is unchanged since it was seen.
func (o ownership) mayDelete(state artifactModel, there blob.Info) bool {
	if token := there.Owner(); token != "" {
		return token == o.Token
	}
	return o.Owned && there.ETag == state.ETag.ValueString() && there.Size == state.Size.ValueInt64()
}
