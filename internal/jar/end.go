package jar

import (
	"bytes"
	"fmt"
	"math"
)

// Lengths of the records at the end, in bytes, without what varies.
const (
	endLength       = 22 // 4.3.16
	end64Length     = 56 // 4.3.14
	locator64Length = 20 // 4.3.15
)

var (
	endSignature       = []byte("PK\x05\x06")
	end64Signature     = []byte("PK\x06\x06")
	locator64Signature = []byte("PK\x06\x07")
)

// endRecord is what the records at the end say of the directory: those of APPNOTE.TXT 4.3.16, else of 4.3.14. Offsets count from where the
// ZIP begins, which is after the prefix, if there is one.
type endRecord struct {
	at                  int64 // where the first of the records is in the file
	disk, directoryDisk int64
	entriesHere         int64 // on this disk
	entries             int64
	length, offset      int64 // of the directory
}

// findDirectory reads the end of the file, which tells where the directory is.
func findDirectory(s *source) (*directory, error) {
	at, err := findEnd(s)
	if err != nil {
		return nil, err
	}
	end, err := readEnd(s, at)
	if err != nil {
		return nil, err
	}
	switch {
	case end.disk != 0 || end.directoryDisk != 0 || end.entriesHere != end.entries:
		return nil, fmt.Errorf("%w: it is one of several volumes", ErrBroken)
	// The directory lies directly before the records, as in Java; a prefix (the script that runs the JAR) is what offsets are short of.
	case end.length > end.at || end.offset > end.at-end.length:
		return nil, fmt.Errorf("%w: its directory would lie outside of it, %d bytes at %d", ErrBroken, end.length, end.offset)
	case end.entries > end.length/headerLength:
		return nil, fmt.Errorf("%w: %d entries do not fit into a directory of %d bytes", ErrBroken, end.entries, end.length)
	}
	start := end.at - end.length
	return &directory{source: s, start: start, end: end.at, prefix: start - end.offset, entries: end.entries}, nil
}

// findEnd gives where the end record is, which has a comment of 0 to 65,535 bytes after it. The records of ZIP64 before it are in the tail
// too.
func findEnd(s *source) (int64, error) {
	if s.size < endLength {
		return 0, notZip(s)
	}
	if err := s.readTail(min(tailLength, s.left)); err != nil {
		return 0, err
	}
	index := endIndex(s.tail)
	// What is missing is less than 100 bytes.
	if whole := int64(end64Length + locator64Length + endLength + math.MaxUint16); index < end64Length+locator64Length && s.tailStart() > 0 {
		if err := s.readTail(whole); err != nil {
			return 0, err
		}
		index = endIndex(s.tail)
	}
	if index < 0 {
		return 0, notZip(s)
	}
	return s.tailStart() + int64(index), nil
}

// endIndex finds the end record in the last bytes, -1 for nowhere. One whose comment goes exactly to the end comes before one with more
// after it, which Java takes too.
func endIndex(tail []byte) int {
	loose := -1
	for at := len(tail) - endLength; at >= 0; at-- {
		if !bytes.HasPrefix(tail[at:], endSignature) {
			continue
		}
		commentEnd := at + endLength + int(number16(tail[at+20:]))
		switch {
		case commentEnd == len(tail):
			return at
		case commentEnd < len(tail) && loose < 0:
			loose = at
		}
	}
	return loose
}

func readEnd(s *source, at int64) (endRecord, error) {
	record := s.tail[at-s.tailStart():]
	end := endRecord{
		at:            at,
		disk:          number16(record[4:]),
		directoryDisk: number16(record[6:]),
		entriesHere:   number16(record[8:]),
		entries:       number16(record[10:]),
		length:        number32(record[12:]),
		offset:        number32(record[16:]),
	}
	// A field that is too small for its number has all bits set (4.4.1.4). Without a locator it is the number itself.
	locator := at - locator64Length - s.tailStart()
	full := end.entries == math.MaxUint16 || end.length == math.MaxUint32 || end.offset == math.MaxUint32
	if !full || locator < 0 || !bytes.HasPrefix(s.tail[locator:], locator64Signature) {
		return end, nil
	}
	end64, err := readEnd64(s, at-locator64Length)
	switch {
	case err != nil:
		return endRecord{}, err
	case end.entries != math.MaxUint16 && end.entries != end64.entries,
		end.length != math.MaxUint32 && end.length != end64.length,
		end.offset != math.MaxUint32 && end.offset != end64.offset:
		return endRecord{}, fmt.Errorf("%w: its two end records contradict each other", ErrBroken)
	}
	return end64, nil
}

// readEnd64 reads the record that the ZIP64 locator leads to, which is just before the locator: the locator's own number is wrong where
// somebody wrote a prefix before the ZIP.
func readEnd64(s *source, locator int64) (endRecord, error) {
	at := locator - end64Length
	if at < 0 {
		return endRecord{}, errEnd64
	}
	record, err := s.read(at, end64Length)
	if err != nil {
		return endRecord{}, err
	}
	// Its length counts from its own field's end on (4.3.14.1). What may come after its fields belongs to encrypted directories.
	if !bytes.HasPrefix(record, end64Signature) || number64(record[4:]) != end64Length-12 {
		return endRecord{}, errEnd64
	}
	return endRecord{
		at:            at,
		disk:          number32(record[16:]),
		directoryDisk: number32(record[20:]),
		entriesHere:   number64(record[24:]),
		entries:       number64(record[32:]),
		length:        number64(record[40:]),
		offset:        number64(record[48:]),
	}, nil
}

var errEnd64 = fmt.Errorf("%w: the end record of ZIP64 is not before its locator", ErrBroken)

// notZip says what a file without an end record is.
func notZip(s *source) error {
	if s.size <= 0 {
		return fmt.Errorf("%w: it is empty", ErrNotJar)
	}
	begin, err := s.read(0, min(s.size, s.left, 512))
	if err != nil {
		return err
	}
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(begin, []byte("\xef\xbb\xbf")), " \t\r\n"))
	switch {
	case bytes.HasPrefix(begin, fileSignature):
		return fmt.Errorf("%w: it begins like one, and its end is missing", ErrBroken)
	case bytes.HasPrefix(text, []byte("<!doctype html")), bytes.HasPrefix(text, []byte("<html")):
		return fmt.Errorf("%w: it begins like a page of HTML", ErrNotJar)
	}
	return ErrNotJar
}
