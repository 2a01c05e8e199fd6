package wire

import (
	"strings"
	"unicode"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
)

// Lengths of what a message repeats of an answer, in bytes.
const (
	longestCode    = 100
	longestMessage = 1000
)

// Sanitize makes what a server said fit to be shown: short, and without characters that a terminal obeys. Whoever answers in a store's place
// chooses these texts.
func Sanitize(failure *blob.Error) {
	failure.Endpoint = printable(failure.Endpoint, longestMessage)
	failure.Code = printable(failure.Code, longestCode)
	failure.Message = printable(failure.Message, longestMessage)
	failure.RequestID = printable(failure.RequestID, longestCode)
	failure.Advice = printable(failure.Advice, longestMessage)
}

func printable(text string, longest int) string {
	if len(text) > longest {
		text = text[:longest] + "…"
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r): // Cf turns the direction of what follows
			return unicode.ReplacementChar
		}
		return r
	}, strings.ToValidUTF8(text, string(unicode.ReplacementChar)))
}
