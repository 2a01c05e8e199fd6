package multipart

import (
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/minio/crc64nvme"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Body is the bytes of one request. It is read from its start, perhaps more than once, as a client repeats a
// request. Each reading takes the CRC64NVME again; if it is not the expected one, the last bytes are withheld, so that no
// server ever has the whole of a part that is not the one that was hashed.
//
// A client's transport may go on reading after the request has ended. close keeps it from memory that serves another
// part by then.
type Body struct {
	size int64
	want uint64

	mu       sync.Mutex
	source   io.ReaderAt // nil: closed
	stopped  error       // why no further byte may be read
	position int64
	hashed   int64 // bytes from the start that crc has seen
	crc      hash.Hash64
	whole    bool // the last reading went to its end, and was right
	err      *readError
}

func newBody(source io.ReaderAt, size int64, want uint64) *Body {
	return &Body{source: source, size: size, want: want, crc: crc64nvme.New()}
}

var errClosed = errors.New("the request has ended")

// readError is a failure to read the source: a client must not take it for one of the network and repeat the request.
type readError struct{ cause error }

func (e *readError) Error() string { return e.cause.Error() }
func (e *readError) Unwrap() error { return e.cause }

// RetryableError is what aws-sdk-go-v2's retryer asks before it looks at the kind of error.
func (e *readError) RetryableError() bool { return false }

// Read implements io.Reader.
func (b *Body) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.err != nil:
		return 0, b.err
	case b.source == nil:
		return 0, errClosed
	case b.stopped != nil && b.position < b.size:
		b.err = &readError{b.stopped}
		return 0, b.err
	case b.position == b.size:
		b.whole = b.hashed == b.size && b.crc.Sum64() == b.want
		return 0, io.EOF
	case len(p) == 0:
		return 0, nil
	}
	n, err := b.source.ReadAt(p[:min(int64(len(p)), b.size-b.position)], b.position)
	if n == 0 {
		if err == nil || errors.Is(err, io.EOF) {
			err = fmt.Errorf("%w: it ends after %d bytes of a part of %d", blob.ErrSourceChanged, b.position, b.size)
		}
		b.err = &readError{err}
		return 0, b.err
	}
	if b.position == b.hashed {
		b.crc.Write(p[:n])
		b.hashed += int64(n)
	}
	b.position += int64(n)
	if b.position == b.size {
		if b.hashed != b.size || b.crc.Sum64() != b.want {
			b.err = &readError{fmt.Errorf("%w: a part has another checksum than when it was hashed", blob.ErrSourceChanged)}
			return 0, b.err
		}
		b.whole = true
	}
	return n, nil
}

// Seek implements io.Seeker.
func (b *Body) Seek(offset int64, whence int) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch whence {
	case io.SeekCurrent:
		offset += b.position
	case io.SeekEnd:
		offset += b.size
	}
	if offset < 0 || offset > b.size {
		return 0, fmt.Errorf("seek to %d of %d bytes", offset, b.size)
	}
	b.position = offset
	if offset == 0 {
		b.hashed, b.whole = 0, b.size == 0
		b.crc.Reset()
	}
	return offset, nil
}

// Size is the count of bytes of the whole body.
func (b *Body) Size() int64 { return b.size }

// stop ends the reading, unless all has been read: then it returns true, and the store may have the whole part.
func (b *Body) stop(cause error) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.stopped = cause
	return b.whole
}

// close waits for a Read that is under way, and refuses all later ones.
func (b *Body) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source = nil
}

// verdict says what became of a request with this body that ended in err. A change of the source comes before whatever
// the client made of it, and a success counts only if the server was given everything.
func (b *Body) verdict(err error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.err != nil && err != nil:
		return b.err.cause
	case err == nil && b.size > 0 && !b.whole:
		return fmt.Errorf("the store accepted a part of %d bytes after %d of them", b.size, b.position)
	}
	return err
}
