package ossfake

import (
	"encoding/xml"
	"slices"
	"strings"
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

// versionPage is what a listing of versions found, which counts common prefixes as entries too.
type versionPage struct {
	entries         []versionEntry
	prefixes        []string
	nextKey, nextID string
	lastKey, lastID string
	truncated       bool
}

// full ends the page if it has as many as were asked for.
func (p *versionPage) full(limit int) bool {
	if len(p.entries)+len(p.prefixes) == limit {
		p.truncated, p.nextKey, p.nextID = true, p.lastKey, p.lastID
	}
	return p.truncated
}

// versionsAfter are those of a key that a page still shows, the newest first. Of the marked key these are the older ones
// than the marked version, which may have been removed since.
func (b *bucket) versionsAfter(key, keyMarker, idMarker string) []*version {
	versions := slices.Clone(b.objects[key])
	slices.Reverse(versions)
	if key != keyMarker {
		return versions
	}
	before, ok := b.gone[goneVersion{key, idMarker}]
	for _, v := range versions {
		if v.id() == idMarker {
			before, ok = v.sequence, true
		}
	}
	return slices.DeleteFunc(versions, func(v *version) bool { return !ok || v.sequence >= before })
}

func (c *call) versionPage(b *bucket, limit int) versionPage {
	q := c.query
	prefix, delimiter, marker := q.Get("prefix"), q.Get("delimiter"), q.Get("key-marker")
	var p versionPage
	for _, key := range sortedKeys(b.objects) {
		if !strings.HasPrefix(key, prefix) || key < marker {
			continue
		}
		if delimiter != "" {
			if before, _, found := strings.Cut(key[len(prefix):], delimiter); found {
				group := prefix + before + delimiter
				if group <= marker || slices.Contains(p.prefixes, group) {
					continue
				}
				if p.full(limit) {
					return p
				}
				p.prefixes, p.lastKey, p.lastID = append(p.prefixes, group), group, ""
				continue
			}
		}
		for _, v := range b.versionsAfter(key, marker, q.Get("version-id-marker")) {
			if p.full(limit) {
				return p
			}
			p.lastKey, p.lastID = key, v.id()
			newest := b.objects[key][len(b.objects[key])-1]
			p.entries = append(p.entries, c.versionEntry(v, v == newest))
		}
	}
	return p
}

func (c *call) versionEntry(v *version, latest bool) versionEntry {
	entry := versionEntry{
		XMLName: xml.Name{Local: "Version"}, Key: c.encode(v.Key), VersionID: v.id(), IsLatest: latest,
		LastModified: v.LastModified.Format(timeInXML), ETag: v.ETag, Type: v.Type, StorageClass: v.StorageClass, Owner: theOwner,
	}
	if v.marker {
		entry.XMLName.Local = "DeleteMarker"
	} else {
		size := len(v.Data)
		entry.Size = &size
	}
	return entry
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
	p := c.versionPage(b, limit)
	result.Entries, result.CommonPrefixes = p.entries, c.commonPrefixes(p.prefixes)
	result.IsTruncated, result.NextKeyMarker, result.NextVersionIDMarker = p.truncated, c.encode(p.nextKey), p.nextID
	return c.xml(result)
}
