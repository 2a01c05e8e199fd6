package ossfake

import (
	"encoding/xml"
	"net/http"
	"time"
)

// deleteOne deletes as DeleteObject does: an object that is not there is no error. It says which version the deletion
// made or took away.
func (c *call) deleteOne(b *bucket, key, id string) (changed *version) {
	if id != "" {
		return b.remove(key, id)
	}
	if b.versioning == "" {
		delete(b.objects, key)
		return nil
	}
	marker := &version{Object: Object{Key: key, LastModified: c.now.Truncate(time.Second)}, marker: true}
	b.add(marker)
	return marker
}

func (c *call) deleteObject(b *bucket) *Refusal {
	if v := c.deleteOne(b, c.address.key, c.query.Get("versionId")); v != nil {
		c.header.Set("X-Oss-Version-Id", v.id())
		if v.marker {
			c.header.Set("X-Oss-Delete-Marker", "true")
		}
	}
	c.status = http.StatusNoContent
	return nil
}

const maxDelete = 1000

func (c *call) deleteMultipleObjects(b *bucket) *Refusal {
	var request struct {
		XMLName xml.Name `xml:"Delete"`
		Quiet   bool
		Objects []struct {
			Key       string
			VersionID string `xml:"VersionId"`
		} `xml:"Object"`
	}
	// https://www.alibabacloud.com/help/en/oss/developer-reference/deletemultipleobjects: the hash is not optional.
	if c.r.Header.Get("Content-Md5") == "" {
		return refusal(http.StatusBadRequest, "MissingArgument", "", "Missing Some Required Arguments.").with("ArgumentName", "Content-MD5")
	}
	if refusal := c.parse(&request); refusal != nil {
		return refusal
	}
	if len(request.Objects) == 0 || len(request.Objects) > maxDelete {
		return malformedXML("1 to 1000 objects")
	}
	type deleted struct {
		Key                   string
		VersionID             string `xml:"VersionId,omitempty"`
		DeleteMarker          bool   `xml:",omitempty"`
		DeleteMarkerVersionID string `xml:"DeleteMarkerVersionId,omitempty"`
	}
	result := struct {
		XMLName      xml.Name  `xml:"DeleteResult"`
		EncodingType string    `xml:",omitempty"`
		Deleted      []deleted `xml:",omitempty"`
	}{EncodingType: c.query.Get("encoding-type")}
	for _, object := range request.Objects {
		if refusal := checkKey(object.Key); refusal != nil {
			return refusal
		}
	}
	for _, object := range request.Objects {
		v := c.deleteOne(b, object.Key, object.VersionID)
		entry := deleted{Key: c.encode(object.Key), VersionID: object.VersionID}
		if v != nil && v.marker {
			entry.DeleteMarker, entry.DeleteMarkerVersionID = true, v.id()
		}
		result.Deleted = append(result.Deleted, entry)
	}
	if request.Quiet {
		return nil
	}
	return c.xml(result)
}

// encode is encoding-type=url of what stands in an answer.
func (c *call) encode(text string) string {
	if c.query.Get("encoding-type") == "url" {
		return escape(text, false)
	}
	return text
}
