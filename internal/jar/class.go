package jar

import (
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// classStart is how many packed bytes of a class are read. Its first 8 bytes come out of the first 350 or so: the tables of a block take
	// at most 290 (RFC 1951, 3.2.7).
	classStart = 1 << 10

	magic       = 0xCAFEBABE
	oldestMajor = 45 // Java 1.0.2 and 1.1 (JVMS, table 4.1-A)
)

// readRelease gives the Java that a class file was made for, by its version (JVMS, table 4.1-A): 52 is Java 8, and each has one more.
func readRelease(s *source, file *entry) (int, error) {
	data, err := s.open(file, classStart)
	if err != nil {
		return 0, err
	}
	var head [8]byte // magic, minor version, major version (JVMS, 4.1)
	_, err = io.ReadFull(data, head[:])
	major := int(binary.BigEndian.Uint16(head[6:]))
	if err != nil || binary.BigEndian.Uint32(head[:]) != magic || major < oldestMajor {
		return 0, fmt.Errorf("%w: %q is no class file", ErrBroken, file.name)
	}
	return major - oldestMajor + 1, nil
}
