package blobtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc64"
	"io"

	"github.com/minio/crc64nvme"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// Stage begins a stage, which takes parts when PartPlan says so.
func (s *FakeStore) Stage(ctx context.Context, key string, opts blob.WriteOptions) (blob.Stage, error) {
	if err := s.called(ctx, "Stage", key); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open == nil {
		s.open = map[*fakeStage]bool{}
	}
	stage := &fakeStage{store: s, ctx: ctx, key: key, opts: opts}
	s.open[stage] = true
	if s.PartPlan.Size > 0 {
		return &fakePartStage{stage}, nil
	}
	return stage, nil
}

type fakeStage struct {
	store *FakeStore
	ctx   context.Context
	key   string
	opts  blob.WriteOptions
	data  []byte
	told  bool // the attributes are with the store already, as those of an upload by parts
}

// CanCopy asks nothing.
func (w *fakeStage) CanCopy(from blob.Store) bool {
	other, ok := from.(*FakeStore)
	return ok && other.Copies && w.store.Copies
}

// CopyFrom copies at once.
func (w *fakeStage) CopyFrom(ctx context.Context, from blob.Store, object blob.Info) error {
	if err := w.store.called(ctx, "CopyFrom", w.key); err != nil {
		return err
	}
	if w.store.OnCopy != nil {
		if err := w.store.OnCopy(ctx, w.key); err != nil {
			return err
		}
	}
	other, ok := from.(*FakeStore)
	if !ok {
		return errors.ErrUnsupported
	}
	other.mu.Lock()
	defer other.mu.Unlock()
	present, ok := other.objects[object.Key]
	if !ok || present.info.ETag != object.ETag {
		return blob.ErrSourceChanged
	}
	w.data, w.told = present.data, true
	return nil
}

func (w *fakeStage) Write(p []byte) (int, error) {
	if err := context.Cause(w.ctx); err != nil {
		return 0, err
	}
	w.data = append(w.data, p...)
	w.told = w.store.PartPlan.Size > 0 && int64(len(w.data)) > w.store.PartPlan.Size
	return len(p), nil
}

func (w *fakeStage) Commit(ctx context.Context, sums blob.Sums) (blob.Info, error) {
	if err := w.store.called(ctx, "Commit", w.key); err != nil {
		return blob.Info{}, err
	}
	if w.store.OnCommit != nil {
		if err := w.store.OnCommit(ctx, w.key); err != nil {
			return blob.Info{}, err
		}
	}
	w.store.mu.Lock()
	defer w.store.mu.Unlock()
	if !w.store.open[w] {
		return blob.Info{}, errors.New("the stage has ended")
	}
	if sums.Size != int64(len(w.data)) || sums.SHA256 != blob.Hash(sha256.Sum256(w.data)) {
		return blob.Info{}, fmt.Errorf("%d bytes arrived that are not those of %+v", len(w.data), sums)
	}
	if err := w.store.check(w.key, w.opts.Cond); err != nil {
		return blob.Info{}, err
	}
	delete(w.store.open, w)
	attrs := w.opts.Attrs.Clone()
	if attrs.SHA256 == nil && !w.told {
		attrs.SHA256 = &sums.SHA256
	}
	return w.store.write(w.key, w.data, attrs), nil
}

func (w *fakeStage) Abort(ctx context.Context) error {
	err := w.store.called(ctx, "Abort", w.key)
	w.store.mu.Lock()
	delete(w.store.open, w)
	w.store.mu.Unlock()
	if err == nil && w.store.OnAbort != nil {
		return w.store.OnAbort(ctx, w.key)
	}
	return err
}

type fakePartStage struct{ *fakeStage }

func (w *fakePartStage) Parts() blob.PartPlan {
	if w.opts.Size <= w.store.PartPlan.Size {
		return blob.PartPlan{}
	}
	return w.store.PartPlan
}

func (w *fakePartStage) SendAt(r io.ReaderAt, offset, length int64, sums checksum.Sums) error {
	if err := context.Cause(w.ctx); err != nil {
		return err
	}
	if offset != int64(len(w.data)) || length < 1 || length > w.store.PartPlan.Size {
		return fmt.Errorf("a part at %d of %d bytes after %d bytes", offset, length, len(w.data))
	}
	part := make([]byte, length)
	if _, err := io.ReadFull(io.NewSectionReader(r, offset, length), part); err != nil {
		return fmt.Errorf("%w: %w", blob.ErrSourceChanged, err)
	}
	crc := crc64nvme.New()
	crc.Write(part) // a hash never fails
	if crc.Sum64() != sums.CRC64NVME {
		return fmt.Errorf("%w: the CRC of the part at %d", blob.ErrSourceChanged, offset)
	}
	if w.store.PartPlan.Sums.Has(checksum.SHA256) && sums.SHA256 != blob.Hash(sha256.Sum256(part)) {
		return fmt.Errorf("%w: the SHA-256 of the part at %d", blob.ErrSourceChanged, offset)
	}
	if w.store.PartPlan.Sums.Has(checksum.CRC64ECMA) && sums.CRC64ECMA != crc64.Checksum(part, crc64.MakeTable(crc64.ECMA)) {
		return fmt.Errorf("%w: the CRC-64/ECMA of the part at %d", blob.ErrSourceChanged, offset)
	}
	w.data, w.told = append(w.data, part...), true
	return nil
}
