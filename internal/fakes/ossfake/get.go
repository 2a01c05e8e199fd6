package ossfake

import (
	"net/http"
	"strconv"
	"strings"
)

// find is the version that the request is for.
func (c *call) find(b *bucket) (*version, *Refusal) {
	return findVersion(b, c.address.key, c.query.Get("versionId"))
}

// findVersion answers a delete marker that is named 405, as GetObject does.
func findVersion(b *bucket, key, id string) (*version, *Refusal) {
	versions := b.objects[key]
	if id == "" {
		if v := b.newest(key); v != nil {
			return v, nil
		}
		refusal := noSuchKey(key)
		if len(versions) > 0 {
			newest := versions[len(versions)-1]
			refusal.withHeader("X-Oss-Delete-Marker", "true").withHeader("X-Oss-Version-Id", newest.id())
		}
		return nil, refusal
	}
	for _, v := range versions {
		if v.id() != id {
			continue
		}
		if v.marker {
			// https://www.alibabacloud.com/help/en/oss/user-guide/delete-marker
			return nil, methodNotAllowed(http.MethodGet).withHeader("X-Oss-Delete-Marker", "true").withHeader("X-Oss-Version-Id", id)
		}
		return v, nil
	}
	return nil, noSuchVersion(key, id)
}

// overrides are the parameters by which a reader, never an anonymous one, sets headers of the answer.
var overrides = map[string]string{
	"response-content-type": "Content-Type", "response-content-language": "Content-Language", "response-expires": "Expires",
	"response-cache-control": "Cache-Control", "response-content-disposition": "Content-Disposition",
	"response-content-encoding": "Content-Encoding",
}

func (c *call) getObject(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	if refusal := checkConditions(c.r.Header, readConditions, v); refusal != nil {
		if refusal.Status == http.StatusNotModified {
			c.describe(v) // a 412 has a body of its own, which has not the object's encoding
		}
		return refusal
	}
	start, end, partial, refusal := rangeOf(c.r.Header.Get("Range"), c.r.Header.Get("X-Oss-Range-Behavior") == "standard", int64(len(v.Data)))
	if refusal != nil {
		return refusal
	}
	c.describe(v)
	for parameter, name := range overrides {
		if value := c.query.Get(parameter); value != "" {
			c.header.Set(name, value)
		}
	}
	c.header.Set("Accept-Ranges", "bytes")
	if partial {
		c.status = http.StatusPartialContent
		c.header.Set("Content-Range", "bytes "+strconv.FormatInt(start, 10)+"-"+strconv.FormatInt(end-1, 10)+"/"+strconv.Itoa(len(v.Data)))
	}
	c.header.Set("Content-Length", strconv.FormatInt(end-start, 10))
	c.body = v.Data[start:end]
	return nil
}

// describe puts into the header what OSS says of an object.
func (c *call) describe(v *version) {
	for name, values := range v.Header {
		c.header[name] = values
	}
	c.header.Set("Etag", v.ETag)
	c.header.Set("Last-Modified", v.LastModified.Format(http.TimeFormat))
	c.header.Set("X-Oss-Object-Type", v.Type)
	c.header.Set("X-Oss-Storage-Class", v.StorageClass)
	c.header.Set("X-Oss-Hash-Crc64ecma", strconv.FormatUint(v.CRC64, 10))
	if v.VersionID != "" {
		c.header.Set("X-Oss-Version-Id", v.VersionID)
	}
	if len(v.Tags) > 0 {
		c.header.Set("X-Oss-Tagging-Count", strconv.Itoa(len(v.Tags)))
	}
}

// getObjectMeta answers a HEAD ?objectMeta, which says little on purpose.
func (c *call) getObjectMeta(b *bucket) *Refusal {
	v, refusal := c.find(b)
	if refusal != nil {
		return refusal
	}
	c.header.Set("Etag", v.ETag)
	c.header.Set("Last-Modified", v.LastModified.Format(http.TimeFormat))
	c.header.Set("Content-Length", strconv.Itoa(len(v.Data)))
	c.header.Set("X-Oss-Hash-Crc64ecma", strconv.FormatUint(v.CRC64, 10))
	if v.VersionID != "" {
		c.header.Set("X-Oss-Version-Id", v.VersionID)
	}
	return nil
}

// rangeOf reads a Range header. OSS answers one that does not fit with the whole object, and as the standard says only if
// x-oss-range-behavior: standard asks for it: https://www.alibabacloud.com/help/en/oss/developer-reference/getobject.
func rangeOf(value string, standard bool, size int64) (start, end int64, partial bool, refusal *Refusal) {
	whole := func() (int64, int64, bool, *Refusal) { return 0, size, false, nil }
	spec, ok := strings.CutPrefix(value, "bytes=")
	if !ok || strings.Contains(spec, ",") {
		return whole()
	}
	first, last, ok := strings.Cut(spec, "-")
	if !ok {
		return whole()
	}
	unsatisfiable := func() (int64, int64, bool, *Refusal) {
		if !standard {
			return whole()
		}
		return 0, 0, false, invalidRange(value, size)
	}
	if first == "" { // the last n bytes
		n, err := strconv.ParseInt(last, 10, 64)
		switch {
		case err != nil || n < 0:
			return whole()
		case n == 0 || size == 0:
			return unsatisfiable()
		case n > size && !standard:
			return whole()
		}
		return max(0, size-n), size, true, nil
	}
	start, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return whole()
	}
	if start >= size {
		return unsatisfiable()
	}
	if last == "" {
		return start, size, true, nil
	}
	end, err = strconv.ParseInt(last, 10, 64)
	if err != nil || end < start {
		return whole()
	}
	if end >= size {
		if !standard {
			return whole()
		}
		end = size - 1
	}
	return start, end + 1, true, nil
}

func invalidRange(value string, size int64) *Refusal {
	return refusal(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "", "The requested range cannot be satisfied").
		with("ActualObjectSize", strconv.FormatInt(size, 10)).with("RangeRequested", value)
}
