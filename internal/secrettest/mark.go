// Package secrettest runs a suite of acceptance tests whose every secret carries a mark, and looks for that mark wherever a secret must not be:
// states, plans, what `show -json` prints, logs at TRACE, all other output, temporary files, the user's cache, arguments of processes.
//
// The tests run in a process of their own, below one that watches them (Run). Terraform is started through a program (terraform/) that
// looks at the directory before each run, hands everything that Terraform prints on, searches it, and turns the logs on.
package secrettest

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Mark is in every secret of the acceptance tests. Letters and digits alone, so that no escaping changes it; long enough to be nowhere by
// chance, in no encoding.
const Mark = "hushQ7vK2mXz9WtR4b"

// Secret makes a secret that nobody else has, and counts it under a name.
func Secret(name string) string {
	note(entry{Kind: "secrets made", Where: name, Files: 1})
	return Mark + rand.Text()
}

// form is one way in which the mark may be written down.
type form struct {
	name  string
	bytes []byte
}

// forms are all ways that are looked for. Basic authentication needs none of its own: it is base64 with the mark at one of three places.
var forms = func() []form {
	plain := []byte(Mark)
	var all []form
	add := func(name, text string) {
		if !slices.ContainsFunc(all, func(f form) bool { return string(f.bytes) == text }) {
			all = append(all, form{name, []byte(text)})
		}
	}
	each := func(format, separator string) string {
		var parts []string
		for _, b := range plain {
			parts = append(parts, fmt.Sprintf(format, b))
		}
		return strings.Join(parts, separator)
	}
	add("as it is", Mark)
	add("in lower case", strings.ToLower(Mark))
	add("in upper case", strings.ToUpper(Mark))
	add("in hexadecimal digits", hex.EncodeToString(plain))
	add("in hexadecimal digits", strings.ToUpper(hex.EncodeToString(plain)))
	add("in hexadecimal digits with spaces", each("%02x", " "))
	add("in hexadecimal digits as Go has them", each("0x%02x", ", "))
	add("percent-encoded", each("%%%02X", ""))
	add("percent-encoded", each("%%%02x", ""))
	add("in JSON's escapes", each(`\u%04x`, ""))
	add("as numbers", each("%d", " "))
	add("as numbers", each("%d", ","))
	for _, once := range inBase64(plain) {
		add("in base64", once)
		// The private state of a resource is base64 in JSON, in base64 again.
		for _, twice := range inBase64([]byte(once)) {
			add("in base64, twice", twice)
		}
	}
	return all
}()

// longest is the length of the longest form.
var longest = len(slices.MaxFunc(forms, func(a, b form) int { return len(a.bytes) - len(b.bytes) }).bytes)

// inBase64 are the texts of which one is in every base64 of something that holds the bytes, wherever they begin there: without the
// characters at both ends that depend on what stands beside.
func inBase64(plain []byte) []string {
	var all []string
	for _, encoding := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		for before := range 3 {
			text := encoding.EncodeToString(slices.Concat(make([]byte, before), plain))
			// Of n bits before, a character with some of them is not known; the same at the end.
			first, last := (before*8+5)/6, (before+len(plain))*8/6
			all = append(all, text[first:last])
		}
	}
	return all
}
