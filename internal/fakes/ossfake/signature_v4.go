package ossfake

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const unsignedPayload = "UNSIGNED-PAYLOAD"

// checkV4 is the published algorithm, written here and not taken from a client:
// https://www.alibabacloud.com/help/en/oss/developer-reference/recommend-to-use-signature-version-4 and, of URLs,
// https://www.alibabacloud.com/help/en/oss/developer-reference/add-signatures-to-urls.
func (c *call) checkV4(key Key) *Refusal {
	sig := c.signature
	if sig.product != "oss" || sig.terminator != "aliyun_v4_request" {
		return malformedV4(c.v4EC("0002-00000213", "0002-00000224"), "Credential", sig.product+"/"+sig.terminator)
	}
	if region := c.regionOfScope(); sig.region != region {
		return invalidRegion(c.v4EC("0002-00000228", "0002-00000226"), sig.region, region)
	}
	if sig.date != sig.time.UTC().Format("20060102") {
		return malformedV4("0002-00000223", "Credential", sig.date)
	}
	names := strings.Split(sig.additional, ";")
	if sig.additional == "" {
		names = nil
	}
	for _, name := range names {
		if name != strings.ToLower(name) || !slices.IsSorted(names) {
			return malformedV4("", "AdditionalHeaders", sig.additional)
		}
	}
	canonical := c.canonicalRequest(names)
	scope := sig.date + "/" + sig.region + "/" + sig.product + "/" + sig.terminator
	hash := sha256.Sum256([]byte(canonical))
	stringToSign := "OSS4-HMAC-SHA256\n" + sig.timestamp + "\n" + scope + "\n" + hex.EncodeToString(hash[:])
	signingKey := []byte("aliyun_v4" + key.SecretKey)
	for _, step := range []string{sig.date, sig.region, sig.product, sig.terminator, stringToSign} {
		mac := hmac.New(sha256.New, signingKey)
		mac.Write([]byte(step))
		signingKey = mac.Sum(nil)
	}
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(signingKey)), []byte(sig.value)) != 1 {
		return signatureDoesNotMatch(sig, stringToSign).with("CanonicalRequest", canonical)
	}
	return nil
}

// canonicalRequest is method, path, query, headers, names of the additional headers and hash of the body, each on its
// line. Headers end their lines themselves, which makes an empty line after them.
func (c *call) canonicalRequest(additional []string) string {
	path := "/"
	if c.address.bucket != "" {
		path += c.address.bucket + "/" + c.address.key
	}
	payload := unsignedPayload
	if value := c.r.Header.Get("X-Oss-Content-Sha256"); value != "" {
		payload = value
	}
	return strings.Join([]string{
		c.r.Method, escape(path, true), c.canonicalQuery(), c.canonicalHeaders(additional), strings.Join(additional, ";"), payload,
	}, "\n")
}

// canonicalQuery is every parameter but the signature, encoded anew and sorted; one without a value has no "=".
func (c *call) canonicalQuery() string {
	var parameters []string
	for name, values := range c.query {
		if name == "x-oss-signature" {
			continue
		}
		for _, value := range values {
			parameter := escape(name, false)
			if value != "" {
				parameter += "=" + escape(value, false)
			}
			parameters = append(parameters, parameter)
		}
	}
	slices.SortFunc(parameters, func(a, b string) int {
		nameA, valueA, _ := strings.Cut(a, "=")
		nameB, valueB, _ := strings.Cut(b, "=")
		if nameA != nameB {
			return strings.Compare(nameA, nameB)
		}
		return strings.Compare(valueA, valueB)
	})
	return strings.Join(parameters, "&")
}

// canonicalHeaders are Content-Type, Content-MD5, every x-oss- header and those that the signature names besides.
func (c *call) canonicalHeaders(additional []string) string {
	lines := map[string]string{}
	for name, values := range c.r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-oss-") || lower == "content-type" || lower == "content-md5" || slices.Contains(additional, lower) {
			trimmed := make([]string, len(values))
			for i, value := range values {
				trimmed[i] = strings.TrimSpace(value)
			}
			lines[lower] = strings.Join(trimmed, ",")
		}
	}
	// net/http keeps these two apart from the others.
	if slices.Contains(additional, "host") {
		lines["host"] = c.r.Host
	}
	if slices.Contains(additional, "content-length") {
		lines["content-length"] = strconv.FormatInt(c.r.ContentLength, 10)
	}
	var canonical strings.Builder
	for _, name := range sortedKeys(lines) {
		fmt.Fprintf(&canonical, "%s:%s\n", name, lines[name])
	}
	return canonical.String()
}

// escape encodes all but letters, digits and -._~, and in a path the slash.
func escape(text string, path bool) string {
	escaped := strings.ReplaceAll(url.QueryEscape(text), "+", "%20")
	if path {
		escaped = strings.ReplaceAll(escaped, "%2F", "/")
	}
	return escaped
}

// v4EC is another EC for a header than for a URL.
func (c *call) v4EC(header, query string) string {
	if c.signature.inQuery {
		return query
	}
	return header
}

// invalidRegion refuses a signature for another region than the bucket's. Its words are from memory.
func invalidRegion(ec, got, want string) *Refusal {
	r := invalidArgument("Credential", got, fmt.Sprintf("Invalid signing region in Authorization header, expected %s.", want))
	r.EC = ec
	return r
}
