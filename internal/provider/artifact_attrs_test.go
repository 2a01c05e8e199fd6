package provider

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// changed is a store that changes attributes and reports a failure.
type changed struct {
	blob.Store

	failure error
	attrs   blob.Attrs
}

func (s *changed) SetAttrs(_ context.Context, _ string, _ blob.Cond, edit func(*blob.Attrs)) (blob.Info, error) {
	edit(&s.attrs)
	return blob.Info{}, s.failure
}

func (s *changed) Head(context.Context, string) (blob.Info, error) {
	attrs := s.attrs.Clone()
	return blob.Info{Attrs: &attrs}, nil
}

// A change whose answer was lost took place if the object has the attributes, unless they may be on another client's bytes.
func TestEqualAttributesAfterAFailure(t *testing.T) {
	for failure, succeeds := range map[error]bool{blob.ErrUnreachable: true, blob.ErrChanged: true, blob.ErrLost: false, blob.ErrUnconfirmed: false} {
		p := artifactPublication{store: &changed{failure: fmt.Errorf("changing: %w", failure)}}
		if _, err := p.editAttrs(t.Context(), "etag", func(a *blob.Attrs) { a.Owner = "token" }); (err == nil) != succeeds || !succeeds && !errors.Is(err, failure) {
			t.Errorf("%v: %v", failure, err)
		}
	}
}
