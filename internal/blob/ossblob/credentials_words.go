package ossblob

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/terraform-provider-flink/terraform-provider-flink/internal/blob/wire"
)

// inWords is what a failure to find credentials may say.
// The errors of credentials-go 1.4.14 hold secrets: a *url.Error has the key, the signature and the token in its URL; an answer of STS repeats
// the string that was signed; and a CLI configuration that is no JSON is shown as a whole.
func inWords(err error) string {
	var address *url.Error
	if errors.As(err, &address) {
		where := wire.Origin(address.URL)
		return strings.TrimSpace(where + " " + withoutQueries(wire.RootCause(address.Err)))
	}
	// What an external program says on its standard error is in the lines after the first.
	text, _, _ := strings.Cut(withoutQueries(err.Error()), "\n")
	if missing := missingFile().FindStringSubmatch(text); missing != nil {
		return "there is no " + missing[1]
	}
	if before, _, ok := strings.Cut(text, "unmarshal aliyun cli config from "); ok {
		_, path, _ := strings.Cut(text, "unmarshal aliyun cli config from ")
		path, _, _ = strings.Cut(path, " failed:")
		return before + "the configuration of the CLI is no JSON: " + path
	}
	// A gateway's page or XML repeats requests as well, and a page is long.
	if i := strings.IndexAny(text, "{<"); i >= 0 && text[i] == '<' {
		return strings.TrimRight(text[:i], `: "`) + ": the answer is no JSON"
	}
	before, after, found := strings.Cut(text, "{")
	if !found {
		return text
	}
	before = strings.TrimRight(before, ": ")
	var said struct{ Code, Message, RequestID string }
	if err := json.NewDecoder(strings.NewReader("{" + after)).Decode(&said); err != nil || said.Code == "" {
		return before
	}
	message, _, _ := strings.Cut(said.Message, "string to sign")
	if len(message) < len(said.Message) {
		message = "the signature is wrong"
	}
	text = before + ": " + said.Code + ": " + message
	if said.RequestID != "" {
		text += " (request " + said.RequestID + ")"
	}
	return text
}

// missingFile is what Go says of one, on all systems but Windows.
var missingFile = pattern(`open (\S+): no such file or directory`)

var queries = pattern(`(https?://)(?:[^\s"/?@]*@)?([^\s"?]+)(?:\?[^\s"]*)?`)

// withoutQueries takes the queries, and user and password, from all URLs in a text.
func withoutQueries(text string) string { return queries().ReplaceAllString(text, "$1$2") }

// withoutSecrets takes what was sent in confidence out of an answer, where gateways repeat requests: plain, escaped as in addresses, once or
// more often, or as in JSON.
func withoutSecrets(text string, secrets ...string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		var forms strings.Builder
		for _, r := range secret {
			percent := ""
			for _, b := range []byte(string(r)) {
				percent += fmt.Sprintf("%%(?:25)*%02x", b)
			}
			fmt.Fprintf(&forms, `(?:\\*%s|%s|\\+u%04x)`, regexp.QuoteMeta(string(r)), percent, r)
		}
		pattern, err := regexp.Compile("(?i)" + forms.String())
		if err != nil { // too long for one: then nothing is said
			return "(its words are not shown)"
		}
		text = pattern.ReplaceAllLiteralString(text, "…")
	}
	return text
}
