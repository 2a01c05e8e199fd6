package ossfake

import (
	"cmp"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

func sortedNumbers(parts map[int]part) []int {
	numbers := make([]int, 0, len(parts))
	for number := range parts {
		numbers = append(numbers, number)
	}
	slices.Sort(numbers)
	return numbers
}

func (c *call) listParts(b *bucket) *Refusal {
	u, refusal := c.upload(b)
	if refusal != nil {
		return refusal
	}
	if refusal := c.encodingType(); refusal != nil {
		return refusal
	}
	limit, refusal := c.maxKeys("max-parts", 1000)
	if refusal != nil {
		return refusal
	}
	after := 0
	if value := c.query.Get("part-number-marker"); value != "" {
		var err error
		if after, err = strconv.Atoi(value); err != nil || after < 0 || after > maxParts {
			return invalidArgument("part-number-marker", value, "Argument part-number-marker must be an integer between 0 and 10000.")
		}
	}
	type entry struct {
		PartNumber   int
		LastModified string
		ETag         string
		Size         int
		HashCrc64    string `xml:"HashCrc64ecma"`
	}
	result := struct {
		XMLName              xml.Name `xml:"ListPartsResult"`
		EncodingType         string   `xml:",omitempty"`
		Bucket, Key          string
		UploadID             string `xml:"UploadId"`
		StorageClass         string
		PartNumberMarker     int
		NextPartNumberMarker int
		MaxParts             int
		IsTruncated          bool
		Parts                []entry `xml:"Part"`
	}{
		EncodingType: c.query.Get("encoding-type"), Bucket: b.name, Key: c.encode(u.key), UploadID: u.id,
		StorageClass: u.object.StorageClass, PartNumberMarker: after, NextPartNumberMarker: after, MaxParts: limit,
	}
	for _, number := range sortedNumbers(u.parts) {
		if number <= after {
			continue
		}
		if len(result.Parts) == limit {
			result.IsTruncated = true
			break
		}
		p := u.parts[number]
		result.Parts = append(result.Parts, entry{number, p.modified.Format(timeInXML), p.etag, len(p.data), strconv.FormatUint(p.crc, 10)})
		result.NextPartNumberMarker = number
	}
	return c.xml(result)
}

// openUploads are sorted by key, and by ID within it.
func (b *bucket) openUploads() []*upload {
	uploads := make([]*upload, 0, len(b.uploads))
	for _, u := range b.uploads {
		uploads = append(uploads, u)
	}
	slices.SortFunc(uploads, func(a, b *upload) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.id, b.id))
	})
	return uploads
}

func (c *call) listMultipartUploads(b *bucket) *Refusal {
	if refusal := c.encodingType(); refusal != nil {
		return refusal
	}
	limit, refusal := c.maxKeys("max-uploads", 1000)
	if refusal != nil {
		return refusal
	}
	q := c.query
	type entry struct {
		Key          string
		UploadID     string `xml:"UploadId"`
		StorageClass string
		Initiated    string
	}
	result := struct {
		XMLName            xml.Name `xml:"ListMultipartUploadsResult"`
		EncodingType       string   `xml:",omitempty"`
		Bucket             string
		KeyMarker          string
		UploadIDMarker     string `xml:"UploadIdMarker"`
		NextKeyMarker      string
		NextUploadIDMarker string `xml:"NextUploadIdMarker"`
		Delimiter, Prefix  string
		MaxUploads         int
		IsTruncated        bool
		Uploads            []entry `xml:"Upload"`
		CommonPrefixes     []commonPrefix
	}{
		EncodingType: q.Get("encoding-type"), Bucket: b.name, KeyMarker: c.encode(q.Get("key-marker")), UploadIDMarker: q.Get("upload-id-marker"),
		Delimiter: c.encode(q.Get("delimiter")), Prefix: c.encode(q.Get("prefix")), MaxUploads: limit,
	}
	if q.Get("delimiter") != "" {
		return notInTheFake("ListMultipartUploads with a delimiter")
	}
	for _, u := range b.openUploads() {
		if !strings.HasPrefix(u.key, q.Get("prefix")) || u.key < q.Get("key-marker") ||
			u.key == q.Get("key-marker") && u.id <= cmp.Or(q.Get("upload-id-marker"), "~") {
			continue
		}
		if len(result.Uploads) == limit {
			result.IsTruncated = true
			break
		}
		result.Uploads = append(result.Uploads, entry{c.encode(u.key), u.id, u.object.StorageClass, u.initiated.Format(timeInXML)})
		result.NextKeyMarker, result.NextUploadIDMarker = c.encode(u.key), u.id
	}
	return c.xml(result)
}
