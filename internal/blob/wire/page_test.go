package wire

import (
	"strings"
	"testing"
)

func TestTitle(t *testing.T) {
	for page, want := range map[string]string{
		"<html><TITLE lang=en>\n Log in &amp;\n  wait </Title></html>": "Log in & wait",
		"<title>" + strings.Repeat("ä", 200) + "</title>":              strings.Repeat("ä", 99) + "…",
		"<html></html>": "",
	} {
		if got := Title([]byte(page)); got != want {
			t.Errorf("%q has the title %q, want %q", page, got, want)
		}
	}
}

func TestRootElement(t *testing.T) {
	for document, want := range map[string]string{
		`<?xml version="1.0"?><!-- x --><s:Error xmlns:s="y"><Code/></s:Error>`: "Error",
		"<html><br></html>": "html",
		"plain text":        "",
		"":                  "",
		"<broken":           "",
	} {
		if got := RootElement([]byte(document)); got != want {
			t.Errorf("%q has the root %q, want %q", document, got, want)
		}
	}
}

func TestOriginShowsNoSecret(t *testing.T) {
	for address, want := range map[string]string{
		"https://user:hush@store.example:9000/bucket?X-Amz-Signature=hush#hush": "https://store.example:9000",
		"/path":     "",
		"://broken": "",
	} {
		if got := Origin(address); got != want {
			t.Errorf("%q has the origin %q, want %q", address, got, want)
		}
	}
}
