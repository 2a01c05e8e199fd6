package source_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"strings"
	"testing"
	"unicode"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

// Whatever is in a file of checksums, its answer is a hash that is written in it, or an error that can be shown; the same in all line ends;
// and one that sha256sum, BSD or OpenSSL wrote of a file is found by the file's name.
func FuzzChecksum(f *testing.F) {
	hash := strings.Repeat("0123456789abcdef", 4)
	for _, text := range []string{
		"", hash, hash + "  job.jar\n", hash + " *job.jar\r\n", "SHA256 (job.jar) = " + hash, "SHA2-256(job.jar)= " + hash, "\ufeff" + strings.ToUpper(hash) + "\n",
		hash + "  a\n" + hash + "  b\n", hash + "  -", "<html>", "SHA256 (", hash + "\n" + hash, hash + "  dir/job.jar", "\\" + hash + "  a\\nb", hash + "  *job.jar", hash + "  " + strings.Repeat("\x10", 5000), "SHA256 ()) = " + hash,
		hash + "  job.jar\n" + strings.Repeat("f", 64) + "  job.jar",
	} {
		f.Add([]byte(text), "job.jar")
		f.Add([]byte(text), "SHA256 (")
	}
	f.Add([]byte(hash+"  *job.jar\n"), "*job.jar") // a star of the name's own
	f.Fuzz(func(t *testing.T, text []byte, name string) {
		found, err := source.Checksum(t.Context(), source.Text(text), name)
		switch {
		case err == nil && !strings.Contains(strings.ToLower(string(text)), found.String()):
			t.Errorf("%q tells %s of %q", text, found, name)
		case err != nil && !errors.Is(err, source.ErrChecksums):
			t.Errorf("%q: %v", text, err)
		case err != nil && strings.ContainsFunc(err.Error(), unicode.IsControl) || err != nil && len(err.Error()) > 6000+5*len(name):
			t.Errorf("%q is refused by %q", text, err)
		}
		// What comes with other line ends says the same.
		lines := strings.ReplaceAll(string(text), "\r", "")
		plain, plainErr := source.Checksum(t.Context(), source.Text(lines), name)
		dos, dosErr := source.Checksum(t.Context(), source.Text(strings.ReplaceAll(lines, "\n", "\r\n")), name)
		if plain != dos || (plainErr == nil) != (dosErr == nil) {
			t.Errorf("%q: %s, %v; with other line ends %s, %v", lines, plain, plainErr, dos, dosErr)
		}
		if name == "" || name == "-" || path.Base(name) != name || name == "/" || strings.ContainsFunc(name, unicode.IsControl) || strings.TrimSpace(name) != name {
			return // sha256sum escapes such names, and they come in no URL
		}
		want := blob.Hash(sha256.Sum256(text))
		for _, line := range []string{"%[1]s  %[2]s", "%[1]s *%[2]s", "SHA256 (%[2]s) = %[1]s", "SHA2-256(%[2]s)= %[1]s"} {
			written := fmt.Sprintf(line+"\n", want, name)
			if got, err := source.Checksum(t.Context(), source.Text(written), name); err != nil || got != want {
				t.Errorf("%q tells %s of %q, %v", written, got, name, err)
			}
			if got, err := source.Checksum(t.Context(), source.Text(written), name+"x"); err == nil {
				t.Errorf("%q tells %s of another file", written, got)
			}
		}
	})
}
