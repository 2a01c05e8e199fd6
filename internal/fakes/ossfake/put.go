package ossfake

import (
	"crypto/md5"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
)

const (
	maxPut      = 5 << 30 // of PutObject and UploadPart
	maxMetadata = 8 << 10 // of all x-oss-meta- together
)

// keptNames are the headers that an object keeps and gives back as they are.
var keptNames = []string{
	"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Expires",
	"X-Oss-Server-Side-Encryption", "X-Oss-Server-Side-Data-Encryption", "X-Oss-Server-Side-Encryption-Key-Id",
}

// keptHeader is what a new object keeps of a request's header.
func keptHeader(header http.Header) http.Header {
	kept := http.Header{"Content-Type": {"application/octet-stream"}}
	if value := header.Get("Content-Type"); value != "" {
		kept.Set("Content-Type", value)
	}
	for _, name := range keptNames {
		if value := header.Get(name); value != "" {
			kept.Set(name, value)
		}
	}
	for name, values := range header {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), "X-Oss-Meta-") {
			kept[http.CanonicalHeaderKey(name)] = []string{strings.Join(values, ",")}
		}
	}
	return kept
}

// checkHeader refuses what is wrong in the header of a request that makes an object.
func (c *call) checkHeader() *Refusal {
	size := 0
	for name, values := range c.r.Header {
		if strings.HasPrefix(name, "X-Oss-Meta-") {
			size += len(name) - len("X-Oss-Meta-") + len(strings.Join(values, ","))
		}
	}
	if size > maxMetadata {
		return metadataTooLarge()
	}
	for _, check := range []struct {
		name    string
		allowed string
		ec      string // "" where none is known
	}{
		{"X-Oss-Storage-Class", "Standard IA Archive ColdArchive DeepColdArchive", ""},
		{"X-Oss-Object-Acl", "default private public-read public-read-write", ""},
		{"X-Oss-Server-Side-Encryption", "AES256 KMS SM4", ""},
		{"X-Oss-Forbid-Overwrite", "true false", "0017-00000279"},
		{"X-Oss-Metadata-Directive", "COPY REPLACE", ""},
		{"X-Oss-Tagging-Directive", "Copy Replace COPY REPLACE", ""},
	} {
		value := c.r.Header.Get(check.name)
		if value != "" && !contains(check.allowed, value) {
			refusal := invalidArgument(strings.ToLower(check.name), value, "The "+strings.ToLower(check.name)+" is invalid.")
			refusal.EC = check.ec
			return refusal
		}
	}
	return nil
}

func contains(words, word string) bool {
	for w := range strings.FieldsSeq(words) {
		if w == word {
			return true
		}
	}
	return false
}

// checkBody holds the body against the hash in the header.
func (c *call) checkBody() *Refusal {
	if value := c.r.Header.Get("Content-Md5"); value != "" {
		sum := md5.Sum(c.data)
		if value != base64.StdEncoding.EncodeToString(sum[:]) {
			return invalidDigest()
		}
	}
	return nil
}

func (c *call) putObject(b *bucket) *Refusal {
	if refusal := c.checkHeader(); refusal != nil {
		return refusal
	}
	if size := int64(len(c.data)); size > maxPut {
		return entityTooLarge(size, maxPut)
	}
	tags, refusal := parseTags(c.r.Header.Get("X-Oss-Tagging"))
	if refusal != nil {
		return refusal
	}
	if refusal := c.forbidsOverwrite(b, existsForPut); refusal != nil {
		return refusal
	}
	if refusal := c.fits(len(c.data)); refusal != nil {
		return refusal
	}
	v := c.newVersion(c.data, keptHeader(c.r.Header))
	v.Tags = tags
	b.add(v)
	c.written(v)
	sum := md5.Sum(c.data)
	c.header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
	return nil
}

// written says in the answer's header what was made.
func (c *call) written(v *version) {
	c.header.Set("Etag", v.ETag)
	c.header.Set("X-Oss-Hash-Crc64ecma", strconv.FormatUint(v.CRC64, 10))
	if v.VersionID != "" {
		c.header.Set("X-Oss-Version-Id", v.VersionID)
	}
	for _, name := range keptNames {
		if value := v.Header.Get(name); value != "" && strings.HasPrefix(name, "X-Oss-Server-Side") {
			c.header.Set(name, value)
		}
	}
}
