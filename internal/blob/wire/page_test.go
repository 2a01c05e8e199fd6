package wire

import (
	"net/http"
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

// A success of a request that is answered without XML is proven by the store's sign, or by nothing where that will do.
func TestProofOfASuccessWithoutADocument(t *testing.T) {
	signed := http.Header{"X-Sign": {"1"}}
	for _, c := range []struct {
		proof  Proof
		header http.Header
		body   string
		want   bool
	}{
		{Proof{}, nil, "", false},
		{Proof{}, nil, "it works", false},
		{Proof{Bare: true}, nil, "", true},
		{Proof{Bare: true}, nil, "it works", false},
		{Proof{Sign: "X-Sign"}, nil, "", false},
		{Proof{Sign: "X-Sign"}, signed, "", true},
	} {
		if err := c.proof.Check(&http.Response{StatusCode: http.StatusOK, Header: c.header}, []byte(c.body)); (err == nil) != c.want {
			t.Errorf("%+v, %v, %q: %v", c.proof, c.header, c.body, err)
		}
	}
}
