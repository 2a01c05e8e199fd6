package ossfake

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc64"
	"strings"
	"time"
)

type completion struct {
	XMLName xml.Name `xml:"CompleteMultipartUpload"`
	Parts   []struct {
		PartNumber int
		ETag       string
	} `xml:"Part"`
}

// completeMultipartUpload: https://www.alibabacloud.com/help/en/oss/developer-reference/completemultipartupload.
func (c *call) completeMultipartUpload(b *bucket) *Refusal {
	u, refusal := c.upload(b)
	if refusal != nil {
		return refusal
	}
	if refusal := c.checkHeader(); refusal != nil {
		return refusal
	}
	numbers, refusal := c.completedParts(u)
	if refusal != nil {
		return refusal
	}
	for i, number := range numbers {
		if size := len(u.parts[number].data); size < minPart && i < len(numbers)-1 {
			return entityTooSmall(int64(size), number, u.parts[number].etag)
		}
	}
	if refusal := c.forbidsOverwrite(b, existsForComplete); refusal != nil {
		return refusal
	}
	var data bytes.Buffer
	var sums []byte
	for _, number := range numbers {
		data.Write(u.parts[number].data)
		sum, _ := hex.DecodeString(strings.Trim(u.parts[number].etag, `"`))
		sums = append(sums, sum...)
	}
	v := u.object.clone()
	v.Data = data.Bytes()
	v.CRC64 = crc64.Checksum(v.Data, crcTable)
	v.Type = "Multipart"
	v.LastModified = c.now.Truncate(time.Second)
	// By what rule OSS makes this one is not documented; that it ends with the number of parts is seen.
	sum := md5.Sum(sums)
	v.ETag = fmt.Sprintf(`"%s-%d"`, strings.ToUpper(hex.EncodeToString(sum[:])), len(numbers))
	delete(b.uploads, u.id) // and with it the parts that were not named
	b.add(v)
	c.written(v)
	return c.xml(struct {
		XMLName      xml.Name `xml:"CompleteMultipartUploadResult"`
		EncodingType string   `xml:",omitempty"`
		Location     string
		Bucket, Key  string
		ETag         string
	}{
		EncodingType: c.query.Get("encoding-type"), Location: "http://" + c.r.Host + c.r.URL.EscapedPath(),
		Bucket: b.name, Key: c.encode(u.key), ETag: v.ETag,
	})
}

// completedParts are the numbers of the parts that make up the object: those that the body lists, or all of them.
func (c *call) completedParts(u *upload) ([]int, *Refusal) {
	if all := c.r.Header.Get("X-Oss-Complete-All"); all != "" {
		if all != "yes" {
			return nil, invalidArgument("x-oss-complete-all", all, "The value of x-oss-complete-all must be yes.")
		}
		if len(c.data) > 0 {
			// OSS's own spelling.
			refusal := invalidArgument("x-oss-complete-all", all, "Should not speficy both complete all header and http body.")
			refusal.EC = "0042-00000216"
			return nil, refusal
		}
		numbers := sortedNumbers(u.parts)
		if len(numbers) == 0 {
			return nil, invalidPart(u.id, 1, "")
		}
		return numbers, nil
	}
	var list completion
	if refusal := c.parse(&list); refusal != nil {
		return nil, refusal
	}
	if len(list.Parts) == 0 {
		return nil, malformedXML("no part")
	}
	var numbers []int
	for i, named := range list.Parts {
		if i > 0 && named.PartNumber <= numbers[i-1] {
			return nil, invalidPartOrder(u.id)
		}
		p, ok := u.parts[named.PartNumber]
		if !ok || !sameETag(p.etag, named.ETag) {
			return nil, invalidPart(u.id, named.PartNumber, named.ETag)
		}
		numbers = append(numbers, named.PartNumber)
	}
	return numbers, nil
}
