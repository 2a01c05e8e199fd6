package ossfake

import (
	"encoding/base64"
	"encoding/xml"
	"strconv"
	"strings"
)

type contents struct {
	Key          string
	LastModified string
	ETag         string
	Type         string
	Size         int
	StorageClass string
	Owner        *owner `xml:",omitempty"`
}

type commonPrefix struct{ Prefix string }

// page is what a listing found: keys and common prefixes together are at most as many as were asked for.
type page struct {
	keys, prefixes []string
	last           string // the last of both; the next page begins after it
	truncated      bool
}

// maxKeys reads how many entries a page may have: https://www.alibabacloud.com/help/en/oss/developer-reference/listobjects.
func (c *call) maxKeys(name string, standard int) (int, *Refusal) {
	value := c.query.Get(name)
	if value == "" {
		return standard, nil
	}
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > 1000 {
		return 0, invalidArgument(name, value, "Argument "+name+" must be an integer between 1 and 1000.")
	}
	return n, nil
}

// listing pages through keys, which are sorted by their bytes, after a marker.
func listing(keys []string, prefix, delimiter, after string, limit int) page {
	var p page
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		entry, group := key, false
		if delimiter != "" {
			if before, _, found := strings.Cut(key[len(prefix):], delimiter); found {
				entry, group = prefix+before+delimiter, true
			}
		}
		if key <= after || entry <= after && group || group && len(p.prefixes) > 0 && p.prefixes[len(p.prefixes)-1] == entry {
			continue
		}
		if len(p.keys)+len(p.prefixes) == limit {
			p.truncated = true
			return p
		}
		if group {
			p.prefixes = append(p.prefixes, entry)
		} else {
			p.keys = append(p.keys, entry)
		}
		p.last = entry
	}
	return p
}

// currentKeys are the keys that a listing without versions shows.
func (b *bucket) currentKeys() []string {
	var keys []string
	for _, key := range sortedKeys(b.objects) {
		if b.newest(key) != nil {
			keys = append(keys, key)
		}
	}
	return keys
}

func (c *call) contents(b *bucket, keys []string, withOwner bool) []contents {
	var list []contents
	for _, key := range keys {
		v := b.newest(key)
		entry := contents{
			Key: c.encode(key), LastModified: v.LastModified.Format(timeInXML), ETag: v.ETag, Type: v.Type, Size: len(v.Data), StorageClass: v.StorageClass,
		}
		if withOwner {
			entry.Owner = &theOwner
		}
		list = append(list, entry)
	}
	return list
}

func (c *call) commonPrefixes(prefixes []string) []commonPrefix {
	var list []commonPrefix
	for _, prefix := range prefixes {
		list = append(list, commonPrefix{c.encode(prefix)})
	}
	return list
}

func (c *call) encodingType() *Refusal {
	if value := c.query.Get("encoding-type"); value != "" && value != "url" {
		return invalidArgument("encoding-type", value, "Invalid Encoding Method specified in Request.")
	}
	return nil
}

func (c *call) listObjects(b *bucket) *Refusal {
	limit, refusal := c.maxKeys("max-keys", 100)
	if refusal != nil {
		return refusal
	}
	if refusal := c.encodingType(); refusal != nil {
		return refusal
	}
	q := c.query
	p := listing(b.currentKeys(), q.Get("prefix"), q.Get("delimiter"), q.Get("marker"), limit)
	result := struct {
		XMLName        xml.Name `xml:"ListBucketResult"`
		Name           string
		Prefix         string
		Marker         string
		MaxKeys        int
		Delimiter      string
		EncodingType   string `xml:",omitempty"`
		IsTruncated    bool
		NextMarker     string `xml:",omitempty"`
		Contents       []contents
		CommonPrefixes []commonPrefix
	}{
		Name: b.name, Prefix: c.encode(q.Get("prefix")), Marker: c.encode(q.Get("marker")), MaxKeys: limit,
		Delimiter: c.encode(q.Get("delimiter")), EncodingType: q.Get("encoding-type"), IsTruncated: p.truncated,
		Contents: c.contents(b, p.keys, true), CommonPrefixes: c.commonPrefixes(p.prefixes),
	}
	if p.truncated {
		result.NextMarker = c.encode(p.last)
	}
	return c.xml(result)
}

func (c *call) listObjectsV2(b *bucket) *Refusal {
	q := c.query
	if q.Get("list-type") != "2" {
		return invalidArgument("list-type", q.Get("list-type"), "Invalid list type.")
	}
	limit, refusal := c.maxKeys("max-keys", 100)
	if refusal != nil {
		return refusal
	}
	if refusal := c.encodingType(); refusal != nil {
		return refusal
	}
	after := q.Get("start-after")
	if token := q.Get("continuation-token"); token != "" {
		decoded, err := base64.StdEncoding.DecodeString(token)
		if err != nil || len(decoded) == 0 {
			return invalidArgument("continuation-token", token, "The continuation token provided is incorrect.")
		}
		after = string(decoded)
	}
	p := listing(b.currentKeys(), q.Get("prefix"), q.Get("delimiter"), after, limit)
	result := struct {
		XMLName               xml.Name `xml:"ListBucketResult"`
		Name                  string
		Prefix                string
		StartAfter            string `xml:",omitempty"`
		MaxKeys               int
		Delimiter             string
		EncodingType          string `xml:",omitempty"`
		IsTruncated           bool
		ContinuationToken     string `xml:",omitempty"`
		NextContinuationToken string `xml:",omitempty"`
		KeyCount              int
		Contents              []contents
		CommonPrefixes        []commonPrefix
	}{
		Name: b.name, Prefix: c.encode(q.Get("prefix")), StartAfter: c.encode(q.Get("start-after")), MaxKeys: limit,
		Delimiter: c.encode(q.Get("delimiter")), EncodingType: q.Get("encoding-type"), IsTruncated: p.truncated,
		ContinuationToken: c.encode(q.Get("continuation-token")), KeyCount: len(p.keys) + len(p.prefixes),
		Contents: c.contents(b, p.keys, q.Get("fetch-owner") == "true"), CommonPrefixes: c.commonPrefixes(p.prefixes),
	}
	if p.truncated {
		result.NextContinuationToken = c.encode(base64.StdEncoding.EncodeToString([]byte(p.last)))
	}
	return c.xml(result)
}
