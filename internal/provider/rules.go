package provider

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/bmatcuk/doublestar/v4"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob"
	"github.com/terraform-provider-flink/terraform-provider-flink/internal/workspace"
)

// stringRule makes a validator of a function that tells what is wrong with a value.
type stringRule struct {
	title string
	check func(string) error
}

// The rules of single attributes. They look at the value alone: no file, no network.
var (
	baseURIRule     = stringRule{"Invalid base URI", checkBaseURI}
	namespaceRule   = stringRule{"Invalid namespace", workspace.CheckNamespace}
	filenameRule    = stringRule{"Invalid file name", workspace.CheckFilename}
	directoryRule   = stringRule{"Invalid directory", workspace.CheckDirectory}
	sha256Rule      = stringRule{"Invalid SHA-256", checkSHA256}
	globRule        = stringRule{"Invalid glob", checkGlob}
	endpointRule    = stringRule{"Invalid endpoint", checkEndpoint}
	ossEndpointRule = stringRule{endpointRule.title, checkOSSEndpoint}
	hostRule        = stringRule{"Invalid host", checkHost}
	durationRule    = stringRule{"Invalid duration", checkRoleDuration}
	sourceRule      = stringRule{"Invalid source", checkSource}
	headerRule      = stringRule{"Invalid content type", checkHeaderValue}
	metadataKeyRule = stringRule{"Invalid metadata key", checkMetadataKey}
	metadataRule    = stringRule{"Invalid metadata value", checkHeaderValue}
	originRule      = stringRule{"Invalid origin", checkOrigin}
)

var _ validator.String = stringRule{}

func (r stringRule) Description(context.Context) string             { return r.title }
func (r stringRule) MarkdownDescription(ctx context.Context) string { return r.Description(ctx) }

func (r stringRule) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := r.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, r.title, sentence(err))
	}
}

// sentence makes an error's text one: it begins with a capital and ends in a full stop.
func sentence(err error) string {
	text := err.Error()
	first, size := utf8.DecodeRuneInString(text)
	if word, _, _ := strings.Cut(text, " "); !strings.ContainsAny(word, "./:_") { // a file's name is not changed
		text = strings.ToUpper(string(first)) + text[size:]
	}
	if strings.HasSuffix(text, ".") {
		return text
	}
	return text + "."
}

func checkBaseURI(value string) error {
	_, err := workspace.ParseBaseURI(value)
	return err
}

func checkSHA256(value string) error {
	if _, err := blob.ParseHash(value); err != nil {
		return fmt.Errorf("%w; it is the first word of what \"sha256sum FILE\" prints, without the file's name", err)
	}
	if value != strings.ToLower(value) {
		return fmt.Errorf("write it in lower case: %s", strings.ToLower(value))
	}
	return nil
}

func checkGlob(value string) error {
	if !doublestar.ValidatePattern(value) {
		return fmt.Errorf("%q is no pattern; \"*\" stands for any characters, \"?\" for one, \"[a-c]\" for one of a class and \"{a,b}\" for either word", value)
	}
	return nil
}

func checkEndpoint(value string) error {
	endpoint, err := url.Parse(value)
	switch {
	case err != nil:
		// url.Error repeats its input, which may hold a password.
		return errors.New("this is no URL; an endpoint looks like https://s3.example.com:9000")
	case endpoint.Scheme != "https" && endpoint.Scheme != "http", endpoint.Host == "":
		return errors.New("an endpoint begins with https:// or http:// and a host name, as in https://s3.example.com:9000")
	case endpoint.User != nil:
		return errors.New("an endpoint has no user or password; set access_key and secret_key, or leave them to the environment")
	case endpoint.RawQuery != "", endpoint.Fragment != "":
		return errors.New("an endpoint has no query (\"?…\") and no fragment (\"#…\")")
	}
	return nil
}

// checkOSSEndpoint takes a bare host too, as OSS's own documentation and tools write endpoints.
func checkOSSEndpoint(value string) error {
	if value == "" {
		return errors.New("an endpoint is a host name or a URL, such as oss-cn-hangzhou.aliyuncs.com; leave it out for the region's own")
	}
	if !strings.Contains(value, "://") {
		value = "https://" + value
	}
	if err := checkEndpoint(value); err != nil {
		return err
	}
	if endpoint, err := url.Parse(value); err != nil || strings.Trim(endpoint.Path, "/") != "" {
		return errors.New("an endpoint has no path, and no bucket; it looks like oss-cn-hangzhou.aliyuncs.com")
	}
	return nil
}

func checkHost(value string) error {
	if address, err := url.Parse("https://" + value); err != nil || value == "" || address.Host != value {
		return errors.New("this is a host name alone, without a scheme, a path and a user, such as sts.cn-hangzhou.aliyuncs.com")
	}
	return nil
}

func checkRoleDuration(value string) error {
	duration, err := time.ParseDuration(value)
	if err != nil {
		return fmt.Errorf("%q is no duration; write 1h or 30m", value)
	}
	if duration < 15*time.Minute || duration > 12*time.Hour {
		return fmt.Errorf("a session lasts from 15m to 12h, not %s", value)
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
		return errors.New("a value is not empty, and has no space at its beginning or end: stores drop it")
	}
	for _, r := range value {
		if r < ' ' || r > '~' {
			return fmt.Errorf("the value has the character %U; stores keep printable ASCII only", r)
		}
	}
	return nil
}

func checkMetadataKey(key string) error {
	if strings.HasPrefix(key, "flink-") {
		return fmt.Errorf("keys that begin with \"flink-\" are the provider's own: %q", key)
	}
	for _, r := range key {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return fmt.Errorf("the key %q has a %q; lower-case letters, digits and \"-\" come back from every store as they were", key, r)
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
		return fmt.Errorf("%q is more than an origin; an origin is a scheme, a host and perhaps a port, without a slash after them", origin)
	}
	return nil
}
