package source_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source"
)

const (
	one = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	two = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
)

func TestChecksum(t *testing.T) {
	for name, test := range map[string]struct{ text, want, says string }{
		"sha256sum":                   {text: two + "  other.jar\n" + one + "  job.jar\n", want: one},
		"sha256sum, binary":           {text: one + " *job.jar\n", want: one},
		"sha256sum, with directories": {text: one + "  ./target/job.jar\n" + two + "  target/other.jar\n", want: one},
		"lines of Windows":            {text: "\ufeff" + two + "  other.jar\r\n" + one + "  job.jar\r\n", want: one},
		"BSD":                         {text: "MD5 (job.jar) = 0123\nSHA256 (job.jar) = " + one + "\nSHA256 (job (1).jar) = " + two + "\n", want: one},
		"OpenSSL":                     {text: "SHA2-256(job.jar)= " + one + "\n", want: one},
		"a hash alone":                {text: one, want: one},
		"a hash alone, in capitals":   {text: " " + strings.ToUpper(one) + " \n\n", want: one},
		"of the standard input":       {text: one + "  -\n", want: one},
		"comments":                    {text: "# made today\n" + one + "  job.jar\n", want: one},
		"the same twice":              {text: one + "  job.jar\n" + one + "  job.jar\n", want: one},
		"a signed file":               {text: "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n" + one + "  job.jar\n-----BEGIN PGP SIGNATURE-----\nabc\n", want: one},
		"two of one name":             {text: one + "  a/job.jar\n" + two + "  b/job.jar\n", says: "two different SHA-256"},
		"another name":                {text: one + "  jobs.jar\n", says: `of "job.jar", but of ["jobs.jar"]`},
		"many other names":            {text: one + "  a\n" + one + "  b\n" + one + "  c\n" + one + "  d\n" + one + "  e\n" + one + "  f\n", says: "and 1 more"},
		"two alone":                   {text: one + "\n" + two + "\n", says: "2 SHA-256 without the name"},
		"one alone beside a name":     {text: one + "\n" + two + "  other.jar\n", says: "no SHA-256 of"},
		"SHA-1":                       {text: "0123456789abcdef0123456789abcdef01234567  job.jar\n", says: "it has no SHA-256;"},
		"no digits":                   {text: strings.Repeat("z", 64) + "  job.jar\n", says: "it has no SHA-256;"},
		"nothing":                     {text: "", says: "it has no SHA-256;"},
		"a page":                      {text: "<!DOCTYPE html>\n<title>Log in</title>", says: "page of HTML"},
		"too much":                    {text: strings.Repeat("x", 1<<20+1), says: "more than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			hash, err := source.Checksum(t.Context(), source.Text(test.text), "job.jar")
			switch {
			case test.says == "" && (err != nil || hash.String() != test.want):
				t.Errorf("%s, %v", hash, err)
			case test.says != "" && (!errors.Is(err, source.ErrChecksums) || !strings.Contains(err.Error(), test.says)):
				t.Errorf("%v does not say %q", err, test.says)
			}
		})
	}
}

func TestOddity(t *testing.T) {
	for _, test := range []struct {
		described source.Description
		filename  string
		odd       bool
	}{
		{source.Description{ContentType: "text/html"}, "job.jar", true},
		{source.Description{ContentType: "text/html"}, "report.html", false},
		{source.Description{Beginning: []byte("\n <!doctype HTML>")}, "job.py", true},
		{source.Description{ContentType: "application/java-archive", Beginning: []byte("PK\x03\x04")}, "job.jar", false},
		{source.Description{ContentType: "text/plain", Beginning: []byte("{\"error\"")}, "job.JAR", true},
		{source.Description{Beginning: []byte("{\"a\": 1}")}, "job.json", false},
		{source.Description{Beginning: []byte("#!/bin/sh\nexec java -jar $0")}, "job.jar", false},
		{source.Description{}, "job.jar", false},
		{source.Description{Encoding: "gzip"}, "job.py", true},
		{source.Description{Encoding: "x-gzip"}, "archives.tar.gz", false},
		{source.Description{Encoding: "identity"}, "job.py", false},
		{source.Description{Encoding: "aws-chunked"}, "job.py", false},
	} {
		if got := test.described.Oddity(test.filename); (got != "") != test.odd {
			t.Errorf("%s, %+v: %q", test.filename, test.described, got)
		}
	}
}

func TestCompare(t *testing.T) {
	const never = -1
	of := func(etag, modified string, size int64) source.Description {
		return source.Description{ETag: etag, LastModified: modified, Size: size}
	}
	for _, test := range []struct {
		before, now source.Description
		want        source.Comparison
	}{
		{of(`"a"`, "Monday", 1), of(`"a"`, "Monday", 1), source.Same},
		{of(`"a"`, "Monday", 1), of(`"a"`, "Tuesday", 1), source.Same},
		{of(`"a"`, "Monday", 1), of(`"b"`, "Monday", 1), source.Different},
		{of(`"a"`, "", 1), of(`"a"`, "", 2), source.Different},
		{of(`"a"`, "", 1), of(`"a"`, "", never), source.Same},
		{of("", "Monday", 1), of("", "Monday", 1), source.Same},
		{of("", "Monday", 1), of("", "Tuesday", 1), source.Different},
		{of(`"a"`, "Monday", 1), of("", "Monday", 1), source.Same},
		{of(`"a"`, "", 1), of("", "", 1), source.Different},
		{of("", "", 1), of("", "", 1), source.Unknowable},
		{of("", "", 1), of("", "", 2), source.Different},
		{of("", "", never), of(`"a"`, "", 1), source.Unknowable},
	} {
		if got := source.Compare(test.before, test.now); got != test.want {
			t.Errorf("%+v and %+v: %d, want %d", test.before, test.now, got, test.want)
		}
	}
}
