package fileblob

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"
	"unicode"
)

// Temporary files carry these, so that a listing can leave them out and an administrator can tell what they are.
const (
	temporaryPrefix = ".flink-upload-"
	temporarySuffix = ".tmp"
)

// temporaryName is a name for an upload that nobody else has. It tells what for, by tagOf the file's name.
func temporaryName(name string) string {
	return temporaryPrefix + tagOf(name) + "-" + rand.Text() + temporarySuffix
}

// tagOf is what the temporary files of one file, in its directory, have in common.
func tagOf(name string) string {
	sum := sha256.Sum256([]byte(name))
	return hex.EncodeToString(sum[:8])
}

func isTemporary(name string) bool {
	return strings.HasPrefix(name, temporaryPrefix) && strings.HasSuffix(name, temporarySuffix)
}

// invalidKeyError is a key that cannot be a file's name, on this system or at all.
type invalidKeyError struct{ key, why string }

func (e *invalidKeyError) Error() string { return fmt.Sprintf("the key %q %s", e.key, e.why) }

func (e *invalidKeyError) Unwrap() error { return fs.ErrInvalid }

// localName is the path of a key below the directory, in the system's spelling. A trailing slash is not part of it.
func localName(key string) (string, error) {
	name := strings.TrimSuffix(key, "/")
	switch {
	case name == "":
		return "", &invalidKeyError{key, "names no file"}
	case name == "." || !fs.ValidPath(name):
		return "", &invalidKeyError{key, `has an empty segment, "." or "..", or is no UTF-8`}
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", &invalidKeyError{key, "has control characters"}
	}
	for segment := range strings.SplitSeq(name, "/") {
		if isTemporary(segment) {
			return "", &invalidKeyError{key, "is reserved for unfinished uploads"}
		}
	}
	local, err := filepath.Localize(name)
	if err != nil {
		return "", &invalidKeyError{key, "cannot be a file name on this system"}
	}
	return local, nil
}
