package jar

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

const (
	manifestName = "META-INF/MANIFEST.MF"

	// Bounds of what is read of a manifest, in bytes, packed and unpacked. The main attributes are at its beginning; after them a signed JAR
	// has an attribute for each of its files.
	maxPackedManifest = 256 << 10
	maxManifest       = 1 << 20

	maxNameLength = 70  // JAR File Specification, name-value pairs; Java refuses longer ones
	maxLineLength = 511 // what Java reads; the specification says 72, and tells writers to wrap
)

// isManifest compares as Java does: without case, in ASCII.
func isManifest(name []byte) bool {
	return len(name) == len(manifestName) && strings.EqualFold(string(name), manifestName)
}

// readManifest reads the main attributes.
func readManifest(s *source, file *entry) (attributes, error) {
	data, err := s.open(file, maxPackedManifest)
	if err != nil {
		return attributes{}, err
	}
	text, err := io.ReadAll(io.LimitReader(data, maxManifest+1))
	whole := file.packed <= maxPackedManifest && len(text) <= maxManifest
	switch {
	case whole && err != nil:
		return attributes{}, fmt.Errorf("%w: its manifest cannot be unpacked: %v", ErrBroken, err) //nolint:errorlint // it is of the bytes in memory: no failure of the reader
	case whole && (int64(len(text)) != file.length || crc32.ChecksumIEEE(text) != file.crc),
		!whole && int64(len(text)) > file.length:
		return attributes{}, fmt.Errorf("%w: its manifest is not the one that its directory tells of", ErrBroken)
	}
	found, ended, err := parseManifest(text)
	if err == nil && !whole && !ended {
		return attributes{}, fmt.Errorf("%w: its manifest has main attributes without an end", ErrBroken)
	}
	return found, err
}

// attributes are names and values. Names are the same without case.
type attributes struct {
	values  map[string]string // by the name as it was written first, as in Java
	written map[string]string // that name, by the name in lower case
}

func (a attributes) get(name string) string {
	return a.values[a.written[strings.ToLower(name)]]
}

func (a attributes) has(name string) bool {
	_, ok := a.written[strings.ToLower(name)]
	return ok
}

// mainClass looks as Flink does, in PackagedProgram.getEntryPointClassNameFromJar: an attribute without a value counts too.
func (a attributes) mainClass() string {
	if a.has("program-class") {
		return a.get("program-class")
	}
	return a.get("Main-Class")
}

// set keeps the last value, as Java does.
func (a attributes) set(name string, value []byte) error {
	if bytes.IndexByte(value, 0) >= 0 { // otherchar: any UTF-8 character except NUL, CR and LF
		return fmt.Errorf("%w: in its manifest, the value of %q has a NUL", ErrBroken, name)
	}
	lower := strings.ToLower(name)
	if first, ok := a.written[lower]; ok {
		name = first
	}
	a.written[lower], a.values[name] = name, strings.ToValidUTF8(string(value), "\uFFFD")
	return nil
}

// parseManifest gives the main attributes, and whether an empty line ended them. A last line without an end of its own is none, as in Java.
func parseManifest(text []byte) (found attributes, ended bool, err error) {
	found = attributes{map[string]string{}, map[string]string{}}
	var name string
	var value []byte
	for number := 1; ; number++ {
		line, rest, ok := cutLine(text)
		if !ok {
			// A value that this line would continue is as unfinished as the line.
			if name == "" || bytes.HasPrefix(text, []byte(" ")) {
				return found, false, nil
			}
			return found, false, found.set(name, value)
		}
		if len(line) > maxLineLength {
			return found, false, fmt.Errorf("%w: line %d of its manifest is longer than %d bytes", ErrBroken, number, maxLineLength)
		}
		text = rest
		if bytes.HasPrefix(line, []byte(" ")) && name != "" {
			value = append(value, line[1:]...)
			continue
		}
		if name != "" {
			if err := found.set(name, value); err != nil {
				return found, false, err
			}
		}
		if len(line) == 0 {
			return found, true, nil
		}
		before, after, ok := strings.Cut(string(line), ": ")
		if !ok || !isName(before) {
			return found, false, fmt.Errorf("%w: line %d of its manifest is no \"name: value\"", ErrBroken, number)
		}
		name, value = before, []byte(after)
	}
}

// cutLine cuts the first line off, which ends by CR LF, LF or CR.
func cutLine(text []byte) (line, rest []byte, ok bool) {
	end := bytes.IndexAny(text, "\r\n")
	if end < 0 {
		return nil, text, false
	}
	rest = text[end+1:]
	if text[end] == '\r' {
		rest = bytes.TrimPrefix(rest, []byte("\n"))
	}
	return text[:end], rest, true
}

// isName reports whether it is the name of an attribute: letters, digits, "_" and "-".
func isName(name string) bool {
	if name == "" || len(name) > maxNameLength {
		return false
	}
	for _, c := range []byte(name) {
		letter := 'a' <= c|0x20 && c|0x20 <= 'z'
		digit := '0' <= c && c <= '9'
		if !letter && !digit && c != '_' && c != '-' {
			return false
		}
	}
	return true
}
