package ossfake

import (
	"crypto/md5"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"hash/crc64"
	"maps"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// Object is an object as it is kept.
type Object struct {
	Key          string
	Data         []byte
	Header       http.Header // Content-Type, X-Oss-Meta-… and the like
	ETag         string      // with its quotes
	CRC64        uint64
	Type         string // "Normal", "Multipart"
	StorageClass string
	VersionID    string
	ACL          string
	Tags         map[string]string
	LastModified time.Time
}

// version is one version of an object. An object of a bucket without versioning is one with the ID "".
type version struct {
	Object
	marker   bool   // a delete marker
	sequence uint64 // younger ones have greater ones
}

var crcTable = crc64.MakeTable(crc64.ECMA)

// newVersion is an object of these bytes with what the request says of it.
func (c *call) newVersion(data []byte, header http.Header) *version {
	sum := md5.Sum(data)
	return &version{Object: Object{
		Key: c.address.key, Data: data, Header: header, Type: "Normal",
		ETag:         `"` + strings.ToUpper(hex.EncodeToString(sum[:])) + `"`,
		CRC64:        crc64.Checksum(data, crcTable),
		StorageClass: storageClassOf(c.r.Header),
		ACL:          aclOf(c.r.Header),
		LastModified: c.now.Truncate(time.Second),
	}}
}

// Put plants an object behind everybody's back. Of the header it takes what PutObject would.
func (s *Server) Put(bucket, key string, data []byte, header http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &call{s: s, now: s.now(), address: address{bucket: bucket, key: key}, r: &http.Request{Header: header}}
	if header == nil {
		c.r.Header = http.Header{}
	}
	b := s.buckets[bucket]
	b.add(c.newVersion(data, keptHeader(c.r.Header)))
}

// Object is the newest version of an object; false: there is none, or it is a delete marker.
func (s *Server) Object(bucket, key string) (Object, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets[bucket]
	if !ok {
		return Object{}, false
	}
	v := b.newest(key)
	if v == nil {
		return Object{}, false
	}
	return v.Object, true
}

// Objects are the newest versions of all objects, sorted by the bytes of their keys.
func (s *Server) Objects(bucket string) []Object {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.buckets[bucket]
	if !ok {
		return nil
	}
	var objects []Object
	for _, key := range sortedKeys(b.objects) {
		if v := b.newest(key); v != nil {
			objects = append(objects, v.Object)
		}
	}
	return objects
}

// SetModified gives the newest version of an object another time, as if it had been written then.
func (s *Server) SetModified(bucket, key string, modified time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets[bucket].newest(key).LastModified = modified.UTC().Truncate(time.Second)
}

// newest is the version that a request without versionId is for; nil: none, or a delete marker.
func (b *bucket) newest(key string) *version {
	versions := b.objects[key]
	if len(versions) == 0 || versions[len(versions)-1].marker {
		return nil
	}
	return versions[len(versions)-1]
}

// add makes a version the newest, in place of or after those before it:
// https://www.alibabacloud.com/help/en/oss/user-guide/overview-78.
func (b *bucket) add(v *version) {
	b.sequence++
	v.sequence = b.sequence
	switch b.versioning {
	case "":
		b.objects[v.Key] = []*version{v}
		return
	case "Enabled":
		v.VersionID = newVersionID()
	case "Suspended":
		// The null version is replaced, others stay.
		v.VersionID = "null"
		b.remove(v.Key, "null")
	}
	b.objects[v.Key] = append(b.objects[v.Key], v)
}

// remove takes one version away for good, and says which.
func (b *bucket) remove(key, id string) *version {
	for i, v := range b.objects[key] {
		if v.id() != id {
			continue
		}
		b.objects[key] = append(b.objects[key][:i:i], b.objects[key][i+1:]...)
		if len(b.objects[key]) == 0 {
			delete(b.objects, key)
		}
		if b.versioning != "" {
			b.gone[goneVersion{key, id}] = v.sequence
		}
		return v
	}
	return nil
}

// id is how a request names the version: one from before versioning is "null".
func (v *version) id() string {
	if v.VersionID == "" {
		return "null"
	}
	return v.VersionID
}

func newVersionID() string {
	id := make([]byte, 24)
	rand.Read(id)
	return "CAEQ" + base64.RawURLEncoding.EncodeToString(id)
}

// checkKey is the rule of https://www.alibabacloud.com/help/en/oss/user-guide/object-naming-conventions.
func checkKey(key string) *Refusal {
	if key == "" || len(key) > 1023 || !utf8.ValidString(key) || strings.HasPrefix(key, "/") || strings.HasPrefix(key, `\`) {
		refusal := invalidObjectName(key)
		if strings.HasPrefix(key, "/") || strings.HasPrefix(key, `\`) {
			refusal.EC = "0016-00000005"
		}
		return refusal
	}
	return nil
}

// fits refuses what would exceed the server's memory.
func (c *call) fits(more int) *Refusal {
	total := int64(more)
	for _, b := range c.s.buckets {
		for _, versions := range b.objects {
			for _, v := range versions {
				total += int64(len(v.Data))
			}
		}
		for _, u := range b.uploads {
			for _, p := range u.parts {
				total += int64(len(p.data))
			}
		}
	}
	if total > c.s.options.MaxBytes {
		return fakeIsFull(c.s.options.MaxBytes)
	}
	return nil
}

// forbidsOverwrite is x-oss-forbid-overwrite, which a bucket with versioning, enabled or suspended, does not heed:
// https://www.alibabacloud.com/help/en/oss/developer-reference/putobject.
func (c *call) forbidsOverwrite(b *bucket, ec string) *Refusal {
	if c.r.Header.Get("X-Oss-Forbid-Overwrite") != "true" || b.versioning != "" {
		return nil
	}
	if b.newest(c.address.key) != nil {
		return fileAlreadyExists(ec)
	}
	return nil
}

func storageClassOf(header http.Header) string {
	if class := header.Get("X-Oss-Storage-Class"); class != "" {
		return class
	}
	return "Standard"
}

func aclOf(header http.Header) string {
	if acl := header.Get("X-Oss-Object-Acl"); acl != "" {
		return acl
	}
	return "default"
}

// clone is a copy that shares the bytes, which nobody changes.
func (v *version) clone() *version {
	copied := *v
	copied.Header = v.Header.Clone()
	copied.Tags = maps.Clone(v.Tags)
	return &copied
}
