package blob

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
)

// Hash is a SHA-256.
type Hash [sha256.Size]byte

// String is the hash in 64 lower-case hexadecimal digits.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// ParseHash reads 64 hexadecimal digits, in lower or upper case.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if len(s) != hex.EncodedLen(len(h)) {
		return h, fmt.Errorf("a SHA-256 has %d hexadecimal digits, this has %d characters", hex.EncodedLen(len(h)), len(s))
	}
	if _, err := hex.Decode(h[:], []byte(s)); err != nil {
		return Hash{}, fmt.Errorf("a SHA-256 has hexadecimal digits only: %w", err)
	}
	return h, nil
}

// HashOf reads a source once and returns the SHA-256 and the count of its bytes. One that has to be read from its start again (ErrStartOver)
// is, a few times.
func HashOf(ctx context.Context, src Source) (sums Sums, err error) {
	err = startingOver(ctx, func() error {
		content, err := src.Open(ctx)
		if err != nil {
			return err
		}
		defer content.Close()
		sums, err = hashReader(ctx, content)
		return err
	})
	return sums, err
}

// openings is how often a source is opened that changes each time.
const openings = 3

// startingOver calls read again while the source wants to be read from its start. A stage that could not be cleaned up is told, and not
// hidden by a later success.
func startingOver(ctx context.Context, read func() error) error {
	for opened := 1; ; opened++ {
		err := read()
		switch {
		case !errors.Is(err, ErrStartOver) || errors.Is(err, errCleanUp):
			return err
		case ctx.Err() != nil:
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		case opened == openings:
			return fmt.Errorf("it was opened %d times: %w", opened, err)
		}
	}
}

// Digest returns the SHA-256 of a stored object: the one stored beside it, else by reading the object once, under the
// condition that it is still the one that info describes.
func Digest(ctx context.Context, store Store, info Info) (Hash, error) {
	if info.Attrs != nil && info.Attrs.SHA256 != nil {
		return *info.Attrs.SHA256, nil
	}
	return HashObject(ctx, store, info)
}

// HashObject reads a stored object once, whatever is stored beside it, and returns its SHA-256. It is for an object that somebody else may
// have written, and kept our metadata with other bytes.
func HashObject(ctx context.Context, store Store, info Info) (Hash, error) {
	object, err := store.Open(ctx, info.Key, ReadOptions{IfMatch: info.ETag})
	if err != nil {
		return Hash{}, err
	}
	defer object.Close()
	sums, err := hashReader(ctx, object)
	return sums.SHA256, err
}

func hashReader(ctx context.Context, r io.Reader) (Sums, error) {
	hash := sha256.New()
	buffer := copyBuffers.Get().(*[]byte)
	defer copyBuffers.Put(buffer)
	n, err := io.CopyBuffer(struct{ io.Writer }{hash}, contextReader{ctx, r}, *buffer)
	if err != nil {
		return Sums{}, err
	}
	return Sums{SHA256: Hash(hash.Sum(nil)), Size: n}, nil
}

// contextReader stops a long reading of something that knows no context, such as a file.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.r.Read(p)
}
