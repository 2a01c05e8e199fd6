package provider

import (
	"crypto/rand"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
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

// shares reports whether the delete of one resource could take the object that another one keeps: both know the same token, or the one that keeps it has never written its own.
func (o ownership) shares(kept ownership) bool {
	return o.Token == kept.Token || (kept.Owned && !kept.Stamped)
}

// mayReplace reports whether an update may replace an object that carries a token ("": none).
// An object without a token was written over ours by another client, and the plan has shown that it will be restored.
func (o ownership) mayReplace(token string) bool {
	return o.Owned && (token == "" || token == o.Token)
}

// mayDelete reports whether an object is the one that the state describes.
// An object with our token is ours whatever its bytes; one without a token is ours only if it is unchanged since it was seen.
func (o ownership) mayDelete(state artifactModel, object blob.Info) bool {
	if token := object.Owner(); token != "" {
		return token == o.Token
	}
	return o.Owned && state.isUnchanged(object)
}
