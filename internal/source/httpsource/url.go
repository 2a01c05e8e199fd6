package httpsource

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const (
	// maxURL is what servers take at the least that take long ones, in bytes.
	maxURL = 8192
	// maxHost is what fits into a name of the DNS (RFC 1035, 2.3.4), in bytes.
	maxHost = 255
	// maxShownPath is how much of a path is shown in messages, in bytes.
	maxShownPath = 200
)

// ErrPlainHTTP says that a source without TLS has no pin.
var ErrPlainHTTP = errors.New("over plain http anybody on the way can change the bytes: use https, or pin them with content_sha256")

// secrets are the names of query parameters that carry a signature or a credential, as AWS, OSS, Google, Azure, Tencent, CloudFront,
// GitLab and Artifactory have them, and those that are common. A name with "-" or "_" is the same with the other and without.
var secrets = []string{
	"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token", "AWSAccessKeyId",
	"X-Oss-Signature", "X-Oss-Credential", "X-Oss-Security-Token", "OSSAccessKeyId", "security-token",
	"X-Goog-Signature", "X-Goog-Credential", "GoogleAccessId",
	"Signature", "sig", "q-signature",
	"access_token", "private_token", "job_token", "auth_token", "refresh_token", "id_token", "token",
	"api_key", "X-JFrog-Art-Api", "client_secret", "secret", "password", "passwd", "pwd", "authorization", "auth", "jwt",
}

var secretNames = sync.OnceValue(func() map[string]string {
	names := make(map[string]string, len(secrets))
	for _, name := range secrets {
		names[plainName(name)] = name
	}
	return names
})

func plainName(name string) string {
	return strings.NewReplacer("-", "", "_", "", " ", "").Replace(strings.ToLower(name))
}

// CheckURL says what is wrong with the address of a source, before anything is asked. Its messages hold nothing of a query or of userinfo.
func CheckURL(address string) error {
	_, err := parseURL(address)
	return err
}

func parseURL(address string) (*url.URL, error) {
	if len(address) > maxURL {
		return nil, fmt.Errorf("the URL has %d bytes, and %d are the most", len(address), maxURL)
	}
	parsed, err := url.Parse(address)
	if err != nil {
		// Its text repeats the URL.
		return nil, errors.New("this is no URL: it should look like https://repo.example.com/path/job.jar, with all other characters percent-encoded")
	}
	port, portErr := strconv.Atoi(parsed.Port())
	switch {
	case parsed.Scheme != "https" && parsed.Scheme != "http":
		return nil, errors.New("the URL has to begin with https:// or http://")
	case parsed.User != nil:
		return nil, errors.New("the URL holds a user or a password, which would be in the state: they belong in the provider's http block, in http.credentials by host")
	case parsed.Hostname() == "":
		return nil, errors.New("the URL names no host: it should look like https://repo.example.com/path/job.jar")
	case len(parsed.Host) > maxHost:
		return nil, fmt.Errorf("the URL's host has %d bytes, and %d are the most", len(parsed.Host), maxHost)
	case parsed.Port() != "" && (portErr != nil || port < 1 || port > 65535):
		return nil, errors.New("the URL's port is none of 1 to 65535")
	case strings.Contains(address, "#"):
		return nil, errors.New("the URL has a fragment (from # on), which no server is sent: take it away, or write %23 if it belongs to the path")
	}
	if name := secretIn(parsed.RawQuery); name != "" {
		return nil, fmt.Errorf("the URL's query holds a signature or a secret (%s), which would be in the state: give what it stands for in the provider's "+
			"http block, in http.credentials by host, or name the store by its own scheme, as in s3://bucket/key and oss://bucket/key", name)
	}
	return parsed, nil
}

// secretIn finds a parameter that carries a secret. Servers differ in what separates parameters, and in whether a broken escape is an error.
func secretIn(query string) string {
	for pair := range strings.FieldsFuncSeq(query, func(r rune) bool { return r == '&' || r == ';' }) {
		name, _, _ := strings.Cut(pair, "=")
		if unescaped, err := url.QueryUnescape(name); err == nil {
			name = unescaped
		}
		if known, secret := secretNames()[plainName(name)]; secret {
			return known
		}
	}
	return ""
}

// Shown is an address as messages may have it; "the URL" where it is none.
func Shown(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return "the URL"
	}
	return shownURL(parsed)
}

// shownURL is a URL as messages may have it: without query and userinfo, and not too long.
func shownURL(address *url.URL) string {
	path := address.EscapedPath()
	if len(path) > maxShownPath {
		// The end has the file's name.
		path = path[:maxShownPath/2] + "…" + path[len(path)-maxShownPath/2:]
	}
	return originOf(address) + path
}

func originOf(address *url.URL) string { return address.Scheme + "://" + address.Host }
