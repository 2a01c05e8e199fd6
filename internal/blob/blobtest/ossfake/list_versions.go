package ossfake

import (
	"encoding/xml"
	"slices"
)

type versionEntry struct {
	XMLName      xml.Name // Version or DeleteMarker
	Key          string
	VersionID    string `xml:"VersionId"`
	IsLatest     bool
	LastModified string
	ETag         string `xml:",omitempty"`
	Type         string `xml:",omitempty"`
	Size         *int   `xml:",omitempty"`
	StorageClass string `xml:",omitempty"`
	Owner        owner
}

// listObjectVersions lists all versions of a key, the newest first. A page may not end within a key's versions where
// there are more of them than fit: then the marker names the version too.
func (c *call) listObjectVersions(b *bucket) *Refusal {
	limit, refusal := c.maxKeys("max-keys", 100)
	if refusal != nil {
		return refusal
	}
	if refusal := c.encodingType(); refusal != nil {
		return refusal
	}
	q := c.query
	result := struct {
		XMLName                 xml.Name `xml:"ListVersionsResult"`
		Name, Prefix, KeyMarker string
		VersionIDMarker         string `xml:"VersionIdMarker"`
		MaxKeys                 int
		Delimiter               string
		EncodingType            string `xml:",omitempty"`
		IsTruncated             bool
		NextKeyMarker           string         `xml:",omitempty"`
		NextVersionIDMarker     string         `xml:"NextVersionIdMarker,omitempty"`
		Entries                 []versionEntry `xml:",any"`
		CommonPrefixes          []commonPrefix
	}{
		Name: b.name, Prefix: c.encode(q.Get("prefix")), KeyMarker: c.encode(q.Get("key-marker")),
		VersionIDMarker: q.Get("version-id-marker"), MaxKeys: limit, Delimiter: c.encode(q.Get("delimiter")), EncodingType: q.Get("encoding-type"),
	}
	all := listing(sortedKeys(b.objects), q.Get("prefix"), q.Get("delimiter"), "", len(b.objects))
	result.CommonPrefixes = c.commonPrefixes(all.prefixes)
	var lastKey, lastID string
	for _, key := range all.keys {
		versions := slices.Clone(b.objects[key])
		slices.Reverse(versions)
		skip := key < q.Get("key-marker") || key == q.Get("key-marker")
		for i, v := range versions {
			if skip {
				// After the marked version come older ones of the same key.
				if key == q.Get("key-marker") && v.id() == q.Get("version-id-marker") {
					skip = false
				}
				continue
			}
			if len(result.Entries) == limit {
				result.IsTruncated, result.NextKeyMarker, result.NextVersionIDMarker = true, c.encode(lastKey), lastID
				return c.xml(result)
			}
			lastKey, lastID = key, v.id()
			entry := versionEntry{
				XMLName: xml.Name{Local: "Version"}, Key: c.encode(key), VersionID: v.id(), IsLatest: i == 0,
				LastModified: v.LastModified.Format(timeInXML), ETag: v.ETag, Type: v.Type, StorageClass: v.StorageClass, Owner: theOwner,
			}
			if v.marker {
				entry.XMLName.Local = "DeleteMarker"
			} else {
				size := len(v.Data)
				entry.Size = &size
			}
			result.Entries = append(result.Entries, entry)
		}
	}
	return c.xml(result)
}
