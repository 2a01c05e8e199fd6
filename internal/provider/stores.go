package provider

import (
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/settings"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// stores opens the buckets that a run works with, each once.
// It is safe for concurrent use.
type stores struct {
	settings settings.Settings

	mu     sync.Mutex
	opened map[workspace.BaseURI]blob.Store // by bucket
	warned sync.Once
}

// errNotYet is the error of what cannot be opened before attributes of the provider's block are known.
var errNotYet = errors.New("is known only after an apply")

// notYet names the attributes: "a, b".
func notYet(attributes string) error {
	return fmt.Errorf("in the provider's block %s %w", attributes, errNotYet)
}

// open returns the store of a base URI's bucket; errNotYet, if it cannot be opened yet.
// It sends no request.
func (s *stores) open(base workspace.BaseURI) (blob.Store, error) {
	if unknown := s.settings.Awaits(base.Backend); unknown != "" {
		return nil, notYet(unknown)
	}
	bucket := workspace.BaseURI{Backend: base.Backend, Bucket: base.Bucket}
	s.mu.Lock()
	defer s.mu.Unlock()
	if store, ok := s.opened[bucket]; ok {
		return store, nil
	}
	store, err := s.settings.Open(base.Backend, base.Bucket)
	if err != nil {
		return nil, err
	}
	if s.opened == nil {
		s.opened = map[workspace.BaseURI]blob.Store{}
	}
	s.opened[bucket] = store
	return store, nil
}

// refreshed returns the store for a refresh; nil where its settings are not known yet.
// Then the state stays as it is, since settings from elsewhere could be those of another account, in which everything is missing.
func (s *stores) refreshed(base workspace.BaseURI) (blob.Store, diag.Diagnostics) {
	var diags diag.Diagnostics
	store, err := s.open(base)
	if errors.Is(err, errNotYet) {
		s.warned.Do(func() {
			diags.AddWarning("The state was not refreshed", rule.Sentence(err)+" The store cannot be read before. The plan is based on the state as it is.")
		})
	} else if err != nil {
		diags.AddError(failure("Opening "+base.String(), err))
	}
	return store, diags
}
