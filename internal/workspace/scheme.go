package workspace

import (
	"maps"
	"slices"
	"strings"
)

// Backend is a kind of store, whatever spelling a URI has for it.
type Backend string

// The backends, each named after the provider's block that configures it.
const (
	OSS  Backend = "oss"
	S3   Backend = "s3"
	File Backend = "file"
)

// backendOf has every scheme that a base URI may have. Flink and Ververica Platform know S3 by four names, one for each of their
// file systems; they all mean the same bucket.
var backendOf = map[string]Backend{
	"oss":  OSS,
	"s3":   S3,
	"s3i":  S3,
	"s3a":  S3,
	"s3p":  S3,
	"file": File,
}

// Backends are all backends, sorted.
func Backends() []Backend {
	return slices.Compact(slices.Sorted(maps.Values(backendOf)))
}

// knownSchemes is the list for messages: "file://, s3://, …".
func knownSchemes() string {
	var known []string
	for _, scheme := range Schemes() {
		known = append(known, scheme+"://")
	}
	return strings.Join(known, ", ")
}

// Schemes are all schemes that a base URI may have, sorted.
func Schemes() []string { return slices.Sorted(maps.Keys(backendOf)) }
