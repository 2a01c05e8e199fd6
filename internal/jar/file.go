package jar

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"fmt"
	"io"
)

const (
	// fileLength is a local header's, in bytes, without name and extra fields (4.3.7).
	fileLength = 30
	// slack is by how many bytes a local header may be longer than its entry in the directory, for both to be read at once.
	slack = 256

	stored   = 0 // methods (4.4.5); Java knows no others
	deflated = 8

	encrypted = 1 // the bit of the flags (4.4.4)
)

var fileSignature = []byte("PK\x03\x04")

// open gives the unpacked bytes of a file, from its packed ones up to so many.
func (s *source) open(file *entry, most int64) (io.Reader, error) {
	switch {
	case file.flags&encrypted != 0:
		return nil, fmt.Errorf("%w: %q is encrypted", ErrBroken, file.name)
	case file.method != stored && file.method != deflated:
		return nil, fmt.Errorf("%w: %q is packed by method %d, which Java cannot unpack", ErrBroken, file.name, file.method)
	case file.method == stored && file.packed != file.length:
		return nil, fmt.Errorf("%w: %q is not packed, and has %d bytes and %d", ErrBroken, file.name, file.length, file.packed)
	}
	packed, err := s.packed(file, min(file.packed, most))
	if err != nil {
		return nil, err
	}
	if file.method == stored {
		return bytes.NewReader(packed), nil
	}
	return flate.NewReader(bytes.NewReader(packed)), nil
}

// packed reads the first bytes of a file as they are in the ZIP: with their header at once, in most cases.
func (s *source) packed(file *entry, length int64) ([]byte, error) {
	data, err := s.read(file.at, min(file.room, fileLength+int64(len(file.name))+file.extra+slack+length))
	if err != nil {
		return nil, err
	}
	nameEnd := fileLength + number16(data[26:])
	start := nameEnd + number16(data[28:])
	switch {
	case !bytes.HasPrefix(data, fileSignature),
		binary.LittleEndian.Uint16(data[8:]) != file.method,
		nameEnd > int64(len(data)) || !bytes.Equal(data[fileLength:nameEnd], file.name):
		return nil, fmt.Errorf("%w: at byte %d is not %q, as its directory says", ErrBroken, file.at, file.name)
	case start > file.room || length > file.room-start:
		return nil, fmt.Errorf("%w: %q would reach into its directory", ErrBroken, file.name)
	case start+length <= int64(len(data)):
		return data[start : start+length], nil
	}
	return s.read(file.at+start, length)
}
