package blob

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"sync"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/checksum"
)

// copyBuffers are what a stream is read through.
var copyBuffers = sync.Pool{New: func() any { b := make([]byte, 256<<10); return &b }}

// send feeds the stage with all of the content and returns the sums of what was sent.
func send(ctx context.Context, stage Stage, content Content) (Sums, error) {
	if parts, ok := stage.(PartStage); ok {
		if file, ok := content.(io.ReaderAt); ok && content.Size() >= 0 {
			if plan := parts.Parts(); plan.Size > 0 {
				return sendParts(ctx, parts, plan, file, content.Size())
			}
		}
	}
	digest := sha256.New()
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	n, err := io.CopyBuffer(struct{ io.Writer }{io.MultiWriter(digest, stage)}, contextReader{ctx, content}, *buffer)
	if err != nil {
		return Sums{}, err
	}
	return Sums{SHA256: Hash(digest.Sum(nil)), Size: n}, nil
}

// sendParts hashes a file part by part, ahead of the sending, which reads each part again from the file.
func sendParts(ctx context.Context, stage PartStage, plan PartPlan, file io.ReaderAt, size int64) (Sums, error) {
	whole, part := sha256.New(), checksum.New(plan.Sums)
	sinks := struct{ io.Writer }{io.MultiWriter(whole, part)}
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	for offset := int64(0); offset < size; offset += plan.Size {
		length := min(plan.Size, size-offset)
		section := contextReader{ctx, io.NewSectionReader(file, offset, length)}
		n, err := io.CopyBuffer(sinks, section, *buffer)
		if err != nil {
			return Sums{}, err
		}
		if n != length {
			return Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and ends after %d", ErrSourceChanged, size, offset+n)
		}
		if err := stage.SendAt(file, offset, length, part.Next()); err != nil {
			return Sums{}, err
		}
	}
	// A file that has grown is another file.
	if n, _ := file.ReadAt((*buffer)[:1], size); n > 0 {
		return Sums{}, fmt.Errorf("%w: it had %d bytes when it was opened, and has more by now", ErrSourceChanged, size)
	}
	return Sums{SHA256: Hash(whole.Sum(nil)), Size: size}, nil
}
