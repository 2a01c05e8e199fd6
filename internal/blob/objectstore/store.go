// Package objectstore is blob.Store once for all object stores, over a Driver that sends one cloud's requests.
//
// Here are the conditions and what stands in where a store has none, the proof of what was read, the copies, the sweep of what killed
// processes left, and the words for failures.
package objectstore

import (
	"context"
	"errors"
	"io/fs"
	"sync/atomic"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/multipart"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// Store is one bucket.
type Store struct {
	bucket   string
	traits   Traits
	common   Common
	settings any
	driver   func(context.Context) (Driver, error)
	opened   func() Driver // nil: not yet

	learned learned
	// unlisted: open uploads may not be listed here, or cannot be.
	// It is not tried again.
	unlisted atomic.Bool
}

var _ blob.Store = (*Store)(nil)

// DriverOf is a pointer to T that is a Driver.
type DriverOf[T any] interface {
	*T
	Driver
}

// New returns the store of a bucket, whose driver is made at its first use.
// Nothing is opened yet.
// The tuning replaces the traits' limits.
// Two stores with equal settings can copy from each other's buckets.
func New[T any, D DriverOf[T]](bucket string, traits Traits, common Common, tuning Tuning, settings any, lazy *Lazy[T]) *Store {
	if common.Budget == nil {
		common.Budget = multipart.NewBudget(multipart.DefaultParts)
	}
	if tuning.CopyLimit > 0 {
		traits.CopyLimit = tuning.CopyLimit
	}
	if tuning.CopyPart > 0 {
		traits.Limits.CopyPart = tuning.CopyPart
	}
	return &Store{
		bucket: bucket, traits: traits, common: common, settings: settings,
		driver: func(ctx context.Context) (Driver, error) {
			made, err := lazy.Get(ctx)
			if err != nil {
				return nil, err
			}
			return D(made), nil
		},
		opened: func() Driver {
			if made := lazy.Opened(); made != nil {
				return D(made)
			}
			return nil
		},
	}
}

// base finds the Store within what embeds it.
func (s *Store) base() *Store { return s }

// Bucket lists one key: the answer proves that a store gave it, and that the bucket may be used.
func (s *Store) Bucket(ctx context.Context) error {
	_, err := s.List(ctx, blob.Query{Max: 1})
	return err
}

// Head sends one request.
// An answer that leaves a doubt may cost a driver more.
func (s *Store) Head(ctx context.Context, key string) (blob.Info, error) {
	found, err := s.find(ctx, key)
	return found.Info, err
}

func (s *Store) find(ctx context.Context, key string) (Found, error) {
	driver, err := s.driver(ctx)
	var found Found
	if err == nil {
		found, err = driver.Head(ctx, key)
	}
	if err == nil {
		err = complete(found.Info)
	}
	if err != nil {
		return Found{}, s.fail(s.traits.Names.Head, key, blob.Cond{}, err)
	}
	return found, nil
}

// complete looks for what every store tells of an object: without an ETag no condition could be made, and a length that is not told is no 0.
func complete(info blob.Info) error {
	switch {
	case info.ETag == "":
		return wire.Lacks("an ETag")
	case info.Size < 0:
		return wire.Lacks("a length")
	}
	return nil
}

// Delete sends one request, and where the store has no condition for it looks before, unless the caller did just now.
func (s *Store) Delete(ctx context.Context, key string, cond blob.Cond) error {
	cond.IfAbsent = false
	driver, err := s.driver(ctx)
	if err != nil {
		return s.fail(s.traits.Names.Delete, key, cond, err)
	}
	err = s.conditional(ctx, ctx, driver, key, cond, DeleteIfMatch, func(guard Guard) error {
		return s.fail(s.traits.Names.Delete, key, cond, driver.Delete(ctx, key, "", guard))
	})
	if errors.Is(err, fs.ErrNotExist) && cond.IfMatch == "" {
		return nil // some stores say so
	}
	return err
}

// List sends one request.
func (s *Store) List(ctx context.Context, q blob.Query) (blob.Page, error) {
	driver, err := s.driver(ctx)
	var page blob.Page
	if err == nil {
		page, err = driver.List(ctx, q)
	}
	if err == nil {
		if wrong := wire.CheckPage(q, page); wrong != nil {
			err = wire.Strange("%s", wrong)
		}
	}
	if err != nil {
		return blob.Page{}, s.fail(s.traits.Names.List, q.Prefix, blob.Cond{}, err)
	}
	return page, nil
}
