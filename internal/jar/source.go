package jar

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

const (
	// tailLength is how much of the end is read first. A record of the end with a comment of up to 65,435 bytes is within, and with most JARs
	// the directory too. Who reads over a network may keep as much, and not more.
	tailLength = 64 << 10
	// reserve is what the directory leaves of the limit for the manifest and the class, at most.
	reserve = 64 << 10
)

// errLimit is that a read would ask for more than the limit leaves.
var errLimit = errors.New("the limit is reached")

// source is the file: each part is read when it is needed, and what is asked for is counted.
type source struct {
	r       io.ReaderAt
	size    int64
	left    int64 // bytes that may still be asked for
	reserve int64 // of them are not for the directory
	tail    []byte
}

func newSource(r io.ReaderAt, size, limit int64) *source {
	if limit <= 0 {
		limit = math.MaxInt64
	}
	return &source{r: r, size: size, left: limit, reserve: min(reserve, limit/4)}
}

// readTail reads the last bytes, as many as the limit lets, or so many more where some are there already. They stay in memory.
func (s *source) readTail(length int64) error {
	length = min(length, s.size)
	tail, err := s.read(s.size-length, length)
	if err != nil {
		return err
	}
	s.tail = tail
	return nil
}

// read gives length bytes from offset on, all of which have to be in the file. It asks for those that are not in the tail, at once.
func (s *source) read(offset, length int64) ([]byte, error) {
	ask := s.asks(offset, length)
	if ask > s.left {
		return nil, errLimit
	}
	data := make([]byte, length)
	if ask > 0 {
		s.left -= ask
		switch n, err := s.r.ReadAt(data[:ask], offset); {
		case int64(n) == ask: // io.EOF may come with the last bytes
		case err != nil && err != io.EOF:
			return nil, fmt.Errorf("reading the JAR: %w", err)
		default:
			return nil, fmt.Errorf("%w: it should have %d bytes, and ends at %d", ErrBroken, s.size, offset+int64(n))
		}
	}
	if length > ask {
		copy(data[ask:], s.tail[offset+ask-s.tailStart():])
	}
	return data, nil
}

// asks is how many bytes a read would ask for.
func (s *source) asks(offset, length int64) int64 {
	return min(length, max(0, s.tailStart()-offset))
}

func (s *source) tailStart() int64 {
	return s.size - int64(len(s.tail))
}

// affordable is how many of length bytes the directory may read at offset.
func (s *source) affordable(offset, length int64) int64 {
	most := max(0, s.left-s.reserve)
	if s.asks(offset, length) <= most {
		return length
	}
	return most
}

// number16 and the next ones are the numbers of a ZIP, which have no signs (4.4.1.1).
func number16(data []byte) int64 {
	return int64(binary.LittleEndian.Uint16(data))
}

func number32(data []byte) int64 {
	return int64(binary.LittleEndian.Uint32(data))
}

// number64 gives the largest number for all that are larger: no file has so many bytes.
func number64(data []byte) int64 {
	number := binary.LittleEndian.Uint64(data)
	if number > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(number)
}
