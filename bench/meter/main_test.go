package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMeasure(t *testing.T) {
	file := filepath.Join(t.TempDir(), "usage.jsonl")
	code, err := run([]string{"meter", file, "sh", "-c", "exit 3"})
	if err != nil || code != 3 {
		t.Fatalf("%d, %v", code, err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], `"start"`) || !strings.Contains(lines[1], `"exit":3`) || !strings.Contains(lines[1], `"peak_kib"`) {
		t.Errorf("%q was written", lines)
	}
	if _, err := run([]string{"meter", file, "/nonexistent"}); err == nil {
		t.Error("a program that is not there was run")
	}
}
