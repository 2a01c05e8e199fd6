package provider

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/schemes"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/provider/rule"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/source/httpsource"
)

var (
	sourceURLRule    = rule.String{Title: "Invalid source URL", Check: checkSourceURL}
	checksumsURLRule = rule.String{Title: "Invalid URL of a checksum file", Check: checkChecksumsURL}
)

// checkSourceURL takes http, https and the schemes of all stores.
func checkSourceURL(value string) error {
	if schemes.All.IsObjectURI(value) {
		_, err := schemes.All.ParseObjectURI(value)
		return err
	}
	if scheme, _, _ := strings.Cut(value, "://"); !strings.EqualFold(scheme, "http") && !strings.EqualFold(scheme, "https") {
		var known []string
		for _, scheme := range schemes.All.Schemes() {
			known = append(known, scheme+"://")
		}
		return fmt.Errorf("a source URL begins with https://, http:// or the scheme of a store: %s. A local path belongs in source", strings.Join(known, ", "))
	}
	return httpsource.CheckURL(value)
}

// checkChecksumsURL refuses what anybody on the way could change: the checksum is what the bytes are trusted by.
func checkChecksumsURL(value string) error {
	switch {
	case isPlainHTTP(value):
		return errors.New("over plain http the checksum could be changed along with the file; use https, or set content_sha256")
	case !strings.Contains(value, "://"):
		return errors.New("the URL of a checksum file begins with https:// or the scheme of a store; a local file has three slashes, as in file:///srv/SHA256SUMS")
	}
	return checkSourceURL(value)
}

func isPlainHTTP(address string) bool {
	scheme, _, found := strings.Cut(address, "://")
	return found && strings.EqualFold(scheme, "http")
}

// sourceURLName is the name of the file that a source URL leads to: the last part of its path, decoded.
func sourceURLName(address string) (string, error) {
	if schemes.All.IsObjectURI(address) {
		object, err := schemes.All.ParseObjectURI(address)
		return path.Base(object.Key), err
	}
	parsed, err := url.Parse(address)
	if err != nil {
		return "", errors.New("the source URL is malformed") // url.Error repeats it, with its query
	}
	escaped := parsed.EscapedPath()
	name, err := url.PathUnescape(escaped[strings.LastIndex(escaped, "/")+1:])
	if err != nil || name == "" {
		return "", errors.New("the path of source_url does not end in a file name")
	}
	return name, nil
}
