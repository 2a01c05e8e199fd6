package jar

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
)

const (
	// headerLength is an entry's in the directory, in bytes, without its name, extra fields and comment (4.3.12).
	headerLength = 46
	// chunkLength is how much of the directory is in memory at a time. The longest entry, 46 + 3 × 65,535 bytes, fits.
	chunkLength = 256 << 10
	zip64Extra  = 1 // the ID of the extra field with numbers that need 64 bits (4.5.3)
)

var headerSignature = []byte("PK\x01\x02")

// directory is the ZIP's list of its entries.
type directory struct {
	source      *source
	start, end  int64 // in the file
	prefix      int64 // bytes before the ZIP
	entries     int64 // as the end record says
	window      []byte
	windowStart int64 // in the file
}

// entry is one file.
type entry struct {
	name   []byte
	flags  uint16
	method uint16
	crc    uint32
	packed int64 // bytes in the ZIP
	length int64 // bytes unpacked
	at     int64 // where its local header is in the file
	room   int64 // bytes from there to the directory
	extra  int64 // bytes of extra fields, here; those of the local header are often other ones
}

// find looks for an entry from the directory's beginning on, nil for none. It ends in the chunk where it found one. Of several there the
// last one counts, as in Java, which has read the directory as a whole.
func (d *directory) find(is func(name []byte) bool) (*entry, error) {
	var found *entry
	count := int64(0)
	for at := d.start; at < d.end; count++ {
		header, err := d.inWindow(at)
		if err != nil {
			return nil, err
		}
		if header == nil && found != nil {
			return found, nil
		}
		if header == nil {
			if header, err = d.load(at); err != nil {
				return nil, err
			}
		}
		file, err := d.parse(header)
		if err != nil {
			return nil, err
		}
		if is(file.name) {
			found = &file
		}
		at += int64(len(header))
	}
	if count != d.entries {
		return nil, fmt.Errorf("%w: %d entries are announced, and its directory has %d", ErrBroken, d.entries, count)
	}
	return found, nil
}

// inWindow gives the header at an offset, nil where it is not, or not wholly, in memory.
func (d *directory) inWindow(at int64) ([]byte, error) {
	index := at - d.windowStart
	if index < 0 || index+headerLength > int64(len(d.window)) {
		return nil, nil
	}
	header := d.window[index:]
	if !bytes.HasPrefix(header, headerSignature) {
		return nil, fmt.Errorf("%w: at byte %d is no entry of a directory", ErrBroken, at)
	}
	length := headerLength
	for _, field := range []int{28, 30, 32} { // the lengths of name, extra fields and comment
		length += int(number16(header[field:]))
	}
	if length > len(header) {
		return nil, nil
	}
	return header[:length], nil
}

// load reads the next chunk, which begins with the header at an offset.
func (d *directory) load(at int64) ([]byte, error) {
	wanted := min(chunkLength, d.end-at)
	length := d.source.affordable(at, wanted)
	window, err := d.source.read(at, length)
	if err != nil {
		return nil, err
	}
	d.window, d.windowStart = window, at
	header, err := d.inWindow(at)
	switch {
	case err != nil || header != nil:
		return header, err
	case length < wanted:
		return nil, errLimit
	}
	return nil, fmt.Errorf("%w: its directory ends in the middle of an entry", ErrBroken)
}

func (d *directory) parse(header []byte) (entry, error) {
	nameEnd := headerLength + number16(header[28:])
	extraEnd := nameEnd + number16(header[30:])
	file := entry{
		name:   header[headerLength:nameEnd],
		flags:  binary.LittleEndian.Uint16(header[8:]),
		method: binary.LittleEndian.Uint16(header[10:]),
		crc:    binary.LittleEndian.Uint32(header[16:]),
		packed: number32(header[20:]),
		length: number32(header[24:]),
		extra:  extraEnd - nameEnd,
	}
	offset := number32(header[42:])
	widen(header[nameEnd:extraEnd], &file.length, &file.packed, &offset)

	// Compared by what is left, as sums of such numbers can be too big for their type.
	file.at = d.prefix + min(offset, d.start-d.prefix)
	file.room = d.start - file.at
	if file.packed > file.room-fileLength-int64(len(file.name)) {
		return entry{}, fmt.Errorf("%w: %q would lie outside of it, %d bytes at %d", ErrBroken, file.name, file.packed, offset)
	}
	return file, nil
}

// widen replaces the numbers that have all bits set by those of the extra field of ZIP64, which has these and no other ones, in this order.
func widen(extra []byte, numbers ...*int64) {
	for len(extra) >= 4 {
		id, length := number16(extra), number16(extra[2:])
		extra = extra[4:]
		if length > int64(len(extra)) {
			return
		}
		if id != zip64Extra {
			extra = extra[length:]
			continue
		}
		field := extra[:length]
		for _, number := range numbers {
			if *number == math.MaxUint32 && len(field) >= 8 {
				*number, field = number64(field), field[8:]
			}
		}
		return
	}
}
