package ossfake

import (
	"net/http"
	"slices"
	"time"
)

// Key is an AccessKey pair, permanent or handed out by STS.
type Key struct {
	AccessKey, SecretKey string
	SecurityToken        string    // "" of a permanent key
	Expires              time.Time // of the token; zero: never
	Denied               []string  // operations in OSS's words that the key's policy does not allow
}

// AddKey makes a key known, or changes it.
func (s *Server) AddKey(key Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys[key.AccessKey] = key
}

// authorize decides whether the caller may do what it asks: where the bucket is, who calls, and what that one may.
func (c *call) authorize() *Refusal {
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	if c.address.secondLevel {
		return secondLevelDomainForbidden(c.r.Host)
	}
	if refusal := c.route(); refusal != nil {
		return refusal
	}
	// A browser asks for permission without a signature.
	if c.operation == "OptionObject" {
		return nil
	}
	if refusal := c.authenticate(); refusal != nil {
		return refusal
	}
	if slices.Contains(c.key.Denied, c.operation) {
		return deniedByPolicy(c.operation)
	}
	return nil
}

// route refuses a bucket that is in another region. OSS does that before it looks at the signature: an anonymous request
// is told the endpoint too. That is from memory.
func (c *call) route() *Refusal {
	b, ok := c.s.buckets[c.address.bucket]
	if ok && c.endpoint == Regional && b.region != c.address.region {
		return wrongEndpoint(b.name, b.region)
	}
	return nil
}

// authenticate checks the signature and sets the key.
func (c *call) authenticate() *Refusal {
	sig := c.signature
	if sig.refusal != nil {
		return sig.refusal
	}
	if sig.version == "" {
		return anonymousDenied()
	}
	key, ok := c.s.keys[sig.accessKey]
	if !ok {
		return invalidAccessKeyID(sig.accessKey)
	}
	switch {
	case key.SecurityToken == "" && sig.token != "":
		return tokenOfAPermanentKey(key.AccessKey)
	case key.SecurityToken != "" && sig.token == "":
		return temporaryKeyWithoutToken(key.AccessKey)
	case key.SecurityToken != sig.token:
		return invalidSecurityToken()
	case !key.Expires.IsZero() && !key.Expires.After(c.now):
		return securityTokenExpired()
	}
	if refusal := c.checkTime(); refusal != nil {
		return refusal
	}
	check := c.checkV1
	if sig.version == "V4" {
		check = c.checkV4
	}
	if refusal := check(key); refusal != nil {
		return refusal
	}
	c.key = key
	return nil
}

// maxSkew is how far a client's clock may be off: https://www.alibabacloud.com/help/en/oss/support/0002-00000504.
const maxSkew = 15 * time.Minute

// checkTime holds a header's date against the server's clock, and a signed URL against its expiry.
func (c *call) checkTime() *Refusal {
	sig := c.signature
	if !sig.inQuery {
		if skew := c.now.Sub(sig.time); skew > maxSkew || skew < -maxSkew {
			return requestTimeTooSkewed(sig.time, c.now)
		}
		return nil
	}
	if !c.now.Before(sig.expires) {
		return requestExpired(sig.expires, c.now)
	}
	// A V4 URL says when it was signed.
	if sig.version == "V4" && sig.time.Sub(c.now) > maxSkew {
		return requestTimeTooSkewed(sig.time, c.now)
	}
	return nil
}

// regionOfScope is the region that a V4 signature must name: the bucket's.
func (c *call) regionOfScope() string {
	if b, ok := c.s.buckets[c.address.bucket]; ok {
		return b.region
	}
	return c.s.Region
}

// isObjectData is true of what a bucket's data is read and written with, in contrast to its configuration.
func (c *call) isObjectData() bool {
	switch c.operation {
	case "ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads", "DeleteMultipleObjects":
		return true
	}
	return c.address.key != "" || c.r.Method == http.MethodOptions
}
