package ossfake

import (
	"encoding/xml"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// maxCORSRules: https://www.alibabacloud.com/help/en/oss/support/http-400-status-code, CORSRuleBeyondLimit.
const maxCORSRules = 10

type corsConfiguration struct {
	XMLName      xml.Name   `xml:"CORSConfiguration"`
	Rules        []corsRule `xml:"CORSRule"`
	ResponseVary bool
}

type corsRule struct {
	AllowedOrigins []string `xml:"AllowedOrigin"`
	AllowedMethods []string `xml:"AllowedMethod"`
	AllowedHeaders []string `xml:"AllowedHeader"`
	ExposeHeaders  []string `xml:"ExposeHeader"`
	MaxAgeSeconds  *int64   `xml:"MaxAgeSeconds"`
}

// putBucketCORS replaces all rules: https://www.alibabacloud.com/help/en/oss/developer-reference/putbucketcors.
func (c *call) putBucketCORS(b *bucket) *Refusal {
	var configuration corsConfiguration
	if refusal := c.parse(&configuration); refusal != nil {
		return refusal
	}
	if len(configuration.Rules) == 0 {
		return malformedXML("no CORSRule")
	}
	if len(configuration.Rules) > maxCORSRules {
		return refusal(http.StatusBadRequest, "CORSRuleBeyondLimit", "", "The CORS Rules num is beyond limit")
	}
	for _, rule := range configuration.Rules {
		if refusal := rule.check(); refusal != nil {
			return refusal
		}
	}
	b.cors = &configuration
	return nil
}

func (r corsRule) check() *Refusal {
	if len(r.AllowedOrigins) == 0 || len(r.AllowedMethods) == 0 {
		return malformedXML("AllowedOrigin and AllowedMethod are required")
	}
	for _, value := range slices.Concat(r.AllowedOrigins, r.AllowedHeaders) {
		if strings.Count(value, "*") > 1 {
			return invalidCORS("at most one * in " + value)
		}
	}
	for _, value := range r.ExposeHeaders {
		if strings.Contains(value, "*") {
			return invalidCORS("no * in ExposeHeader")
		}
	}
	for _, value := range slices.Concat(r.AllowedHeaders, r.ExposeHeaders) {
		if strings.ContainsAny(value, `<>&'"`) {
			return invalidCORS("a character in the header " + value)
		}
	}
	for _, method := range r.AllowedMethods {
		if !contains("GET PUT DELETE POST HEAD", method) {
			return invalidCORS("AllowedMethod " + method)
		}
	}
	if age := r.MaxAgeSeconds; age != nil && (*age < 0 || *age > 999999999) {
		return invalidCORS("MaxAgeSeconds")
	}
	return nil
}

// invalidCORS has the EC of a bad AllowedMethod; its code is from memory.
func invalidCORS(why string) *Refusal {
	return refusal(http.StatusBadRequest, "InvalidArgument", "0034-00000011", "The CORS rule is invalid.").with("ErrorDetail", why)
}

func (c *call) getBucketCORS(b *bucket) *Refusal {
	if b.cors == nil {
		return noSuchCORS(b.name)
	}
	return c.xml(b.cors)
}

func (c *call) deleteBucketCORS(b *bucket) *Refusal {
	b.cors = nil
	c.status = http.StatusNoContent
	return nil
}

// optionObject is a browser's question in advance.
func (c *call) optionObject(b *bucket) *Refusal {
	origin, method := c.r.Header.Get("Origin"), c.r.Header.Get("Access-Control-Request-Method")
	if origin == "" {
		return refusal(http.StatusBadRequest, "BadRequest", "", "Insufficient information. Origin request header needed.")
	}
	if method == "" {
		return refusal(http.StatusBadRequest, "BadRequest", "", "Insufficient information. Access-Control-Request-Method request header needed.")
	}
	if b.cors == nil {
		return refusal(http.StatusForbidden, "AccessForbidden", "", "CORSResponse: CORS is not enabled for this bucket.")
	}
	var headers []string
	for name := range strings.SplitSeq(c.r.Header.Get("Access-Control-Request-Headers"), ",") {
		if name = strings.TrimSpace(name); name != "" {
			headers = append(headers, name)
		}
	}
	rule := b.cors.match(origin, method, headers)
	if rule == nil {
		return refusal(http.StatusForbidden, "AccessForbidden", "",
			"CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Requet-Headers are not whitelisted by the resource's CORS spec.")
	}
	if len(headers) > 0 {
		c.header.Set("Access-Control-Allow-Headers", strings.Join(headers, ", "))
	}
	return nil
}

// corsHeaders adds to any answer what a browser must see to show it to the page. The lock is held.
func (c *call) corsHeaders() {
	b, ok := c.s.buckets[c.address.bucket]
	if !ok || b.cors == nil {
		return
	}
	if b.cors.ResponseVary {
		c.header.Set("Vary", "Origin")
	}
	origin := c.r.Header.Get("Origin")
	if origin == "" {
		return
	}
	method, headers := c.r.Method, []string(nil)
	if method == http.MethodOptions {
		method = c.r.Header.Get("Access-Control-Request-Method")
		for name := range strings.SplitSeq(c.r.Header.Get("Access-Control-Request-Headers"), ",") {
			if name = strings.TrimSpace(name); name != "" {
				headers = append(headers, name)
			}
		}
	}
	rule := b.cors.match(origin, method, headers)
	if rule == nil {
		return
	}
	allowed := origin
	if slices.Contains(rule.AllowedOrigins, "*") {
		allowed = "*"
	}
	c.header.Set("Access-Control-Allow-Origin", allowed)
	c.header.Set("Access-Control-Allow-Methods", strings.Join(rule.AllowedMethods, ", "))
	if len(rule.ExposeHeaders) > 0 {
		c.header.Set("Access-Control-Expose-Headers", strings.Join(rule.ExposeHeaders, ", "))
	}
	if rule.MaxAgeSeconds != nil {
		c.header.Set("Access-Control-Max-Age", strconv.FormatInt(*rule.MaxAgeSeconds, 10))
	}
}

// match is the first rule that allows the request.
func (c *corsConfiguration) match(origin, method string, headers []string) *corsRule {
	for i, rule := range c.Rules {
		if matchesAny(rule.AllowedOrigins, origin) && slices.Contains(rule.AllowedMethods, method) &&
			!slices.ContainsFunc(headers, func(name string) bool { return !matchesAny(rule.AllowedHeaders, name) }) {
			return &c.Rules[i]
		}
	}
	return nil
}

// matchesAny knows one * in each pattern.
func matchesAny(patterns []string, value string) bool {
	value = strings.ToLower(value)
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		before, after, star := strings.Cut(strings.ToLower(pattern), "*")
		if !star {
			return before == value
		}
		return len(value) >= len(before)+len(after) && strings.HasPrefix(value, before) && strings.HasSuffix(value, after)
	})
}
