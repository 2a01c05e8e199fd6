package ossfake

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"hash/crc64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The limits of parts: https://www.alibabacloud.com/help/en/oss/user-guide/limits.
const (
	minPart  = 100 << 10 // but for the last part
	maxParts = 10000
)

type upload struct {
	id, key   string
	initiated time.Time
	object    *version // what the object will have besides its bytes
	parts     map[int]part
}

type part struct {
	data     []byte
	etag     string
	crc      uint64
	modified time.Time
}

// OpenUploads are the multipart uploads that were begun in a bucket and neither completed nor aborted, as "key uploadId".
func (s *Server) OpenUploads(bucket string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []string
	if b, ok := s.buckets[bucket]; ok {
		for _, u := range b.openUploads() {
			open = append(open, u.key+" "+u.id)
		}
	}
	return open
}

// OpenParts is how many parts the open uploads of a bucket have together.
func (s *Server) OpenParts(bucket string) (parts int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.buckets[bucket].uploads {
		parts += len(u.parts)
	}
	return parts
}

// AgeUploads puts the beginning of all open uploads of a bucket back: a test does not wait for a day.
func (s *Server) AgeUploads(bucket string, by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.buckets[bucket].uploads {
		u.initiated = u.initiated.Add(-by)
	}
}

func (c *call) initiateMultipartUpload(b *bucket) *Refusal {
	if refusal := c.checkHeader(); refusal != nil {
		return refusal
	}
	tags, refusal := parseTags(c.r.Header.Get("X-Oss-Tagging"))
	if refusal != nil {
		return refusal
	}
	if refusal := c.forbidsOverwrite(b, existsForInitiate); refusal != nil {
		return refusal
	}
	id := make([]byte, 16)
	rand.Read(id)
	u := &upload{
		id: strings.ToUpper(hex.EncodeToString(id)), key: c.address.key, initiated: c.now,
		object: c.newVersion(nil, keptHeader(c.r.Header)), parts: map[int]part{},
	}
	u.object.Tags = tags
	b.uploads[u.id] = u
	return c.xml(struct {
		XMLName      xml.Name `xml:"InitiateMultipartUploadResult"`
		EncodingType string   `xml:",omitempty"`
		Bucket, Key  string
		UploadID     string `xml:"UploadId"`
	}{EncodingType: c.query.Get("encoding-type"), Bucket: b.name, Key: c.encode(u.key), UploadID: u.id})
}

// upload is the one that the call names.
func (c *call) upload(b *bucket) (*upload, *Refusal) {
	id := c.query.Get("uploadId")
	u, ok := b.uploads[id]
	if !ok || u.key != c.address.key {
		return nil, noSuchUpload(c.operation, id)
	}
	return u, nil
}

func (c *call) partNumber() (int, *Refusal) {
	value := c.query.Get("partNumber")
	n, err := strconv.Atoi(value)
	if err != nil || n < 1 || n > maxParts {
		refusal := invalidArgument("PartNumber", value, "Part number must be an integer between 1 and 10000, inclusive.")
		refusal.EC = "0017-00000220"
		return 0, refusal
	}
	return n, nil
}

func (c *call) uploadPart(b *bucket) *Refusal {
	number, refusal := c.partNumber()
	if refusal != nil {
		return refusal
	}
	u, refusal := c.upload(b)
	if refusal != nil {
		return refusal
	}
	if size := int64(len(c.data)); size > maxPut {
		return entityTooLarge(size, maxPut)
	}
	p, refusal := c.addPart(u, number, c.data)
	if refusal != nil {
		return refusal
	}
	sum := md5.Sum(c.data)
	c.header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
	c.header.Set("Etag", p.etag)
	c.header.Set("X-Oss-Hash-Crc64ecma", strconv.FormatUint(p.crc, 10))
	return nil
}

// addPart puts a part in; one of the same number is replaced.
func (c *call) addPart(u *upload, number int, data []byte) (part, *Refusal) {
	if refusal := c.fits(len(data) - len(u.parts[number].data)); refusal != nil {
		return part{}, refusal
	}
	sum := md5.Sum(data)
	p := part{
		data: data, etag: `"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"`,
		crc: crc64.Checksum(data, crcTable), modified: c.now.Truncate(time.Second),
	}
	u.parts[number] = p
	return p, nil
}

func (c *call) abortMultipartUpload(b *bucket) *Refusal {
	u, refusal := c.upload(b)
	if refusal != nil {
		return refusal
	}
	delete(b.uploads, u.id)
	c.status = http.StatusNoContent
	return nil
}
