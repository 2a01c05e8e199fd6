package blobtest

import (
	"context"
	"errors"
	"io"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// ErrAnswerLost is what a commit returns whose answer never came.
var ErrAnswerLost = errors.New("the answer was lost")

// LoseAnswers is the store, but each commit takes place and then fails.
func LoseAnswers(store blob.Store) blob.Store {
	return &faultyStore{store, func(ctx context.Context, stage blob.Stage, sums blob.Sums) (blob.Info, error) {
		if _, err := stage.Commit(ctx, sums); err != nil {
			return blob.Info{}, err
		}
		return blob.Info{}, ErrAnswerLost
	}}
}

// LoseRequests is the store, but no commit reaches it, and each fails.
func LoseRequests(store blob.Store) blob.Store {
	return &faultyStore{store, func(context.Context, blob.Stage, blob.Sums) (blob.Info, error) {
		return blob.Info{}, ErrAnswerLost
	}}
}

type commitFunc func(ctx context.Context, stage blob.Stage, sums blob.Sums) (blob.Info, error)

type faultyStore struct {
	blob.Store
	commit commitFunc
}

func (s *faultyStore) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	stage, err := s.Store.Stage(ctx, key, opts)
	if err != nil {
		return nil, err
	}
	faulty := &faultyStage{stage, s.commit}
	if parts, ok := stage.(blob.PartStage); ok {
		return &faultyPartStage{faulty, parts}, nil
	}
	return faulty, nil
}

type faultyStage struct {
	blob.Stage
	commit commitFunc
}

func (s *faultyStage) Commit(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	return s.commit(ctx, s.Stage, sums)
}

// CanCopy is that of the stage inside.
func (s *faultyStage) CanCopy(from blob.Store) bool {
	copies, ok := s.Stage.(blob.CopyStage)
	return ok && copies.CanCopy(from)
}

// CopyFrom is that of the stage inside.
func (s *faultyStage) CopyFrom(ctx context.Context, from blob.Store, object blob.Info) error {
	copies, ok := s.Stage.(blob.CopyStage)
	if !ok {
		return errors.ErrUnsupported
	}
	return copies.CopyFrom(ctx, from, object)
}

type faultyPartStage struct {
	*faultyStage
	parts blob.PartStage
}

func (s *faultyPartStage) Parts() blob.PartPlan { return s.parts.Parts() }

func (s *faultyPartStage) SendAt(r io.ReaderAt, offset, length int64, sums checksum.Sums) error {
	return s.parts.SendAt(r, offset, length, sums)
}
