package provider

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/bmatcuk/doublestar/v4"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// The rules of single attributes.
// They look at the value alone: no file, no network.
var (
	baseURIRule     = rule.String{Title: "Invalid base URI", Check: checkBaseURI}
	namespaceRule   = rule.String{Title: "Invalid namespace", Check: workspace.CheckNamespace}
	filenameRule    = rule.String{Title: "Invalid file name", Check: workspace.CheckFilename}
	directoryRule   = rule.String{Title: "Invalid directory", Check: workspace.CheckDirectory}
	sha256Rule      = rule.String{Title: "Invalid SHA-256", Check: checkSHA256}
	globRule        = rule.String{Title: "Invalid glob", Check: checkGlob}
	sourceRule      = rule.String{Title: "Invalid source", Check: checkSource}
	headerRule      = rule.String{Title: "Invalid content type", Check: checkHeaderValue}
	metadataKeyRule = rule.String{Title: "Invalid metadata key", Check: checkMetadataKey}
	metadataRule    = rule.String{Title: "Invalid metadata value", Check: checkHeaderValue}
	originRule      = rule.String{Title: "Invalid origin", Check: checkOrigin}
)

func checkBaseURI(value string) error {
	_, err := schemes.All.ParseBaseURI(value)
	return err
}

func checkSHA256(value string) error {
	if _, err := blob.ParseHash(value); err != nil {
		return fmt.Errorf("%w; use the first word of the output of \"sha256sum FILE\", without the file name", err)
	}
	if value != strings.ToLower(value) {
		return fmt.Errorf("write it in lower case: %s", strings.ToLower(value))
	}
	return nil
}

func checkGlob(value string) error {
	if !doublestar.ValidatePattern(value) {
		return fmt.Errorf("%q is not a valid pattern; \"*\" matches any characters, \"?\" a single one, \"[a-c]\" one of a class and \"{a,b}\" either word", value)
	}
	return nil
}

func checkSource(value string) error {
	if value == "" {
		return errors.New("the path is empty")
	}
	if strings.Contains(value, "://") {
		return errors.New("this is a URL; source is the path of a local file") // not repeated, as it may hold a password or a signature
	}
	if strings.ContainsRune(value, 0) {
		return errors.New("the path has a NUL character")
	}
	if base := filepath.Base(value); base == "." || base == ".." || strings.HasSuffix(value, "/") {
		return fmt.Errorf("%q names a directory; source is the path of one file", value)
	}
	return nil
}

// checkHeaderValue keeps to what every store gives back as it was: HTTP carries nothing else without an encoding.
func checkHeaderValue(value string) error {
	if value == "" || strings.TrimSpace(value) != value {
		return errors.New("a value must not be empty, and must not begin or end with a space, which stores drop")
	}
	for _, r := range value {
		if r < ' ' || r > '~' {
			return fmt.Errorf("the value has the character %U; stores keep only printable ASCII", r)
		}
	}
	return nil
}

func checkMetadataKey(key string) error {
	if strings.HasPrefix(key, "flink-") {
		return fmt.Errorf("keys that begin with \"flink-\" are reserved for the provider: %q", key)
	}
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return fmt.Errorf("the key %q has a %q; only lower-case letters, digits and \"-\" are kept unchanged by every store", key, r)
		}
	}
	if key == "" {
		return errors.New("a key is empty")
	}
	return nil
}

func checkOrigin(origin string) error {
	if origin == "*" {
		return nil
	}
	if strings.Count(origin, "*") > 1 {
		return fmt.Errorf("%q has more than one \"*\"; stores allow one", origin)
	}
	scheme, host, found := strings.Cut(origin, "://")
	if !found || scheme == "" || host == "" {
		return errors.New("an origin has a scheme, as in https://console.example.com")
	}
	if strings.ContainsAny(host, "/?#@ ") {
		return fmt.Errorf("%q is more than an origin; an origin is a scheme, a host and optionally a port, without a trailing slash", origin)
	}
	return nil
}
