package wire

import (
	"strings"
	"testing"
)

func TestContentRange(t *testing.T) {
	for text, want := range map[string]ContentRange{"bytes 0-0/1": {0, 0, 1}, "bytes 5-9/10": {5, 9, 10}, " bytes 5-9/* ": {5, 9, -1}} {
		if got, ok := ParseContentRange(text); !ok || got != want {
			t.Errorf("%q is %+v, %t", text, got, ok)
		}
	}
	for _, text := range []string{
		"", "bytes", "bytes 0-0", "bytes 0-0/0", "bytes 5-9/9", "bytes 5-4/10", "bytes -5/10", "bytes */10", "bytes 5-/10", "items 0-0/1", "bytes 0-0/",
		"bytes +0-0/1", "bytes 0-0/-1", "bytes 0-" + strings.Repeat("9", 19) + "/*",
	} {
		if got, ok := ParseContentRange(text); ok {
			t.Errorf("%q is %+v", text, got)
		}
	}
}
