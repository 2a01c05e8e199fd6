package source

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// ErrChecksums says that a file of checksums does not tell the one that was looked for.
var ErrChecksums = errors.New("the checksum file cannot be used")

// maxChecksums bounds a file of checksums, in bytes. That of a large release has some thousand lines.
const maxChecksums = 1 << 20

// namesInError bounds how many names an error repeats.
const namesInError = 5

// Checksum reads a file of checksums and returns the SHA-256 of the file with a name, which is compared with the last part of the names that
// it lists. Its failures, but those of the reading, are ErrChecksums.
func Checksum(ctx context.Context, from blob.Source, name string) (blob.Hash, error) {
	content, err := from.Open(ctx)
	if err != nil {
		return blob.Hash{}, err
	}
	defer content.Close()
	text, err := io.ReadAll(io.LimitReader(content, maxChecksums+1))
	if err != nil {
		return blob.Hash{}, err
	}
	if len(text) > maxChecksums {
		return blob.Hash{}, fmt.Errorf("%w: it has more than %d bytes", ErrChecksums, maxChecksums)
	}
	return findChecksum(text, name)
}

// findChecksum knows what `sha256sum` writes, with and without --tag (BSD), and a hash that stands alone.
func findChecksum(text []byte, name string) (blob.Hash, error) {
	var (
		found  *blob.Hash
		others []string
		alone  []blob.Hash
	)
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range strings.Lines(string(text)) {
		hash, listed, ok := parseChecksum(strings.TrimRight(line, "\r\n"))
		switch {
		case !ok:
		case listed == "" || listed == "-": // what sha256sum calls its standard input
			alone = append(alone, hash)
		case path.Base(listed) != name:
			others = append(others, shortened(path.Base(listed)))
		case found != nil && *found != hash:
			return blob.Hash{}, fmt.Errorf("%w: it has two different SHA-256 of files named %q", ErrChecksums, name)
		default:
			found = &hash
		}
	}
	switch {
	case found != nil:
		return *found, nil
	case len(alone) == 1 && len(others) == 0:
		return alone[0], nil
	case len(alone) > 1:
		return blob.Hash{}, fmt.Errorf("%w: it has %d SHA-256 without the name of a file", ErrChecksums, len(alone))
	case len(others) > 0:
		slices.Sort(others)
		others = slices.Compact(others)
		more := ""
		if n := len(others) - namesInError; n > 0 {
			others, more = others[:namesInError], fmt.Sprintf(" and %d more", n)
		}
		return blob.Hash{}, fmt.Errorf("%w: it has no SHA-256 of %q, but of %q%s", ErrChecksums, name, others, more)
	case looksLikeHTML(text):
		return blob.Hash{}, fmt.Errorf("%w: it is a page of HTML", ErrChecksums)
	}
	return blob.Hash{}, fmt.Errorf("%w: it has no SHA-256; known are the formats of sha256sum (\"<hash>  <file>\"), of BSD (\"SHA256 (<file>) = <hash>\"), and a hash alone", ErrChecksums)
}

// shortened is a name as an error repeats it: no file's is longer, and a page of something else has long lines.
func shortened(name string) string {
	const longest = 255
	if len(name) > longest {
		return name[:longest] + "…"
	}
	return name
}

// parseChecksum reads one line. The name is "" where the hash stands alone.
func parseChecksum(line string) (hash blob.Hash, name string, ok bool) {
	for _, tag := range []string{"SHA256 (", "SHA2-256("} { // BSD and coreutils; OpenSSL
		if rest, tagged := strings.CutPrefix(line, tag); tagged {
			at := strings.LastIndex(rest, ")")
			if at < 0 {
				return blob.Hash{}, "", false
			}
			hash, err := blob.ParseHash(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(rest[at+1:]), "=")))
			return hash, rest[:at], err == nil && at > 0
		}
	}
	// A line that begins with a backslash has one in the name, escaped: such names come in no URL.
	digits, name, _ := strings.Cut(strings.TrimSpace(line), " ")
	hash, err := blob.ParseHash(digits)
	// The second character after the hash tells how the file was read: a space, or "*" for binary. After a space a "*" is the name's own.
	return hash, strings.TrimSpace(strings.TrimPrefix(name, "*")), err == nil
}

// looksLikeHTML knows a page by how it begins.
func looksLikeHTML(beginning []byte) bool {
	text := strings.ToLower(string(bytes.TrimSpace(beginning[:min(len(beginning), BeginningSize)])))
	return strings.HasPrefix(text, "<!doctype html") || strings.HasPrefix(text, "<html")
}

// Oddity says what is strange about a source that is to become a file of this name: a page of HTML, such as one to log in, in place of an archive.
// "": nothing.
func (d Description) Oddity(filename string) string {
	extension := strings.ToLower(path.Ext(filename))
	packed := !slices.Contains([]string{"", "identity", "aws-chunked"}, d.Encoding) // some stores repeat the last one, which was of the upload
	html := d.ContentType == "text/html" || d.ContentType == "application/xhtml+xml" || looksLikeHTML(d.Beginning)
	switch {
	case html && extension != ".html" && extension != ".htm" && extension != ".xhtml":
		return "It is a page of HTML, perhaps one to log in."
	case packed && !slices.Contains([]string{".gz", ".tgz", ".br", ".zst", ".z"}, extension):
		return fmt.Sprintf("The server sends it packed (Content-Encoding %q), though it was asked not to, and it is stored as it comes.", d.Encoding)
	case slices.Contains([]string{".jar", ".zip", ".whl", ".egg"}, extension) && len(d.Beginning) >= 4 && !bytes.HasPrefix(d.Beginning, []byte("PK")) && !bytes.HasPrefix(d.Beginning, []byte("#!")):
		return fmt.Sprintf("It begins with %q, and no archive does.", d.Beginning[:4])
	}
	return ""
}
