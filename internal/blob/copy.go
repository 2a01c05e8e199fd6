package blob

import (
	"context"
	"errors"
	"fmt"
)

// errCopyRefused is a store that could copy, and does not.
var errCopyRefused = errors.New("the store copies nothing")

// copyable reports whether content is an object that the stage can copy. An empty one has no part to copy.
func (p publication) copyable(stage Stage, content Content) (StoredContent, bool) {
	to, canCopy := stage.(CopyStage)
	stored, ok := content.(StoredContent)
	if !p.copies || !canCopy || !ok {
		return nil, false
	}
	from, object := stored.Stored()
	return stored, object.Size > 0 && to.CanCopy(from)
}

// copied publishes an object that the store copies, after its hash was proven.
func (p publication) copied(ctx context.Context, content StoredContent) (Info, Sums, error) {
	sums, err := proven(ctx, content)
	if err != nil {
		return Info{}, Sums{}, err
	}
	if err := p.check(sums); errors.Is(err, ErrPresent) {
		return Info{}, sums, err
	} else if err != nil {
		return Info{}, Sums{}, err
	}
	stage, err := p.stage(ctx, &sums.SHA256, sums.Size)
	if err != nil {
		return Info{}, Sums{}, err
	}
	return p.publish(ctx, stage, func() (Sums, error) { return sums, copyInto(ctx, stage, content) })
}

// copyInto tells a refusal, after which the bytes may be sent, from a source that changed, which is to be read again.
func copyInto(ctx context.Context, stage Stage, content StoredContent) error {
	err := errors.ErrUnsupported
	if to, ok := stage.(CopyStage); ok {
		from, object := content.Stored()
		err = to.CopyFrom(ctx, from, object)
	}
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return fmt.Errorf("%w: %w", errCopyRefused, err)
	case errors.Is(err, ErrSourceChanged):
		return fmt.Errorf("%w: %w", ErrStartOver, err)
	}
	return err
}

// proven is the SHA-256 of a stored object, taken by the store that has it, or by reading the content once, which costs as much as HashObject
// and goes on where a connection breaks. The metadata is no proof: whoever wrote the object chose it.
func proven(ctx context.Context, content StoredContent) (Sums, error) {
	from, object := content.Stored()
	if hasher, ok := from.(StoredHasher); ok {
		hash, err := hasher.StoredHash(ctx, object)
		if err != nil {
			return Sums{}, err
		}
		if hash != nil {
			return Sums{SHA256: *hash, Size: object.Size}, nil
		}
	}
	sums, err := hashReader(ctx, content)
	if err == nil && sums.Size != object.Size {
		return Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and %d were read", ErrSourceChanged, object.Size, sums.Size)
	}
	return sums, err
}
