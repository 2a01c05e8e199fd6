package ossfake

import (
	"encoding/xml"
	"net/http"
	"net/url"
	"slices"
)

const maxTags = 10

// parseTags reads x-oss-tagging, "a=1&b=2".
func parseTags(value string) (map[string]string, *Refusal) {
	if value == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(value)
	if err != nil || len(values) > maxTags {
		return nil, invalidArgument("x-oss-tagging", value, "The tagging is invalid.")
	}
	tags := map[string]string{}
	for key := range values {
		tags[key] = values.Get(key)
	}
	return tags, nil
}

type tag struct{ Key, Value string }

type tagging struct {
	XMLName xml.Name `xml:"Tagging"`
	Tags    []tag    `xml:"TagSet>Tag"`
}

func (c *call) getObjectTagging(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	var document tagging
	for _, key := range sortedKeys(v.Tags) {
		document.Tags = append(document.Tags, tag{key, v.Tags[key]})
	}
	return c.xml(document)
}

func (c *call) putObjectTagging(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	var document tagging
	if refusal := c.parse(&document); refusal != nil {
		return refusal
	}
	if len(document.Tags) > maxTags {
		return malformedXML("more than 10 tags")
	}
	tags := map[string]string{}
	for _, t := range document.Tags {
		tags[t.Key] = t.Value
	}
	v.Tags = tags
	return nil
}

func (c *call) deleteObjectTagging(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	v.Tags = nil
	c.status = http.StatusNoContent
	return nil
}

func (c *call) getObjectACL(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	return c.acl(v.ACL)
}

func (c *call) putObjectACL(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	acl := c.r.Header.Get("X-Oss-Object-Acl")
	if !slices.Contains([]string{"default", "private", "public-read", "public-read-write"}, acl) {
		return invalidArgument("x-oss-object-acl", acl, "no such object access control exists")
	}
	v.ACL = acl
	return nil
}

func (c *call) acl(grant string) *Refusal {
	return c.xml(struct {
		XMLName xml.Name `xml:"AccessControlPolicy"`
		Owner   owner
		Grant   string `xml:"AccessControlList>Grant"`
	}{Owner: theOwner, Grant: grant})
}
