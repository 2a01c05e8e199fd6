package ossfake

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// copySource is the object that x-oss-copy-source names: "/bucket/key", URL-encoded, with "?versionId=" perhaps. "+" is a
// space in it, as aliyun-oss-go-sdk v3 writes it.
func (c *call) copySource() (*version, *Refusal) {
	header := c.r.Header.Get("X-Oss-Copy-Source")
	path, query, _ := strings.Cut(header, "?")
	decoded, err := url.QueryUnescape(path)
	name, key, ok := strings.Cut(strings.TrimPrefix(decoded, "/"), "/")
	if err != nil || !ok || name == "" || key == "" || !strings.HasPrefix(path, "/") {
		refusal := invalidArgument("x-oss-copy-source", header, "Copy Source must mention the source bucket and key: /sourcebucket/sourcekey.")
		if c.operation == "UploadPartCopy" {
			refusal.EC = "0042-00000301" // its page has the slash too
		}
		return nil, refusal
	}
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return nil, invalidArgument("x-oss-copy-source", header, "Copy Source is invalid.")
	}
	source, ok := c.s.buckets[name]
	if !ok {
		return nil, noSuchBucket(name)
	}
	if source.options.OwnedByOther {
		return nil, notYourBucket(name)
	}
	// Both must be in one region: https://www.alibabacloud.com/help/en/oss/developer-reference/copyobject.
	if target := c.s.buckets[c.address.bucket]; source.region != target.region {
		return nil, accessDenied("", "Target object does not reside in the same data center as source object.")
	}
	v, refusal := findVersion(source, key, parameters.Get("versionId"))
	if refusal != nil && refusal.Status == http.StatusMethodNotAllowed {
		// https://www.alibabacloud.com/help/en/oss/support/0016-00000307; the code is from memory.
		refusal = invalidArgument("x-oss-copy-source", header, "The source of a copy can not be a delete marker.")
		refusal.EC = "0016-00000307"
	}
	if refusal != nil {
		return nil, refusal
	}
	if refusal := checkConditions(c.r.Header, copyConditions, v); refusal != nil {
		return nil, refusal
	}
	if v.VersionID != "" {
		c.header.Set("X-Oss-Copy-Source-Version-Id", v.VersionID)
	}
	return v, nil
}

type copyResult struct {
	XMLName      xml.Name
	ETag         string
	LastModified string
}

func (c *call) copyObject(b *bucket) *Refusal {
	if refusal := c.checkHeader(); refusal != nil {
		return refusal
	}
	source, refusal := c.copySource()
	if refusal != nil {
		return refusal
	}
	if size := int64(len(source.Data)); size > c.s.options.CopyLimit {
		return copyTooLarge(size, c.s.options.CopyLimit)
	}
	if refusal := c.forbidsOverwrite(b, existsForPut); refusal != nil {
		return refusal
	}
	if refusal := c.fits(len(source.Data)); refusal != nil {
		return refusal
	}
	v := source.clone()
	v.Key, v.VersionID, v.LastModified = c.address.key, "", c.now.Truncate(time.Second)
	v.ACL, v.StorageClass, v.Type = aclOf(c.r.Header), storageClassOf(c.r.Header), "Normal"
	// Onto itself, the request's metadata count whatever the directive says.
	if c.r.Header.Get("X-Oss-Metadata-Directive") == "REPLACE" || source == b.newest(c.address.key) {
		v.Header = keptHeader(c.r.Header)
	}
	// What encrypts the source is not copied: the request alone says how the copy is encrypted.
	for _, name := range keptNames {
		if strings.HasPrefix(name, "X-Oss-Server-Side") {
			v.Header.Del(name)
			if value := c.r.Header.Get(name); value != "" {
				v.Header.Set(name, value)
			}
		}
	}
	if strings.EqualFold(c.r.Header.Get("X-Oss-Tagging-Directive"), "Replace") {
		if v.Tags, refusal = parseTags(c.r.Header.Get("X-Oss-Tagging")); refusal != nil {
			return refusal
		}
	}
	b.add(v)
	c.written(v)
	return c.xml(copyResult{xml.Name{Local: "CopyObjectResult"}, v.ETag, v.LastModified.Format(timeInXML)})
}

func (c *call) uploadPartCopy(b *bucket) *Refusal {
	number, refusal := c.partNumber()
	if refusal != nil {
		return refusal
	}
	u, refusal := c.upload(b)
	if refusal != nil {
		return refusal
	}
	source, refusal := c.copySource()
	if refusal != nil {
		return refusal
	}
	data := source.Data
	if value := c.r.Header.Get("X-Oss-Copy-Source-Range"); value != "" {
		// What does not fit means the whole object here too.
		start, end, _, _ := rangeOf(value, false, int64(len(data)))
		data = data[start:end]
	}
	p, refusal := c.addPart(u, number, data)
	if refusal != nil {
		return refusal
	}
	return c.xml(copyResult{xml.Name{Local: "CopyPartResult"}, p.etag, p.modified.Format(timeInXML)})
}
